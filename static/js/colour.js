// A colour can be picked as well as typed, and the page beside the form shows it at once.
//
// Hooks: [data-colour] around a field, with the colour that it gives now; the form's [data-sheet], the
// address of a style sheet in which 'x-x-x-x-x-x' stands for its colours, in the order of the form's
// fields. Without this script a field takes '#' and six digits or letters, and the page follows when
// they are saved.
const ORDER = ["field", "on_field", "brand", "on_brand", "field_dark", "brand_dark"];
const form = document.querySelector("[data-sheet]");
let shown;

function colourOf(name) {
  const digits = form.elements[name].value.trim().toLowerCase().replace(/^#/, "");
  return /^[0-9a-f]{6}$/.test(digits) ? digits : "x";
}

function show() {
  const root = document.querySelector("[data-phone]")?.shadowRoot;
  if (!root) return;
  shown ??= root.querySelector("link[href*='/huisstijl/']");
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = form.dataset.sheet.replace("x-x-x-x-x-x", ORDER.map(colourOf).join("-"));
  const before = shown;
  link.onload = () => before?.remove();
  shown = link;
  root.append(link);
}

for (const box of document.querySelectorAll("[data-colour]")) {
  const field = box.querySelector("input");
  const picker = document.createElement("input");
  picker.type = "color";
  picker.value = box.dataset.colour || "#ffffff";
  picker.setAttribute("aria-label", document.querySelector(`label[for="${field.id}"]`).textContent.trim());
  picker.addEventListener("input", () => {
    field.value = picker.value;
    show();
  });
  field.addEventListener("input", () => {
    if (/^#[0-9a-f]{6}$/i.test(field.value)) picker.value = field.value.toLowerCase();
    if (!field.value || colourOf(field.name) !== "x") show();
  });
  box.querySelector(".swatch").replaceWith(picker);
}
