// Rows of fields that work as a spreadsheet does; without this they are rows of fields.
//
// Hooks: <tbody data-rows="name"> with a <tr data-row> a row, <template data-blank="name"> with
// an empty row whose names hold __ for its number, <button data-more="name"> that adds one.
// [data-line] is a text without line ends, [data-suggest="id"] a list of names from a datalist,
// <table data-seats="id"> names the field with the seats of a new table.
const FIELDS = "input:not([type=hidden]), textarea, select";
const cells = (row) => [...row.querySelectorAll(FIELDS)];
const rows = (body) => [...body.querySelectorAll("[data-row]")];
const typed = (field) => field.dispatchEvent(new Event("input", { bubbles: true }));

// Where the style sheet cannot make a text as high as its words.
function grow(text) {
  if (text.tagName !== "TEXTAREA" || CSS.supports("field-sizing", "content")) return;
  while (text.scrollHeight > text.clientHeight && text.rows < 20) text.rows += 1;
}
document.querySelectorAll("[data-rows] textarea").forEach(grow);

function add(name) {
  const body = document.querySelector(`[data-rows="${name}"]`);
  const taken = [...body.querySelectorAll("[name]")].map((one) => Number(one.name.match(/new-(?:[a-z]+-)?(\d+)/)?.[1] ?? -1));
  const blank = document.querySelector(`[data-blank="${name}"]`).innerHTML;
  body.insertAdjacentHTML("beforeend", blank.replaceAll("__", Math.max(-1, ...taken) + 1));
  return rows(body).at(-1);
}

function put(field, text) {
  if (field.disabled || field.readOnly) return;
  if (field.type === "checkbox") field.checked = !/^(|0|-|n|no|nee|false|onwaar)$/i.test(text.trim());
  else field.value = text.trim();
  typed(field);
}

// Text with tabs, as spreadsheets put it on the clipboard: a cell in quotes may hold line ends.
function grid(text) {
  const found = [[]];
  for (const [, quoted, plain, end] of text.replace(/\r\n?/g, "\n").replace(/\n$/, "")
    .matchAll(/(?:"((?:[^"]|"")*)"(?=[\t\n]|$)|([^\t\n]*))(\t|\n|$)/g)) {
    found.at(-1).push(quoted?.replaceAll('""', '"') ?? plain);
    if (!end) break;
    if (end === "\n") found.push([]);
  }
  return found;
}

function table(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const end of page.querySelectorAll("br")) end.replaceWith("\n");
  return [...page.querySelectorAll("tr")].map((row) =>
    [...row.cells].flatMap((cell) => [cell.textContent, ...Array(cell.colSpan - 1).fill("")]));
}

document.addEventListener("paste", (event) => {
  const from = event.target.closest?.("[data-rows] [data-row]");
  if (!from || !event.target.matches(FIELDS)) return;
  const html = event.clipboardData.getData("text/html"), text = event.clipboardData.getData("text/plain");
  const single = event.target.tagName === "INPUT" || "line" in event.target.dataset;
  const several = /<t[dh]\b/i.test(html) || text.includes("\t") || (single && /\n./.test(text));
  if (!several) return;
  const lines = text ? grid(text) : table(html);
  if (lines.length === 1 && lines[0].length === 1) return;
  event.preventDefault();
  const body = from.parentElement, column = cells(from).indexOf(event.target);
  const first = rows(body).indexOf(from);
  lines.forEach((line, down) => {
    const row = rows(body)[first + down] ?? add(body.dataset.rows);
    const fields = cells(row).filter((field) => !field.closest(".remove"));
    line.forEach((words, right) => fields[column + right] && put(fields[column + right], words));
  });
});

function move(field, down, right) {
  const row = field.closest("[data-row]"), body = row.parentElement, column = cells(row).indexOf(field);
  let to = down ? rows(body)[rows(body).indexOf(row) + down] : row;
  if (!to && down > 0 && field.value && body.dataset.rows) to = add(body.dataset.rows);
  const there = to && cells(to)[column + right];
  if (!there) return false;
  there.focus();
  if (there.select && there.type !== "checkbox") there.select();
  return true;
}

document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (!field.closest?.("[data-rows]") || !field.matches(FIELDS) || event.isComposing) return;
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const tick = field.type === "checkbox", several = field.tagName === "TEXTAREA";
  const whole = field.selectionEnd - field.selectionStart === field.value.length;
  const start = tick || (!event.shiftKey && (whole || field.selectionEnd === 0));
  const end = tick || (!event.shiftKey && (whole || field.selectionStart === field.value.length));
  const up = (several ? start : !field.list), down = (several ? end : !field.list);
  const gone = {
    ArrowUp: () => up && move(field, -1, 0),
    ArrowDown: () => down && move(field, 1, 0),
    ArrowLeft: () => start && move(field, 0, -1),
    ArrowRight: () => end && move(field, 0, 1),
    Enter: () => (!several || "line" in field.dataset) && (move(field, event.shiftKey ? -1 : 1, 0) || true),
  }[event.key]?.();
  if (gone) event.preventDefault();
});

// The rest of a known name, selected, so that typing on replaces it.
document.addEventListener("input", (event) => {
  const field = event.target, list = document.getElementById(field.dataset?.suggest);
  grow(field);
  if (list && event.inputType === "insertText" && field.selectionStart === field.value.length) {
    const begun = field.value.split(/[\n,;]\s*/).at(-1).toLowerCase();
    const fits = [...list.options].filter((one) => one.value.toLowerCase().startsWith(begun));
    if (begun.length > 2 && fits.length === 1) {
      const at = field.value.length;
      field.value += fits[0].value.slice(begun.length);
      field.setSelectionRange(at, field.value.length);
    }
  }
  // A new table with a place has the usual seats; a stored one without seats is to go.
  const seats = field.closest?.(".cell")?.querySelector("input:not([type=hidden])");
  const each = document.getElementById(field.closest?.("[data-seats]")?.dataset.seats);
  if (each && seats && seats !== field && field.value && !seats.value && !seats.defaultValue)
    seats.value = each.value;
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-more]");
  if (!button) return;
  event.preventDefault();
  cells(add(button.dataset.more))[0].focus();
});
