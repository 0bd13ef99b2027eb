// The people that a search found, as rows. A row that stays the same stays the same element, so
// that news from other devices never takes a button away from under a finger.
const site = globalThis.tafelronde;
const { norm } = site.likeness;

const words = (text) => norm(text).split(" ").filter(Boolean);
const part = (tag, text, name = "") => Object.assign(document.createElement(tag),
  { textContent: text, className: name });

// The name, with what was typed of it underlined.
function marked(name, query) {
  const typed = words(query);
  return name.split(/(?<=[\s-])|(?=[\s-])/).flatMap((word) => {
    const bare = norm(word);
    const hit = bare && typed.filter((one) => bare.startsWith(one)).sort().at(-1);
    if (!hit) return word;
    // Letters that fall away or become two: the whole word.
    const length = bare.length === word.length ? hit.length : word.length;
    return [part("u", word.slice(0, length)), word.slice(length)];
  });
}

function make(words, status, list) {
  const { say } = status;
  const blank = document.getElementById("row").content.firstElementChild;
  const [sure, alike] = document.querySelectorAll("[data-people]");
  const shown = new Map();

  function marks({ s, kind, corrected, extra, namesake, unsent }) {
    const state = say(words.statuses[s].words, { kind });
    const all = [state, corrected && words.corrected, extra && words.extra,
      namesake && words.namesake].filter(Boolean).map((text) => part("span", text, "mark"));
    if (unsent) all.push(Object.assign(part("i", "", "dot"), { role: "img", ariaLabel: words.unsent }));
    return all;
  }

  function tables(person) {
    const all = list.rounds(person);
    if (!words.statuses[person.s].tables || !all.length) return [];
    if (!all.some(({ table }) => table)) return [words.no_table];
    // '6 → 3b' for the eye; said aloud that would be 63b.
    const seen = Object.assign(part("span", ""), { ariaHidden: "true" });
    seen.append(...all.flatMap(({ table }, place) => [
      ...place ? [" → "] : [], table ? part("b", table.code) : words.no_table,
    ]));
    const said = all.map(({ table }) => table ? say("table", { table: table.code }) : words.no_table);
    return [seen, part("span", said.join(words.then), "hidden")];
  }

  function row(person, query) {
    const one = blank.cloneNode(true), name = one.querySelector(".name");
    const [from, seats] = one.querySelectorAll(".from, .seats");
    const { id, n, o, s, since, device, namesake } = person;
    one.dataset.id = id;
    one.classList.toggle("is-in", Boolean(since));
    name.append(...marked(n, query));
    from.textContent = o || (namesake ? words.no_organisation : "");
    from.classList.toggle("tells", namesake);
    seats.append(...tables(person), " ", ...marks(person).flatMap((mark) => [mark, " "]));
    for (const empty of [from, seats]) if (!empty.textContent.trim() && !empty.firstElementChild) empty.remove();
    const [into, anyway, is] = one.querySelector(".do").children;
    const { knowingly } = words.statuses[s];
    into.ariaLabel = say("in", { name: n });
    anyway.ariaLabel = say("anyway", { name: n });
    if (since) {
      one.querySelector("[data-since]").textContent = say("in_at", { time: status.time(since) });
      one.querySelector("[data-at]").textContent = device ?? "";
    }
    const wanted = since ? is : knowingly ? anyway : into;
    for (const other of [into, anyway, is]) if (other !== wanted) other.remove();
    return one;
  }

  function paint(query, found) {
    const draw = (people, place) => {
      const wanted = people.map((person) => {
        const look = JSON.stringify([person, query, list.rounds(person).map(({ table }) => table)]);
        const had = shown.get(person.id);
        if (had?.look === look) return had.element;
        const element = row(person, query);
        shown.set(person.id, { look, element });
        return element;
      });
      const same = wanted.length === place.childElementCount &&
        wanted.every((one, number) => one === place.children[number]);
      if (!same) place.replaceChildren(...wanted);
    };
    draw(found.sure, sure);
    draw(found.alike, alike);
    document.querySelector("[data-alike]").hidden = !found.alike.length;
    const now = new Set([...found.sure, ...found.alike].map(({ id }) => id));
    for (const id of shown.keys()) if (!now.has(id)) shown.delete(id);
  }

  return { paint, row, marks };
}

site.rows = { make, part };
