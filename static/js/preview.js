// Shows the page beside the form in which it is made, as wide as a phone, and again while one types.
//
// Hook: a <form data-step>, if it is shown again, that answers a POST with `_preview` with the page, or 422 while it has a
// mistake; beside it a <template data-page> with the page as it is and [data-phone] to show it in,
// with the addresses of its styles; [data-said] says what is seen. Nothing is kept of such a POST.
// Without this script the page is opened in a tab of its own.
const form = document.querySelector("[data-step]");
const phone = document.querySelector("[data-phone]");
const said = document.querySelector("[data-said]");
const root = phone?.attachShadow({ mode: "open" });
let waiting, asked = 0;

// The window is wide, the phone is not: what is meant for wide windows does not count here.
function narrow(rules) {
  for (const rule of rules) {
    if (rule instanceof CSSMediaRule) {
      if (/width >=|min-width/.test(rule.conditionText)) rule.media.mediaText = "not all";
      else if (/width <|max-width/.test(rule.conditionText)) rule.media.mediaText = "screen";
    }
    if (rule.cssRules) narrow(rule.cssRules);
  }
}

function show(html) {
  const page = document.createElement("main");
  page.inert = true;
  page.innerHTML = html;
  root.querySelector("main")?.remove();
  root.append(page);
}

async function refresh() {
  const mine = ++asked;
  const body = new FormData(form);
  body.set("_preview", "1");
  try {
    const answer = await fetch(location.href, { method: "POST", body });
    if (mine !== asked) return;
    const right = answer.ok && !answer.redirected; // to the log-in, say
    if (right) show(await answer.text());
    said.textContent = right ? phone.dataset.right : phone.dataset.wrong;
  } catch {
    // The page stays as it was.
  }
}

if (phone) {
  for (const address of phone.dataset.styles.split(" ")) {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = address;
    link.onload = () => narrow(link.sheet.cssRules);
    root.append(link);
  }
  show(document.querySelector("template[data-page]").innerHTML);
  phone.hidden = false;
  form?.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 700);
  });
}
