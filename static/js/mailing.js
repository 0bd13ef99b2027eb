// Counts who gets a message while one ticks. Without it the button counts.
const form = document.querySelector("[data-mailing]");
const count = form?.querySelector("[data-count]");
let waiting;
let asked = 0;

async function recount() {
  const mine = ++asked;
  const body = new FormData(form);
  body.set("do", "count");
  try {
    const answer = await fetch(location.href, { method: "POST", body });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-count]");
    if (fresh && mine === asked) count.replaceChildren(...fresh.childNodes);
  } catch {
    // The button still counts.
  }
}

form?.querySelector("[data-audience]").addEventListener("change", () => {
  clearTimeout(waiting);
  waiting = setTimeout(recount, 300);
});
