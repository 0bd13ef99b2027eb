// Stars that save in place. Without this they lead to the page where one saves with a button.
const stars = [...document.querySelectorAll("[data-save]")];
// One after the other: each answer writes the whole cookie, by the one that came with its question.
let turn = Promise.resolve();

for (const star of stars) {
  star.setAttribute("role", "button");
  star.addEventListener("keydown", (event) => {
    if (event.key === " ") {
      event.preventDefault();
      star.click();
    }
  });
  star.addEventListener("click", async (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (star.ariaBusy) return;
    star.ariaBusy = "true";
    try {
      const { saved, count } = await (turn = turn.catch(() => {}).then(() => save(star)));
      for (const same of stars.filter((one) => one.href === star.href)) show(same, saved);
      for (const place of document.querySelectorAll("[data-saved-count]"))
        place.textContent = count || "";
    } catch {
      location.assign(star.href);
    }
    star.ariaBusy = null;
  });
}

async function save(star) {
  const address = new URL(star.href);
  const fields = new URLSearchParams(address.search);
  fields.set("bewaar", "saved" in star.dataset ? "0" : "1");
  const headers = { Accept: "application/json" };
  const { token } = await answer(await fetch(address.pathname, { headers }));
  headers["X-CSRFToken"] = token;
  return answer(await fetch(address.pathname, { method: "POST", headers, body: fields }));
}

function answer(response) {
  if (!response.ok) throw new Error(response.status);
  return response.json();
}

function show(star, saved) {
  star.toggleAttribute("data-saved", saved);
  star.lastElementChild.textContent = saved ? star.dataset.done : star.dataset.save;
}
