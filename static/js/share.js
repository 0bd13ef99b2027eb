// The browser's own share sheet, and a button that copies the address. Links do without.
const sheet = document.querySelector("[data-share]");
if (sheet && navigator.share) {
  sheet.parentElement.hidden = false;
  sheet.addEventListener("click", () =>
    navigator.share({ title: sheet.dataset.title, url: sheet.dataset.share }).catch(() => {}));
}

const copy = document.querySelector("[data-copy]");
if (copy && navigator.clipboard) {
  const words = copy.textContent, said = document.querySelector("[data-copied]");
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    const field = document.getElementById(copy.dataset.copy);
    try {
      await navigator.clipboard.writeText(field.value);
      copy.textContent = copy.dataset.done;
      said.textContent = said.dataset.copied;
      // Emptied, so that it is told again the next time.
      setTimeout(() => { copy.textContent = words; said.textContent = ""; }, 4000);
    } catch {
      field.select();
    }
  });
}
