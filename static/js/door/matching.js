// Who is meant by what was heard, read or half typed: registrations/door/matching.py once more,
// for the device. Everything is explained there; a test compares the two, so that both find the
// same people in the same order. Change both or neither.
//
//   tafelronde.matching.build(rows, before)   an index of rows {id, n: name, o: organisation};
//       `before` is the index that it replaces: names that did not change are not read again
//   tafelronde.matching.search(index, query)  {sure: [id…], alike: [id…], total}, best first
//
// Files of the door page do not import each other: their addresses carry a hash that only a
// template knows. Each has a script tag (type="module", so they run in the order of the page) and
// hangs what others need of it on one object, `tafelronde`, under its own name. This one needs
// likeness.js before it.
const { norm, fold, typed, score, shortened, asOrganisation, PARTICLES, LINKS, TITLES, SURE, INITIAL,
  FOLD_EQUAL, FOLD_PREFIX } = globalThis.tafelronde.likeness;

const SHOWN = 30, PARTICLE = 3;
const QUERY_LENGTH = 200, QUERY_WORDS = 8, NAME_WORDS = 16, ORGANISATION_WORDS = 8, LONGEST_SPAN = 5;
const INTO_THE_NEXT = 3, WORDS_KNOWN = 60;

const wordsOf = (text) => norm(text).split(" ").filter(Boolean);

function* spans(words) {
  for (let start = 0; start < words.length; start++)
    for (let end = start + 2; end <= Math.min(start + LONGEST_SPAN, words.length); end++) {
      yield [start, end];
      if (!LINKS.has(words[end - 1])) break;
    }
}

// The words of a person, and their forms: [form, bits of the words it covers, of the name].
function read({ n, o }, forms) {
  const all = wordsOf(n), name = all.slice(0, NAME_WORDS), parts = [];
  const add = (word, first, least, covers, ofName) => {
    const key = `${first} ${least} ${word}`;
    if (!forms.has(key)) forms.set(key, { norm: word, fold: fold(word), first, least, parts: [] });
    parts.push([key, covers, ofName]);
  };
  const organisation = wordsOf(o || "").slice(0, ORGANISATION_WORDS);
  [...name, ...organisation].forEach((word, i) => add(word, 0, 0, 1 << i, i < name.length));
  for (const [start, end] of spans(name)) {
    const words = name.slice(start, end), covers = (1 << end) - (1 << start);
    const joined = words.join(""), short = shortened(words), first = words[0].length;
    add(joined, first, LINKS.has(words[0]) ? 0 : first + INTO_THE_NEXT, covers, true);
    if (short && short !== joined) add(short, 1, 0, covers, true);
  }
  return { n, o, order: all.join(" "), parts };
}

function build(rows, before) {
  const forms = before?.forms ?? new Map(), people = new Map();
  for (const form of forms.values()) form.parts = [];
  for (const row of rows) {
    const known = before?.people.get(row.id);
    people.set(row.id, known?.n === row.n && known.o === row.o ? known : read(row, forms));
  }
  const less = (one, other) => (one < other ? -1 : one > other ? 1 : 0);
  const keys = [...people.keys()].sort((one, other) =>
    less(people.get(one).order, people.get(other).order) || less(one, other));
  keys.forEach((key, position) => {
    for (const [form, covers, ofName] of people.get(key).parts)
      forms.get(form).parts.push([position, covers, ofName]);
  });
  for (const [key, form] of forms) if (!form.parts.length) forms.delete(key);
  return { keys, people, forms, known: new Map() };
}

// The words of a name, and the titles before it.
function addressed(words) {
  const stop = words.findIndex((word) => !PARTICLES.has(word) && !TITLES.has(word));
  const leading = stop < 0 ? words : words.slice(0, stop);
  const end = leading.findLastIndex((word) => TITLES.has(word)) + 1;
  return end < words.length ? [words.slice(end), leading.filter((word) => TITLES.has(word))] : [words, []];
}

