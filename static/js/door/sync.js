// Sends the taps of this device and fetches what changed, again and again until it works. Needs
// nothing of the page: what to do with what comes of it, it is told.
//
//   sync.start({ base, slug, store, list, told, gone })   {now(), flush(), state, …}
//       told() after each try; gone() once the server wants the list wiped and nothing waits: true
//       if it is
//
// A tap leaves the queue only when the server names it. A log-in page of a café, a redirect, an
// error, no answer at all: it stays, and goes again. Sending twice does no harm.
const site = globalThis.tafelronde;

// Until an answer begins: each tap is work for the server, and so is the whole list. To read all
// of it takes longer, for the line may be bad, and what an organiser changed is news of everybody.
const PATIENCE = 8_000, PATIENCE_FOR_ALL = 60_000, PATIENCE_A_TAP = 100;
const MOST = 100, EVERY = 5_000, LEAST_WAIT = 2_000, MOST_WAIT = 15_000;
const NOT_KEPT = 1e9;  // taps without a number of their own come after those that have one
// What staff must be told, until they have seen it.
const FINE = ["ok", "already"];

function start({ base, slug, store, list, told, gone }) {
  const tabs = globalThis.BroadcastChannel && new BroadcastChannel(`deur-${slug}`);
  let token = "", running = null, again = false, pause = 0, soon = 0, left = false, most = MOST, alone = false;
  const refused = new Set();  // taps on which the server broke: they go by themselves, last
  const sync = { state: "starting", now, flush: () => now(true), tabs };

  async function ask(path, body) {
    const aborter = new AbortController(), stop = () => aborter.abort();
    const patience = body?.since === 0 ? PATIENCE_FOR_ALL : PATIENCE;
    let ends = setTimeout(stop, patience + PATIENCE_A_TAP * (body?.ops.length ?? 0));
    const response = await fetch(base + path, {
      method: body ? "POST" : "GET",
      headers: body ? { "Content-Type": "application/json", "X-CSRFToken": token } : {},
      body: body && JSON.stringify(body),
      redirect: "manual",
      cache: "no-store",
      signal: aborter.signal,
    });
    clearTimeout(ends);
    ends = setTimeout(stop, PATIENCE_FOR_ALL);
    const answer = await response.json().catch(() => null);
    clearTimeout(ends);
    if (answer?.door === 1) return { status: response.status, answer };
    // Not ours: it says nothing of this device, whatever it says; not even that all is well.
    const { status } = response;
    return { status: [400, 403, 413].includes(status) || status >= 500 ? status : 0 };
  }

  async function greet() {
    const { status, answer } = await ask("hallo/");
    token = answer?.csrf ?? "";
    return status;
  }

  // Of another tab too: what waits is read from the disk.
  async function queue() {
    const kept = await store.ops();
    const all = [...kept, ...list.memory];
    const good = all.filter(({ id }) => !refused.has(id));
    if (good.length || !all.length) return { all, batch: good.slice(0, most) };
    // First what is new: the list goes on, whatever becomes of them.
    alone = !alone;
    return { all, batch: alone ? [all[Math.floor(Math.random() * all.length)]] : [] };
  }

  async function send() {
    if (!token) {
      const status = await greet();
      if (!token) return status;
    }
    const { all, batch } = await queue();
    const ops = batch.map(({ name, ...op }, place) => ({ seq: NOT_KEPT + place, ...op }));
    const { since } = list, now = new Date(list.now()).toISOString();
    const body = { v: 1, now, since, queued: all.length - batch.length, ops };
    let { status, answer } = await ask("sync/", body);
    if (status === 403 && await greet() && token) ({ status, answer } = await ask("sync/", body));
    if (!answer?.results) {
      if (status === 403) token = "";
      if ([400, 413].includes(status) || status >= 500) blame(batch);
      return status;
    }
    // The event was moved later: greeting makes the cookie of this device last as long.
    if (answer.closes_at > list.state.closes_at) token = "";
    answer.whole = answer.rows && (!since || answer.version < since);
    most = MOST;
    if (batch.some(({ id }) => refused.has(id))) refused.clear();
    await take(answer, batch);
    if (all.length > batch.length && (answer.results.length || refused.size)) return send();
    return answer.wipe || answer.closed ? 410 : 200;
  }

  // Half as many next time, to find the one that it fails on.
  function blame(batch) {
    if (batch.length === 1) refused.add(batch[0].id);
    most = Math.max(1, Math.ceil(batch.length / 2));
  }

  async function take(answer, batch) {
    const outcomes = new Map(answer.results.map(({ id, outcome }) => [id, outcome]));
    const taken = batch.filter(({ id }) => outcomes.has(id));
    const sent = taken.map(({ seq }) => seq).filter(Boolean);
    const gone = list.gone(answer), { about } = site.store;
    const notices = taken
      .filter((op) => !FINE.includes(outcomes.get(op.id)) && op.name && !gone.has(about(op)))
      .map((op) => ({ id: op.id, reg: about(op), name: op.name, outcome: outcomes.get(op.id) }));
    const news = sent.length || answer.rows?.length;
    try {
      await store.apply(answer, sent, notices, list.next(answer), gone);
    } catch {
      // No room for the list; the taps are sent all the same.
      await store.forget(sent).catch(() => {});
    }
    list.take(answer, notices);
    if (news) tabs?.postMessage("read");
  }

  async function once() {
    let status;
    try {
      status = await send();
    } catch {
      status = 0;
    }
    sync.state = { 200: "fresh", 401: "out", 410: "gone" }[status] ?? "offline";
    pause = status === 200 ? 0 : Math.min(MOST_WAIT, Math.max(LEAST_WAIT, pause * 2));
    if ((status === 410 || list.over) && await gone()) stop("over");
    told();
  }

  // One tab at a time: the others hear of it. A tab that sleeps is not waited for: what is sent
  // twice does no harm.
  async function locked() {
    const signal = AbortSignal.timeout(2 * PATIENCE);
    try {
      await navigator.locks.request(`deur-${slug}`, { signal }, once);
    } catch (error) {
      if (error.name !== "TimeoutError") throw error;
      await once();
    }
  }

  // With `wait` once more after a try that is under way.
  function now(wait = false) {
    if (running) again ||= wait;
    else running = tries().finally(() => { running = null; later(); });
    return running;
  }

  async function tries() {
    clearTimeout(soon);
    do {
      again = false;
      await locked();
    } while (again);
  }

  function later() {
    if (left) return;
    soon = setTimeout(() => {
      if (document.hidden && !list.waiting().length && !list.over) later();
      else now();
    }, pause ? pause * (.75 + Math.random() / 2) : EVERY);
  }

  // The server forgets this device, and has the browser empty what it keeps of the site: it is
  // told that no tap of any event waits.
  sync.leave = async () => {
    if (!token) await greet();
    const headers = { "X-CSRFToken": token }, signal = AbortSignal.timeout(PATIENCE);
    const body = new URLSearchParams({ waiting: 0 });
    const { status } = await fetch(base + "klaar/", { method: "POST", headers, body, signal });
    // A café takes this in as well.
    if (await greet() !== 401) throw new Error(status);
    stop("left");
  };

  // The list is wiped; another tab still sends what it alone has.
  function stop(why) {
    left = true;
    clearTimeout(soon);
    tabs?.postMessage(why);
  }

  tabs?.addEventListener("message", ({ data }) => {
    left ||= data !== "read" && !list.waiting().length;
  });

  addEventListener("online", () => { pause = 0; now(true); });
  document.addEventListener("visibilitychange", () => document.hidden || now(true));
  now();
  return sync;
}

site.sync = { start };
