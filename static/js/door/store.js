// What a door device keeps, so that the door works without a network: the rows of the list, the
// taps that are still to be sent, and what the server last told (docs/door.md).
//
//   store.open(slug, lost)   {read, ops, add, apply, forget, keep, see, wipe, strip, empty}, each a
//       promise; lost() when what was kept is gone: wiped in another tab, or cleared by the browser
//   store.waiting()          how many taps of all events wait
//   store.alone(work)        work() while no tab can add a tap
//
// A tap is on disk before the screen says so, and leaves it only once the server named it. Where
// nothing can be kept (a private window, a full disk) `add` fails, and the page keeps the tap.
const site = (globalThis.tafelronde ??= {});

// Adding a tap shares this lock of all events; wiping has it alone. So no tap is wiped with what
// was counted before it came.
const LOCK = "deur", PATIENCE = 4_000;
const alone = (work) =>
  navigator.locks.request(LOCK, { signal: AbortSignal.timeout(PATIENCE) }, work);
const wait = (time) => new Promise((done) => setTimeout(done, time));

const answer = (request) => new Promise((done, failed) => {
  request.onsuccess = () => done(request.result);
  request.onerror = () => failed(request.error);
});

function each(store, work) {
  const request = store.openCursor();
  request.onsuccess = () => {
    if (!request.result) return;
    work(request.result.value, request.result);
    request.result.continue();
  };
}

// Whom a tap is on, as the list calls them; a walk-in has no other name than the tap.
const about = ({ id, kind, reg }) => kind === "walkin" ? id : reg;
const NAMES = ["name", "first_name", "last_name", "organisation"];
const nameless = (op) =>
  ({ ...op, ...Object.fromEntries(NAMES.filter((one) => one in op).map((one) => [one, ""])) });

function connect(name) {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    const db = request.result;
    db.createObjectStore("rows", { keyPath: "id" });
    // Their number counts on, also when all are sent.
    db.createObjectStore("ops", { keyPath: "seq", autoIncrement: true })
      .createIndex("id", "id", { unique: true });
    db.createObjectStore("notices", { keyPath: "id" });
    db.createObjectStore("meta");
  };
  return answer(request);
}

async function open(slug, lost) {
  const name = `deur-${slug}`;
  let db = null;
  try {
    db = await connect(name);
    // Another tab wipes, and does not have to wait for this one; or the browser cleared it.
    db.onversionchange = db.onclose = () => {
      db?.close();
      db = null;
      lost();
    };
  } catch { /* nothing is kept */ }

  // All or nothing, and on the disk itself before it counts.
  const write = (stores, work) => new Promise((done, failed) => {
    if (!db) throw new Error("nothing is kept");
    const change = db.transaction(stores, "readwrite", { durability: "strict" });
    let result;
    change.oncomplete = () => done(result?.result);
    change.onerror = change.onabort = () => failed(change.error ?? new Error("not kept"));
    try {
      result = work(...stores.map((one) => change.objectStore(one)));
    } catch (error) {
      change.abort();
      failed(error);
    }
  });

  return {
    // Everything, as of one moment; nothing where nothing is kept.
    async read() {
      if (!db) return null;
      const now = db.transaction(["rows", "ops", "notices", "meta"]);
      const all = ["rows", "ops", "notices"].map((one) => answer(now.objectStore(one).getAll()));
      const meta = ["state", "last", "quiet"].map((one) => answer(now.objectStore("meta").get(one)));
      const [rows, ops, notices, state, last, quiet] = await Promise.all([...all, ...meta]);
      return { rows, ops, notices, state, last, quiet };
    },

    async ops() {
      return db ? answer(db.transaction("ops").objectStore("ops").getAll()) : [];
    },

    // Its number on this device.
    add: (op) => navigator.locks.request(LOCK, { mode: "shared" },
      () => write(["ops"], (ops) => ops.add(op))),

    // An answer of the server: what it took is no longer waiting, what it told is the list. People
    // `gone` from it are named nowhere any more; taps on them still wait.
    apply: (told, sent, notices, state, gone) =>
      write(["ops", "rows", "notices", "meta"], (ops, rows, seen, meta) => {
        for (const seq of sent) ops.delete(seq);
        if (gone.size) {
          each(ops, (op, cursor) => gone.has(about(op)) && cursor.update(nameless(op)));
          each(seen, ({ reg }, cursor) => gone.has(reg) && cursor.delete());
          const last = meta.get("last");
          last.onsuccess = () => gone.has(last.result?.id) && meta.delete("last");
        }
        if (told.whole) rows.clear();
        for (const row of told.rows ?? []) row.gone ? rows.delete(row.id) : rows.put(row);
        for (const one of notices) seen.put(one);
        meta.put(state, "state");
      }),

    forget: (sent) => write(["ops"], (ops) => { for (const seq of sent) ops.delete(seq); }),
    keep: (name, value) => write(["meta"], (meta) => { meta.put(value, name); }),
    see: (id) => write(["notices"], (notices) => { notices.delete(id); }),

    // Unless a tap waits, or `whatever` does: whether it did.
    wipe(whatever = false) {
      return alone(async () => {
        if (!whatever && (await this.ops()).length) return false;
        await this.empty();
        return true;
      });
    },

    // Of all that names people only the taps that wait.
    strip: () => write(["rows", "notices", "meta"], (rows, notices, meta) => {
      rows.clear(), notices.clear(), meta.delete("last");
    }),

    // Nothing of the event stays on the device, whatever waits. Call it inside alone().
    async empty() {
      const all = ["rows", "ops", "notices", "meta"];
      await write(all, (...stores) => { for (const one of stores) one.clear(); }).catch(() => {});
      db?.close();
      db = null;
      // A tab that sleeps may hold on to it: by now it is empty.
      await Promise.race([answer(indexedDB.deleteDatabase(name)), wait(PATIENCE)]).catch(() => {});
      const ours = (address) => address.includes(`/deur/${slug}/`);
      for (const one of await globalThis.caches?.keys() ?? [])
        if (ours(one)) await caches.delete(one);
      for (const one of await navigator.serviceWorker?.getRegistrations() ?? [])
        if (ours(one.scope)) await one.unregister();
    },
  };
}

// Taps of any event that wait on this device: leaving one door wipes what all of them keep.
async function waiting() {
  let count = 0;
  for (const { name } of await indexedDB.databases?.() ?? [])
    if (name.startsWith("deur-")) {
      const db = await connect(name);
      count += await answer(db.transaction("ops").objectStore("ops").count());
      db.close();
    }
  return count;
}

site.store = { open, waiting, alone, about, nameless };
