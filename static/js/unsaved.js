// Asks before a page with typing that is not saved is left, unless it is left by saving.
//
// Hook: <form data-unsaved>. With data-unsaved="typed" the page holds typing that was not saved, so
// that it asks even if nothing more is typed. A link or button [data-leave] leaves without asking.
// What a field said when the page was made is its default, whatever the browser filled in since;
// so a row that was added and left empty is nothing that could be lost.
const chosen = (select) => [...select.selectedOptions].map((one) => one.value).join();
const shown = new Map([...document.querySelectorAll("select")].map((one) => [one, chosen(one)]));

function changed(field) {
  if (field.options) return shown.has(field) && chosen(field) !== shown.get(field);
  if (field.type === "checkbox" || field.type === "radio")
    return field.checked !== field.defaultChecked;
  const typed = "defaultValue" in field && field.type !== "hidden"; // else it is a button
  return typed && field.value !== field.defaultValue;
}

const forms = [...document.querySelectorAll("form[data-unsaved]")];
let leaving = false;
addEventListener("submit", (event) => {
  // A preview opens in a tab of its own: this page stays.
  const stays = event.defaultPrevented || event.submitter?.formTarget === "_blank";
  if (forms.includes(event.target) && !stays) leaving = true;
});
addEventListener("click", (event) => {
  if (event.target.closest?.("[data-leave]")) leaving = true;
});
addEventListener("pageshow", () => {
  leaving = false;
});
addEventListener("beforeunload", (event) => {
  const lost = (form) => form.dataset.unsaved === "typed" || [...form.elements].some(changed);
  if (!leaving && forms.some(lost)) event.preventDefault();
});
