// The browser's share sheet, a button that copies, and saving in place: the form does without.
const sheet = document.querySelector("[data-share]");
if (sheet && navigator.share) {
  sheet.parentElement.hidden = false;
  sheet.addEventListener("click", () =>
    navigator.share({ title: sheet.dataset.title, url: sheet.dataset.share }).catch(() => {}));
}

for (const copy of navigator.clipboard ? document.querySelectorAll("[data-copy]") : []) {
  const words = copy.textContent, said = copy.nextElementSibling;
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    const field = document.getElementById(copy.dataset.copy);
    try {
      await navigator.clipboard.writeText(field.value);
      said.textContent = copy.textContent = copy.dataset.done;
      setTimeout(() => { copy.textContent = words; said.textContent = ""; }, 4000);
    } catch {
      field.select();
    }
  });
}

const form = document.querySelector("form[data-save]");
form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.submitter, { bewaar } = form.elements;
  if (button.ariaBusy) return;
  button.ariaBusy = "true";
  try {
    const { saved, count } = await send();
    bewaar.value = saved ? "0" : "1";
    button.toggleAttribute("data-saved", saved);
    const words = button.lastElementChild;
    [words.textContent, button.dataset.words] = [button.dataset.words, words.textContent];
    document.querySelector("[data-saved-count]").textContent = count || "";
    const said = button.nextElementSibling;
    said.textContent = said.dataset[saved];
  } catch {
    form.submit();
  }
  button.ariaBusy = null;
});

async function send() {
  const headers = { Accept: "application/json" }, body = new URLSearchParams(new FormData(form));
  const response = await fetch(form.action, { method: "POST", headers, body });
  if (!response.ok) throw new Error(response.status);
  return response.json();
}