function* readings(words) {
  const onlyParticles = words.every((word) => PARTICLES.has(word));
  const found = [[0, 0], ...spans(words)];
  if (!found.some(([start, end]) => !start && end === words.length) && words.length > 1)
    found.push([0, words.length]);
  for (const [start, end] of found) {
    const others = [...words.slice(0, start), ...words.slice(end)];
    const optional = (word) => !onlyParticles && PARTICLES.has(word);
    const must = others.filter((word) => !optional(word)).map((word) => typed(word));
    if (end) must.unshift(typed(words.slice(start, end).join(""), true));
    yield [must, others.filter(optional).map((word) => typed(word))];
  }
}

function search(index, query, limit = SHOWN) {
  const [words, titles] = addressed(wordsOf(query.slice(0, QUERY_LENGTH)).slice(0, QUERY_WORDS));
  if (words.join("").length < 2) return { sure: [], alike: [], total: 0 };
  const best = new Map();
  for (const [must, may] of readings(words)) {
    const nearby = [...may, ...titles.map((word) => typed(word))].map((word) => fitting(index, word));
    const wanted = must.map((word) => fitting(index, word));
    const fewest = wanted.reduce((one, other) => (other.size < one.size ? other : one));
    for (const position of fewest.keys()) {
      if (!wanted.every((people) => people.has(position))) continue;
      const placed = place(wanted.map((people) => people.get(position)));
      if (!placed) continue;
      let [lowest, mean] = placed;
      mean /= must.length;
      for (const people of nearby)
        mean += people.get(position)?.[0][0] >= FOLD_EQUAL ? PARTICLE : -PARTICLE;
      const had = best.get(position);
      if (!had || lowest > had[0] || (lowest === had[0] && mean > had[1]))
        best.set(position, [lowest, mean, position]);
    }
  }
  const ranked = [...best.values()].sort((one, other) =>
    other[0] - one[0] || other[1] - one[1] || one[2] - other[2]);
  const ids = (people) => people.map(([, , position]) => index.keys[position]);
  const shown = ranked.slice(0, limit);
  return {
    sure: ids(shown.filter(([lowest]) => lowest >= SURE)),
    alike: ids(shown.filter(([lowest]) => lowest < SURE)),
    total: ranked.length,
  };
}

// Everybody with a part that fits `word`, by position: [score, bits], best first. Remembered, as
// the next keystroke changes only the last word.
function fitting(index, word) {
  const key = word.joined + word.norm;
  if (!index.known.has(key)) {
    if (index.known.size >= WORDS_KNOWN) index.known.clear();
    index.known.set(key, findFitting(index, word));
  }
  return index.known.get(key);
}

function findFitting(index, word) {
  const found = new Map();
  for (const form of index.forms.values()) {
    const points = score(word, form);
    if (!points) continue;
    const less = asOrganisation(word, points);
    for (const [position, covers, ofName] of form.parts) {
      const own = ofName ? points : less;
      if (!own) continue;
      const had = found.get(position);
      if (had) had.push([own, covers]);
      else found.set(position, [[own, covers]]);
    }
  }
  for (const one of found.values()) if (one.length > 1) one.sort(([a], [b]) => b - a);
  return found;
}

// The best [lowest, total] that these words reach together, each with words of its own.
function place(wanted) {
  const highest = wanted.reduce((sum, [[points]]) => sum + points, 0), scores = [];
  let best = null;
  const next = (taken) => {
    if (scores.length === wanted.length) {
      if (scores.includes(INITIAL) && Math.max(...scores) < FOLD_PREFIX) return false;
      const lowest = Math.min(...scores), total = scores.reduce((sum, one) => sum + one, 0);
      if (!best || lowest > best[0] || (lowest === best[0] && total > best[1]))
        best = [lowest, total];
      return total === highest;
    }
    for (const [points, covers] of wanted[scores.length]) {
      if (covers & taken) continue;
      scores.push(points);
      if (next(taken | covers)) return true;
      scores.pop();
    }
    return false;
  };
  next(0);
  return best;
}

globalThis.tafelronde.matching = { build, search };
