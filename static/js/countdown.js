// Counts down to the opening of sign-up, and then opens the form by itself. Counting asks the
// server nothing; without this script the page says to open it again.
const notice = document.querySelector("[data-opens]");
const left = notice?.querySelector("[data-left]");
const units = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];
// A clock that is about right is trusted more than a page that took a while to come.
const apart = Date.parse(notice?.dataset.now) - Date.now();
const offset = Math.abs(apart) > 5_000 ? apart : 0;
let next, asking = false;

function seconds() {
  return Math.ceil((Date.parse(notice.dataset.opens) - Date.now() - offset) / 1_000);
}

// '2 days, 3 hours' from afar, '3 minutes, 12 seconds' close by; a line breaks at the comma only.
function inWords(total) {
  const words = [];
  for (const [unit, size] of units) {
    const number = Math.floor(total / size);
    total %= size;
    if (number && words.length < 2) {
      const style = { style: "unit", unit, unitDisplay: "long" };
      const formatted = new Intl.NumberFormat(document.documentElement.lang, style).format(number);
      words.push(formatted.replaceAll(" ", "\u00a0"));
    } else if (words.length) break;
  }
  return words.join(", ");
}

function count() {
  clearTimeout(next);
  if (asking) return;
  const total = seconds();
  if (total > 0) {
    left.textContent = inWords(total);
    next = setTimeout(count, 1_000);
  } else {
    // Not everybody in the same moment.
    next = setTimeout(open, Math.random() * 1_500);
  }
}

async function open() {
  asking = true;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const opens = page.querySelector("[data-opens]");
    if (answer.ok && !opens) return location.replace(location.href);
    if (opens) notice.dataset.opens = opens.dataset.opens; // an organiser may have moved it
  } catch {
    // Once more.
  }
  asking = false;
  next = setTimeout(count, 1_000 + Math.random() * 1_000);
}

if (notice) {
  for (const part of notice.querySelectorAll("[data-script]")) part.hidden = !part.hidden;
  document.addEventListener("visibilitychange", () => document.hidden || count());
  count();
}
