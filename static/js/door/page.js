// The door on the device: a search over the whole list, a tap that is kept before it is shown,
// and a way back. Works without a network; what it keeps, sends and shows is in the other files.
const site = globalThis.tafelronde;
const { find } = site.status;

// An old browser has the plain page, and goes no further: without these nothing could be sent, or
// too much be wiped.
if (!(navigator.locks && crypto.randomUUID && AbortSignal.timeout && indexedDB.databases))
  await new Promise(() => {});

// ms in which a second tap is the same finger: on the same person, and beside it
const TWICE = 700, BESIDE = 350;
const LATER = 3_000;  // ms
const LOW = 480;  // px that are left of a phone's screen above its keyboard, at most
const { door: slug, base } = document.body.dataset;
const words = JSON.parse(document.getElementById("words").textContent);
const search = find("search"), field = search.q;
const status = site.status.make(words), { say } = status;
const list = site.state.make(words);
const rows = site.rows.make(words, status, list);
const stored = { open: site.store.open(slug, () => { list.lose(); draw(); }) };
let last = null, tapped = { at: -TWICE }, sync = null;

const sheet = site.sheet.make(words, status, rows, list, {
  undo: (id) => undo(id),
  table: (person, { id, code }) => {
    if (!once(id, "table")) return;
    put({ kind: "table", reg: person.id, table: id }, person.n);
    status.aloud(say("has_table", { name: person.n, table: code }));
  },
  walkIn,
  online: () => sync?.state === "fresh",
  // Not of whom came in just now: the next one without a sign-up is somebody else.
  query: () => field.value === last?.name ? "" : field.value,
  closed: (id) => {
    const at = document.activeElement;
    if (at === document.body || !at.getClientRects().length) focusOn(id);
  },
});

const scanner = site.scan.make(words, status, rows, list, {
  // A finger that comes down on the row just then is no second tap.
  admit: (person) => {
    tapped = { id: person.id, kind: "in", at: performance.now() };
    return admit(person);
  },
  quiet: async (quiet) => (await stored.open).keep("quiet", quiet).catch(() => {}),
  starts: () => {
    field.value = "";
    drawFound();
  },
});

// One tap: kept, shown, sent. Where it cannot be kept it is shown and sent all the same.
async function put(op, name) {
  const at = new Date(list.now()).toISOString();
  const whole = { id: crypto.randomUUID(), at, name, ...op };
  let kept = true;
  try {
    whole.seq = await (await stored.open).add(whole);
    sync?.tabs?.postMessage("read");
  } catch {
    kept = false;
  }
  list.queue(whole, kept);
  draw();
  sync?.flush();
  return whole;
}

const since = () => performance.now() - tapped.at;

// The same finger twice is one tap, also where the list moved below it.
function once(id, kind) {
  const beside = kind === tapped.kind ? BESIDE : 0;
  const again = since() < (id === tapped.id ? TWICE : beside);
  if (!again) tapped = { id, kind, at: performance.now() };
  return !again;
}

async function letIn(id, anyway) {
  const person = list.person(id);
  if (!person || person.since || !once(id, "in")) return;
  await admit(person, anyway);
  if (scanner.on) return;
  field.focus({ preventScroll: true });
  field.select();
}

async function admit({ id, n: name }, anyway) {
  await put({ kind: "in", reg: id, ...anyway && { anyway: true } }, name);
  remember({ id, name });
  status.aloud(say("is_in", { name }));
}

async function undo(id) {
  const person = list.person(id);
  if (!person?.refs.length || !once(id, "undo")) return;
  await put({ kind: "undo", reg: id, refs: person.refs }, person.n);
  remember({ id, name: person.n, undone: true });
  status.aloud(say("is_out", { name: person.n }));
}

async function walkIn(person, [table, ...others]) {
  const name = `${person.first_name} ${person.last_name}`;
  const { id } = await put({ kind: "walkin", ...person, ...table && { table } }, name);
  for (const other of others) await put({ kind: "table", reg: id, table: other }, name);
  remember({ id, name });
  field.value = name;
  draw();
  status.aloud(say("is_in", { name }));  // and not how many were found
  field.focus();
  field.select();
}

async function remember(tap) {
  last = tap;
  draw();
  await (await stored.open).keep("last", tap).catch(() => {});
}

let asked = "";
function drawFound() {
  const query = field.value.trim();
  const found = list.find(query), { total } = found;
  rows.paint(query, found);
  const text = query.length < 2 ? "" : status.foundText(query, total);
  find("found").textContent = text;
  if (query !== asked) status.found(text);
  asked = query;
}

