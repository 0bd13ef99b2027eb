// What a door device shows: the list as the server last told it, and over it the taps that are
// still on the device. Needs matching.js and store.js; touches neither the page nor what is stored.
//
//   state.make(words)   a list: load() what was stored, take() answers, queue() taps, ask for
//       people
const site = globalThis.tafelronde;

const EXPECTED = ["", "guest"];

function make({ locale: language, statuses = {} } = {}) {
  // Of several sign-ups from one address the first of these that there is stands for the person;
  // registrations/door/plain_rows.py, one_each(), once more.
  const bestFirst = Object.keys(statuses);
  let rows = new Map(), ops = [], memory = [], notices = [], state = { version: 0, tables: [] };
  let first = true;
  let index = null, stale = true, best = new Map(), names = new Map();
  // What the taps on the device change: by row the check-ins and tables; by person the row.
  let ins, seats, undone, walkedIn;

  function overlay() {
    ins = new Map(), seats = new Map(), undone = new Set(), walkedIn = new Map();
    const rowOfTap = new Map();
    for (const row of rows.values()) if (row.op) rowOfTap.set(row.op, row.id);
    const push = (map, key, value) => map.set(key, [...map.get(key) ?? [], value]);
    for (const op of waiting()) {
      const key = rowOfTap.get(op.reg) ?? op.reg;
      if (op.kind === "undo") for (const ref of op.refs) undone.add(ref);
      if (op.kind === "in") push(ins, key, [op.id, op.at, state.device]);
      if (op.kind === "table") push(seats, key, op.table);
      if (op.kind === "walkin" && !rowOfTap.has(op.id)) {
        const n = `${op.first_name} ${op.last_name}`.trim();
        walkedIn.set(op.id, { id: op.id, n, o: op.organisation });
        push(ins, op.id, [op.id, op.at, state.device]);
        if (op.table) push(seats, op.id, op.table);
      }
    }
  }

  const waiting = () => [...ops, ...memory];
  const row = (key) => rows.get(key) ?? walkedIn.get(key) ??
    [...rows.values()].find((one) => one.op === key);

  function live({ id, live = [] }) {
    if (!undone.size && !ins.has(id)) return live;
    const all = new Map([...live, ...ins.get(id) ?? []].map((one) => [one[0], one]));
    for (const [key] of all) if (undone.has(key)) all.delete(key);
    return [...all.values()];
  }

  function person(key) {
    const one = row(key);
    if (!one) return null;
    const check = live(one), kind = one.s ?? "";
    return {
      ...one, s: kind, live: check, refs: check.map(([id]) => id),
      since: check[0]?.[1], device: check[0]?.[2],
      namesake: names.get(index?.people.get(one.id)?.order) > 1,
      t: [...new Set([...one.t ?? [], ...seats.get(one.id) ?? []])],
      unsent: ins.has(one.id) || seats.has(one.id) || one.live?.length > 0 && !check.length,
    };
  }

  // One row a person.
  function group() {
    best = new Map();
    const rank = (one) => (live(one).length ? 0 : 10) + bestFirst.indexOf(one.s ?? "");
    for (const one of [...rows.values(), ...walkedIn.values()]) {
      const key = one.same ?? one.id, had = best.get(key);
      if (!had || rank(one) <= rank(had)) best.set(key, one);
    }
  }

  // The index, and who have one name, as of now.
  function refresh() {
    if (!stale) return;
    group();
    const people = [...best.values()];
    const same = index?.keys.length === people.length && people.every(({ id, n, o }) => {
      const known = index.people.get(id);
      return known?.n === n && known.o === o;
    });
    if (!same) {
      index = site.matching.build(people, index);
      names = new Map();
      for (const { order } of index.people.values()) names.set(order, (names.get(order) ?? 0) + 1);
    }
    stale = false;
  }

  // Who stands for the person of this row: the row may be an older sign-up of theirs.
  function standing(key) {
    refresh();
    const one = row(key);
    return one ? person((best.get(one.same ?? one.id) ?? one).id) : null;
  }

  function find(query) {
    refresh();
    const { sure, alike, total } = site.matching.search(index, query);
    return { sure: sure.map(person), alike: alike.map(person), total };
  }

  function counts() {
    let present = state.present ?? 0, expected = 0, came = 0;
    for (const one of [...rows.values(), ...walkedIn.values()]) {
      const isIn = live(one).length > 0;
      present += isIn - (one.live?.length > 0);
      // A walk-in from here that was taken back was never on the list.
      if (!EXPECTED.includes(one.s ?? "") || walkedIn.has(one.id) && !isIn) continue;
      expected++;
      came += isIn;
    }
    return { present, expected, toCome: expected - came };
  }

  // The tables of each round: somebody's own, or those that are left for them.
  function rounds({ t, s }) {
    const left = (table) => table.left -
      [...seats.values()].flat().filter((id) => id === table.id).length;
    const mine = state.tables.filter(({ id }) => t.includes(id));
    const sessions = mine.map(({ session }) => session);
    return [...new Set(state.tables.map(({ round }) => round))].map((number) => {
      const all = state.tables.filter(({ round }) => round === number);
      const table = mine.find(({ round }) => round === number);
      const free = table || s ? [] : all.filter((one) =>
        left(one) > 0 && !sessions.includes(one.session));
      return { number, table, free: free.map((one) => ({ ...one, left: left(one) })) };
    });
  }

  // By the server's clock: that of a phone may be hours off.
  const now = () => Date.now() - (state.ahead ?? 0);

  // How far these rows are from what the server counts. Not always nothing: somebody in may be
  // erased. But it stays the same, or this is another list than the server's.
  function gap({ present, expected }, rows) {
    for (const { live, s = "", gone } of rows) {
      if (gone) continue;
      present -= live?.length > 0;
      expected -= EXPECTED.includes(s);
    }
    return `${present} ${expected}`;
  }

  const changed = () => { overlay(); stale = true; };
  changed();

  return {
    load(stored) {
      // As the server tells them, the newest last; as text r10 stands before r9.
      const inOrder = stored.rows.sort((one, other) => one.id.slice(1) - other.id.slice(1));
      rows = new Map(inOrder.map((one) => [one.id, one]));
      ({ ops, notices } = stored);
      state = stored.state ?? state;
      // Only at first: another tab may speak the other language, and they would never agree. A
      // list of nobody may be one that was wiped.
      if (first) state.astray ||= state.language !== language || !rows.size;
      first = false;
      changed();
    },
    queue(op, kept) {
      (kept ? ops : memory).push(op);
      changed();
    },
    // From which version on news is asked for. From the first, for a list in another language, or
    // one that proves not to be the server's: of a database that was put back, for instance.
    get since() { return state.astray ? 0 : state.version; },
    // The state to be stored with an answer.
    next: (told) => {
      if (!told.now) return state;
      const { results, rows: news, csrf, whole, ...rest } = told;
      const ahead = Date.now() - Date.parse(told.now), next = { ...state, ...rest, ahead };
      next.heard = Date.now() - ahead;
      if (whole) Object.assign(next, { language, gap: gap(told, news), astray: false, doubt: -1 });
      else if (!news) {
        // Certain at the second time at one version: once may be what another tab took in.
        next.doubt = state.gap === gap(told, rows.values()) ? -1 : told.version;
        next.astray = next.doubt >= 0 && next.doubt === state.doubt;
      }
      return next;
    },
    // People who are no longer on the list, as taps and notices call them: row, or walk-in tap.
    gone({ whole, rows: news = [] }) {
      const still = new Set(news.filter(({ gone }) => !gone).map(({ id }) => id));
      const left = whole ? [...rows.keys()].filter((id) => !still.has(id))
        : news.filter(({ gone }) => gone).map(({ id }) => id);
      return new Set(left.flatMap((id) => [id, rows.get(id)?.op ?? id]));
    },
    take(told, fresh = []) {
      const taken = new Set((told.results ?? []).map(({ id }) => id));
      const others = (op) => !taken.has(op.id), gone = this.gone(told);
      [ops, memory] = [ops, memory].map((all) =>
        all.filter(others).map((op) => gone.has(site.store.about(op)) ? site.store.nameless(op) : op));
      notices = notices.filter(({ reg }) => !gone.has(reg));
      if (told.whole) rows.clear();
      for (const one of told.rows ?? []) one.gone ? rows.delete(one.id) : rows.set(one.id, one);
      notices = [...notices, ...fresh];
      state = this.next(told);
      if (taken.size || told.rows) changed();
    },
    // Taps that were kept, and are not any more: from now on the page keeps them.
    lose() { [ops, memory] = [[], waiting()]; },
    // Whether its list should be wiped by now.
    get over() { return Date.parse(state.closes_at) < now(); },
    // Whether the server would not take what waits either.
    get late() { return Date.parse(state.taken_until) < now(); },
    // Nobody is on it any more, until it is asked for again; what waits is sent all the same.
    strip() {
      rows.clear();
      notices = [];
      state = { ...state, astray: true };
      changed();
    },
    person, standing, find, counts, rounds, waiting, now,
    get state() { return state; },
    get memory() { return memory; },
    get notices() { return notices; },
    seen(id) { notices = notices.filter((one) => one.id !== id); },
  };
}

site.state = { make };
