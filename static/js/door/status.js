// What is above the list: how many are in, how fresh the list is, what still waits; below it the
// person whom this device ticked last; and what is said aloud to those who cannot see the page.
const site = globalThis.tafelronde;
const find = (name) => document.querySelector(`[data-${name}]`);

const MOST_DOTS = 6, SAID_AFTER = 600, FEW = 5;

function make(words) {
  const say = (text, values) =>
    Object.entries(values ?? {}).reduce((all, [name, value]) => all.replace(`{${name}}`, () => value),
      words[text] ?? text);
  const clock = new Intl.DateTimeFormat("en-GB",
    { hour: "numeric", minute: "2-digit", timeZone: "Europe/Amsterdam" });
  const time = (at) => clock.format(new Date(at)).replace(/^0/, words.dot === "." ? "" : "0")
    .replace(":", words.dot);

  function line(sync, list) {
    const count = list.waiting().length, { heard, version } = list.state;
    const at = { time: time(heard ?? 0), count };
    const unsaved = list.memory.length > 0;
    if (sync === "out") return [say("log_in"), count ? say("to_send", at) : "", "alarm"];
    if (sync === "offline" || sync === "gone" && count) {
      const first = count ? say("not_sent", at) : say("offline");
      if (unsaved) return [first, say("unsaved"), "alarm"];
      return [first, say(version ? "go_on" : "no_list", at), "alarm"];
    }
    if (!version) return [say("fetching"), "", ""];
    if (unsaved) return [say("list_of", at), say("unsaved"), "alarm"];
    return ["", `${say("list_of", at)} ${count ? say("sending", at) : say("all_sent")}`, ""];
  }

  let before = "";
  function show(sync, list) {
    for (const [name, number] of Object.entries(list.counts())) {
      const place = document.querySelector(`[data-count=${name}]`);
      place.textContent = list.state.version ? number : "–";
    }
    const [first, second, kind] = line(sync, list);
    const state = find("state"), count = list.waiting().length;
    find("first").textContent = first;
    find("second").textContent = second;
    find("log-in").hidden = sync !== "out";
    state.classList.toggle("alarm", kind === "alarm");
    const dots = find("dots");
    while (dots.childElementCount > Math.min(count, MOST_DOTS)) dots.lastChild.remove();
    while (dots.childElementCount < Math.min(count, MOST_DOTS))
      dots.append(document.createElement("i"));
    // Once, when it changes, and not for each tap.
    if (kind !== before && sync !== "starting") aloud(kind ? `${first} ${second}` : second);
    before = kind;
    find("device").textContent = list.state.device ?? "";
  }

  let soon;
  function aloud(text, wait = 0) {
    clearTimeout(soon);
    soon = setTimeout(() => { find("say").textContent = text; }, wait);
  }

  function last({ name, undone, isIn }) {
    const [bar, button] = [find("last"), find("back")];
    bar.hidden = false;
    const text = find("last-text"), who = document.createElement("b");
    who.textContent = name;
    const [head, tail] = say(undone ? "taken_back" : "last").split("{name}");
    text.replaceChildren(head, who, tail);
    button.hidden = undone || !isIn;
    button.ariaLabel = say("back", { name });
  }

  let noticed = "";
  function notices(list, seen) {
    const now = list.notices.map(({ id }) => id).join();
    if (now === noticed) return;
    noticed = now;
    const place = find("notices"), there = [...place.children];
    for (const one of there) if (!list.notices.some(({ id }) => id === one.dataset.notice)) one.remove();
    // What stands there stays: it is read aloud once.
    for (const { id, name, outcome } of list.notices) {
      if (there.some((one) => one.dataset.notice === id)) continue;
      const one = document.getElementById("notice").content.cloneNode(true).firstElementChild;
      const [text, button] = one.children;
      one.dataset.notice = id;
      text.textContent = say(words.outcomes[outcome] ?? outcome, { name });
      button.addEventListener("click", () => seen(id));
      place.append(one);
    }
  }

  // How many, and what to ask for when there are too many to choose from.
  function foundText(query, count) {
    const { norm, LINKS, TITLES } = site.likeness;
    const said = new Set(norm(query).split(" ").filter((word) => !LINKS.has(word) && !TITLES.has(word)));
    const many = said.size > 1 ? "ask_from" : "ask_name";
    return count ? say(count > FEW ? many : "found", { count }) : words.nobody;
  }

  return { say, time, foundText, show, last, notices, aloud, found: (text) => aloud(text, SAID_AFTER) };
}

site.status = { make, find };
