// How well a word that somebody typed fits a word of a name: registrations/door/likeness.py and
// norm() of registrations/names/person_names.py once more, for the device. Everything is explained
// there; a test holds the two together. Change both or neither. Used by matching.js.
const site = (globalThis.tafelronde ??= {});

const SURE = 41, RUN_ON = 38, INITIAL = 35, TOO_MANY = 3;
const [EQUAL, PREFIX, FOLD_EQUAL, FOLD_PREFIX, INSIDE, FOLD_INSIDE] = [100, 85, 80, 70, 55, 45];
const JOINED = { [EQUAL]: 95, [PREFIX]: 80, [FOLD_EQUAL]: 75, [FOLD_PREFIX]: 65 };

const PARTICLES = new Set(("van de den der het t s ter ten te in op aan bij voor uit onder over " +
  "von zu da das do dos del di la le el al ben bin ibn ait abu vd vh vdr vanden vander").split(" "));
const TITLES = new Set(("dhr heer meneer mijnheer mw mevr mevrouw mej juffrouw fam familie dr drs ir " +
  "ing mr prof professor ds dominee wethouder burgemeester raadslid mrs ms miss").split(" "));
const SHORT = { van: "v", de: "d", den: "d", der: "d", het: "h", t: "t", v: "v", d: "d",
  vd: "vd", vdr: "vd", vanden: "vd", vander: "vd", vh: "vh" };
const LINKS = new Set([...PARTICLES, "v", "d"]);
const PLAIN = { ı: "i", ø: "o", ł: "l", đ: "d", ß: "ss", æ: "ae", œ: "oe", þ: "th", ς: "σ",
  "\u02bb": " ", "\u02bc": " " };
const FOLDS = ("dj:j x:ks q:k ph:f sch:s chr:kr chl:kl ch:g kh:g gh:g sh:s ck:k c:k bh:b dh:d " +
  "jh:j rh:r th:t z:s v:f eij:i ij:i ei:i ey:i y:i j:i ae:a ou:u oe:u ue:u")
  .split(" ").map((pair) => pair.split(":"));

const norm = (text) => text.normalize("NFKD").toLowerCase()
  .replace(/[ıøłđßæœþς\u02bb\u02bc]/g, (letter) => PLAIN[letter])
  .replace(/\p{M}+/gu, "").replace(/[^\p{L}\p{N}]+/gu, " ").trim();

function foldUnfinished(word) {
  for (const [spelling, sound] of FOLDS) word = word.replaceAll(spelling, sound);
  return word.replace(/(.)\1+/g, "$1");
}

const finish = (folded) => folded.replace(/dt?$/, "t");
const fold = (word) => finish(foldUnfinished(word));

function shortened(words) {
  const letters = words.slice(0, -1).map((word) => SHORT[word] ?? " ").join(""), last = words.at(-1);
  const fit = letters.length > 1 && letters[0] === "v" && !letters.includes(" ");
  return fit && !LINKS.has(last) ? letters + last : "";
}

function typed(word, joined = false) {
  const unfinished = foldUnfinished(word);
  return { norm: word, fold: finish(unfinished), unfinished, joined };
}

function score(word, form) {
  const typed = word.norm, letters = typed.length;
  if (letters <= form.first) return 0;
  const likeness = like(word, form);
  if (word.joined) return JOINED[likeness] ?? 0;
  if (likeness) return likeness;
  if (!form.first && letters >= 3) {
    if (form.norm.includes(typed)) return INSIDE;
    if (Math.min(letters, word.fold.length) >= 4 &&
        (form.fold.includes(word.unfinished) || form.fold.includes(word.fold))) return FOLD_INSIDE;
  }
  return letters >= 2 && form.norm === typed[0] ? INITIAL : guess(word, form);
}

// 41 to 44: sure, but under everybody whose name fits.
const asOrganisation = (word, points) =>
  word.norm.length >= 3 && points > INSIDE ? 40 + Math.floor(points / 25) : 0;

function like(word, form) {
  const found = beginning(word, form);
  return (found === PREFIX || found === FOLD_PREFIX) && word.norm.length < form.least ? RUN_ON : found;
}

function beginning(word, form) {
  if (form.norm.startsWith(word.norm))
    return form.norm.length === word.norm.length ? EQUAL : PREFIX;
  const sounds = word.fold.length;
  if (sounds >= 2 && form.fold === word.fold) return FOLD_EQUAL;
  return sounds >= 3 && (form.fold.startsWith(word.unfinished) || form.fold.startsWith(word.fold))
    ? FOLD_PREFIX : 0;
}

function guess(word, form) {
  let wrong = errors(word.fold, form.fold);
  if (wrong > 1) wrong = Math.min(wrong, errors(word.norm, form.norm));
  return wrong < TOO_MANY ? 40 - 10 * wrong : 0;
}

function errors(typed, name) {
  const allowed = typed.length < 4 ? 0 : typed.length < 7 ? 1 : 2;
  if (!allowed || typed[0] !== name[0] || name.length < typed.length - allowed) return TOO_MANY;
  const width = Math.min(name.length, typed.length + allowed);
  let earlier, before, row = Array.from({ length: width + 1 }, (_, j) => j);
  for (let i = 1; i <= typed.length; i++) {
    [earlier, before, row] = [before, row, [i]];
    let fewest = i;
    for (let j = 1; j <= width; j++) {
      let step = Math.min(before[j], row[j - 1]) + 1;
      step = Math.min(step, before[j - 1] + (typed[i - 1] !== name[j - 1]));
      if (i > 1 && j > 1 && typed[i - 1] === name[j - 2] && typed[i - 2] === name[j - 1])
        step = Math.min(step, earlier[j - 2] + 1);
      row[j] = step;
      fewest = Math.min(fewest, step);
    }
    if (fewest > allowed) return TOO_MANY;
    if (i === typed.length) return fewest;
  }
}

site.likeness = { norm, fold, typed, score, shortened, asOrganisation, PARTICLES, LINKS, TITLES, SURE,
  INITIAL, FOLD_EQUAL, FOLD_PREFIX };
