// What opens over the list and below it: more of one person, with the tables that are left for
// them and the way back; and the form for somebody without a sign-up.
const site = globalThis.tafelronde;
const { find } = site.status;
const { part } = site.rows;
const fresh = (id) => document.getElementById(id).content.cloneNode(true).firstElementChild;

function make(words, status, rows, list, act) {
  const { say } = status;
  const sheet = find("sheet"), form = find("walk-in").querySelector("form");
  let open = "", look = "";

  function show(id) {
    const person = list.person(id);
    if (!person) return;
    open = id;
    fill(person);
    if (!sheet.open) sheet.showModal();
  }

  // Only what changed: nothing moves under a finger.
  function fill(person) {
    const now = JSON.stringify([person, list.rounds(person)]);
    if (now === look) return;
    look = now;
    document.getElementById("sheet-name").textContent = person.n;
    find("from").textContent = person.o ?? "";
    find("marks").replaceChildren(...rows.marks(person).flatMap((mark) => [mark, " "]));
    find("check-ins").replaceChildren(...person.live.map(([, at, device]) =>
      part("li", `${say("in_at", { time: status.time(at) })} · ${device ?? ""}`)));
    find("rounds").replaceChildren(...person.s === "guest" ? [] :
      list.rounds(person).map((one) => round(person, one)));
    find("ask").hidden = !person.refs.length;
  }

  function round(person, { number, table, free }) {
    const one = fresh("round"), [head, text, choices] = one.children;
    head.textContent = say("round", { number });
    // With spaces, which nobody sees, or it is read as one word.
    if (table) text.append(part("b", table.code), " ", part("span", table.title), " ", part("small", table.place));
    else text.append(part("span", words.no_table));
    choices.replaceChildren(...free.map((choice) => {
      const item = fresh("free"), button = item.firstElementChild;
      const [code, title, place, left] = button.children;
      code.textContent = choice.code;
      title.textContent = choice.title;
      place.textContent = choice.place;
      left.textContent = say("seats", { count: choice.left });
      button.addEventListener("click", () => { act.table(person, choice); show(person.id); });
      return item;
    }));
    return one;
  }

  find("undo").addEventListener("click", () => {
    act.undo(open);
    sheet.close();
  });
  sheet.addEventListener("close", () => act.closed(open));

  // Somebody without a sign-up.

  const isFull = () => list.state.left < 1 || list.state.called_off;
  // Why nobody can be let in now; the server judges once more.
  const refused = () => list.now() < Date.parse(list.state.walk_ins_from) ? "early"
    : act.online() && isFull() && !list.state.extras ? "full" : "";

  function refresh() {
    const warning = find("warning"), why = refused();
    warning.hidden = !why && !isFull();
    warning.textContent = say(why || "as_extra");
    const fields = list.rounds({ t: [], s: "" }).filter(({ free }) => free.length)
      .map(({ number, free }) => {
        const field = fresh("field"), [label, select] = field.children;
        label.textContent = say("table_in", { number });
        label.htmlFor = select.id = `table-${number}`;
        select.append(...free.map((one) => new Option(
          `${one.code} · ${one.title} (${say("seats", { count: one.left })})`, one.id)));
        return field;
      });
    find("tables").replaceChildren(...fields);
  }

  find("walk-in").addEventListener("toggle", () => {
    if (!find("walk-in").open) return;
    refresh();
    const [first, ...rest] = act.query().trim().split(/\s+/);
    if (form.first_name.value || form.last_name.value) return;
    form.first_name.value = first;
    form.last_name.value = rest.join(" ");
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const problem = find("problem"), text = (field) => form[field].value.trim();
    const named = text("first_name") && text("last_name");
    const wrong = named ? words[refused()] : words.no_name;
    problem.hidden = !wrong;
    if (wrong) {
      problem.textContent = wrong;
      return;
    }
    const tables = [...form.querySelectorAll("select")].map(({ value }) => Number(value));
    act.walkIn({ first_name: text("first_name"), last_name: text("last_name"),
      organisation: text("organisation") }, tables.filter(Boolean));
    form.reset();
    find("walk-in").open = false;
  });

  function again() {
    if (!sheet.open) return;
    const person = list.person(open);
    person ? fill(person) : sheet.close();
  }

  return { show, again };
}

site.sheet = { make };