// Everything on the page, from what the list says now.
function draw() {
  if (!find("live")) return;
  const had = document.activeElement, byKeys = had.matches(":focus-visible");
  const row = had.closest("[data-id]")?.dataset.id;
  drawFound();
  status.show(sync?.state ?? "starting", list);
  status.notices(list, seen);
  drawLast();
  sheet.again();
  scanner.again();
  if (byKeys && !had.getClientRects().length) focusOn(row);
}

function drawLast() {
  const bar = find("last");
  if (!last || !bar) return;
  const person = list.person(last.id);
  if (person) return status.last({ ...last, isIn: person.refs.length > 0 });
  last = null;  // erased meanwhile
  bar.hidden = true;
}

// With a keyboard one goes on where one was, although that is another element now, or none.
function focusOn(id) {
  const place = find("sheet").open ? "dialog button" : `[data-id="${id}"] .name`;
  (document.querySelector(place) ?? field).focus({ preventScroll: true });
}

async function seen(id) {
  list.seen(id);
  draw();
  await (await stored.open).see(id).catch(() => {});
}

// Wiped, if nothing waits any more, or what waits is taken no more; that only after another try,
// for a clock may be wrong. After the event the list goes all the same.
async function gone() {
  const store = await stored.open;
  const lost = Boolean(sync) && list.late && list.waiting().length > 0;
  const wiped = (lost || !list.memory.length) && await store.wipe(lost).catch(() => false);
  find("too-late").hidden = !lost;
  if (wiped) close("over");
  else if (list.over) {
    list.strip();
    last = null;
    find("last")?.remove();
    await store.strip().catch(() => {});
    sync?.tabs?.postMessage("read");
  }
  return wiped;
}

function close(why) {
  scanner.stop();
  find("live")?.remove();
  find("menu")?.remove();
  find("sheet").close();
  find(why).hidden = false;
  find(why).focus();
}

// Searching.

field.addEventListener("input", () => {
  tapped.kind = "";  // what is tapped after typing is tapped on purpose
  scanner.stop();
  drawFound();
  makeRoom();
});
globalThis.visualViewport?.addEventListener("resize", makeRoom);

// With the keyboard open every row counts: what is above the search goes out of sight.
function makeRoom() {
  const top = find("live")?.offsetTop ?? 0;
  const low = (globalThis.visualViewport?.height ?? innerHeight) < LOW;
  if (low && document.activeElement === field && scrollY < top) scrollTo(0, top);
}

search.addEventListener("submit", (event) => event.preventDefault());
// The keyboard of a phone stays, and so does what was typed.
document.addEventListener("mousedown", (event) => {
  if (since() < TWICE || event.target.closest("[data-in], [data-anyway], [data-back]")) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const row = event.target.closest(".person"), button = event.target.closest("button");
  if (button?.matches("[data-back]")) return void undo(last.id);
  if (!row) return;
  if (button?.matches("[data-in], [data-anyway]"))
    return void letIn(row.dataset.id, button.matches("[data-anyway]"));
  if (since() >= TWICE) sheet.show(row.dataset.id);
});

// Leaving: nothing may wait, of this event or of another.

find("finish").addEventListener("submit", async (event) => {
  event.preventDefault();
  const still = find("still"), button = event.submitter;
  button.disabled = true;
  try {
    await sync.flush();
    const store = await stored.open;
    await site.store.alone(async () => {
      const count = list.memory.length + await site.store.waiting();
      still.hidden = !count;
      still.textContent = say("still", { count });
      if (count) return;
      await sync.leave();
      await store.empty();
      close("left");
    });
  } catch {
    still.hidden = false;
    still.textContent = words.offline;
  } finally {
    button.disabled = false;
  }
});

addEventListener("beforeunload", (event) => {
  if (list.memory.length && find("live")) event.preventDefault();
});

// Starting.

async function read() {
  const all = await (await stored.open).read();
  if (!all) return;
  list.load(all);
  last = all.last ?? last;
  scanner.hush(all.quiet);
}

async function readAgain() {
  await read().catch(() => {});
  draw();
}

// As the browser kept the page while another one was looked at.
addEventListener("pageshow", async ({ persisted }) => {
  if (!persisted) return;
  await readAgain();
  sync?.flush();
});

async function begin() {
  for (const one of document.querySelectorAll("[data-plain]")) one.hidden = true;
  await read().catch(() => {});
  if (list.over && await gone()) return;
  draw();
  const store = await stored.open;
  sync = site.sync.start({ base, slug, store, list, told: draw, gone });
  sync.tabs?.addEventListener("message", async ({ data }) => {
    if (data === "read") await readAgain();
    else close(data);
  });
  document.documentElement.dataset.ready = "";
  navigator.storage?.persist?.();
  await navigator.serviceWorker?.register(`${base}sw.js`, { scope: base }).catch(() => {});
  // What is for later comes later: first the list.
  navigator.serviceWorker?.ready.then(() => setTimeout(scanner.prepare, LATER));
}

begin();
