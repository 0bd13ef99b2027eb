// The browser's share sheet, and a button that copies.
const sheet = document.querySelector("[data-share]");
if (sheet && navigator.share) {
  sheet.parentElement.hidden = false;
  sheet.addEventListener("click", () =>
    navigator.share({ title: sheet.dataset.title, url: sheet.dataset.share }).catch(() => {}));
}

const copy = document.querySelector("[data-copy]");
if (copy && navigator.clipboard) {
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
