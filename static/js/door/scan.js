// Scanning: the camera reads the codes that people show. An extra, for names always work. Somebody
// who is simply on the list is in at once, as by a tap; anybody else is shown, with the reason.
//
//   scan.make(words, status, rows, list, act)   {on, prepare(), start(), stop(), again(), hush()}
//       act: admit(person) lets in, quiet(whether) is kept
const site = globalThis.tafelronde;
const { find } = site.status;

// ms between two looks, and in which a code that is still, or again, before the camera is one scan
const EVERY = 120, AGAIN = 4_000;
const WIDEST = 1280;
const CAMERA = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } };
const SIMPLY = ["", "guest"];

function make(words, status, rows, list, act) {
  const { say } = status, place = find("scanner"), button = find("scan"), sound = find("sound");
  const video = place.querySelector("video"), people = find("scanned-row"), text = find("scanned");
  const signals = site.signals.make();
  let run = null, resume = false, last = { code: "", at: -AGAIN }, who = "", look = "";

  async function readsByItself() {
    const formats = await globalThis.BarcodeDetector?.getSupportedFormats().catch(() => []);
    return Boolean(formats?.includes("qr_code"));
  }

  // Where the decoder will be needed, the worker keeps it for when there is no network.
  async function prepare() {
    if (!button.hidden && !await readsByItself()) await fetch(place.dataset.decoder).catch(() => {});
  }

  // What the browser reads by itself, or else the decoder, which runs from now on.
  async function reader() {
    if (!await readsByItself()) return decoder();
    const own = new BarcodeDetector({ formats: ["qr_code"] });
    let read = async () => (await own.detect(video))[0]?.rawValue;
    // Some browsers have one that does not work on this device.
    return () => read().catch(async () => { read = await decoder(); });
  }

  async function decoder() {
    const { default: decode } = await import(place.dataset.decoder);
    const canvas = document.createElement("canvas");
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    return async () => {
      const { videoWidth: wide, videoHeight: high } = video;
      const scale = Math.min(1, WIDEST / Math.max(wide, high));
      const [width, height] = [wide, high].map((side) => Math.round(side * scale));
      if (!width || !height) return "";
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      pen.drawImage(video, 0, 0, width, height);
      try {
        return decode(pen.getImageData(0, 0, width, height));
      } catch {
        return "";  // no code in sight
      }
    };
  }

  async function start() {
    const mine = run = { stream: null };
    signals.wake();
    status.aloud("");
    tell("scan_starting");
    place.hidden = video.hidden = false;
    button.ariaExpanded = "true";
    button.textContent = words.scan_stop;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: CAMERA });
      mine.stream = stream;
      if (run !== mine) return end(mine);
      video.srcObject = stream;
      await video.play();
      const read = await reader();
      if (run !== mine) return;
      tell("scan_ready");
      watch(mine, read);
    } catch (error) {
      if (run !== mine) return end(mine);
      stop();
      place.hidden = false;
      video.hidden = true;
      const refused = ["NotAllowedError", "SecurityError"].includes(error.name);
      tell(refused ? "scan_refused" : "scan_fails");
      status.aloud(text.textContent);
    }
  }

  async function watch(mine, read) {
    while (run === mine) {
      const code = await read().catch(() => "");
      if (run === mine && code) await scanned(code);
      await new Promise((done) => setTimeout(done, EVERY));
    }
  }

  // Takes the same code again only once it was away for a while.
  async function scanned(code) {
    const now = performance.now(), same = code === last.code && now - last.at < AGAIN;
    last = { code, at: now };
    if (same) return;
    const row = await site.codes.rowOf(code, list.state.scan_key);
    const person = row && list.standing(row);
    if (!person) return show(null, row ? "scan_nobody" : "scan_other");
    if (person.since) return show(person, "scan_already");
    if (!SIMPLY.includes(person.s)) return show(person, "scan_look");
    await act.admit(person);
    show(person, "is_in", true);
  }

  function show(person, name, isIn = false) {
    who = person?.id ?? "";
    const kind = person && say(words.statuses[person.s].words, person);
    tell(name, { name: person?.n, status: kind }, isIn ? "in" : "look");
    again();
    status.aloud(text.textContent);
    isIn ? signals.in() : signals.look();
  }

  function tell(name, values, kind = "") {
    if (!kind) who = "", again();
    text.textContent = say(name, values);
    place.dataset.outcome = kind;
  }

  // Who was scanned last, as the list has them now. Only if it changed: nothing moves under a finger.
  function again() {
    const person = who && list.person(who);
    const now = person ? JSON.stringify([person, list.rounds(person)]) : "";
    if (now === look) return;
    look = now;
    people.replaceChildren(...person ? [rows.row(person, "")] : []);
  }

  function end({ stream }) {
    for (const track of stream?.getTracks() ?? []) track.stop();
  }

  function stop() {
    if (run) end(run);
    run = null;
    resume = false;
    video.srcObject = null;
    signals.sleep();
    last = { code: "", at: -AGAIN };
    place.hidden = true;
    button.ariaExpanded = "false";
    button.textContent = words.scan;
  }

  function hush(quiet) {
    signals.quiet = Boolean(quiet);
    sound.ariaPressed = String(!signals.quiet);
  }

  button.hidden = !navigator.mediaDevices?.getUserMedia;
  button.ariaExpanded = "false";
  button.addEventListener("click", () => { run ? stop() : (act.starts(), start()); });
  sound.addEventListener("click", () => {
    hush(!signals.quiet);
    act.quiet(signals.quiet);
    if (!signals.quiet) signals.in();
  });
  // No camera runs in a pocket.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && run) { stop(); resume = true; }
    else if (!document.hidden && resume) start();
  });

  return { prepare, start, stop, again, hush, get on() { return Boolean(run); } };
}

site.scan = { make };
