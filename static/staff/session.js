// Warns staff some minutes before they are logged out. Typing counts as being there, and all tabs
// of one browser know of each other. Without this script a page that is sent too late is kept:
// see eventsite/unsaved.py.
//
// Hook: <dialog data-session="seconds left" data-address="what answers {"seconds": …}"> with
// [data-soon], [data-last] and [data-gone], of which one is shown, and [data-at] for the time.
const MINUTE = 60_000;
const box = document.querySelector("dialog[data-session]");
if (box) {
  const lasts = Number(box.dataset.session) * 1000;
  const early = Math.min(5 * MINUTE, lasts / 2), often = Math.min(5 * MINUTE, lasts / 4);
  const tabs = new BroadcastChannel("staff-session");
  let seen, ends, warned;

  const until = (moment) => {
    [seen, ends] = [Date.now(), moment];
    if (ends - seen > early) box.close();
    else warn("last");
  };
  const stay = async () => {
    seen = Date.now();
    try {
      const response = await fetch(box.dataset.address, { headers: { Accept: "application/json" } });
      if (response.redirected || !response.ok) return warn("gone");
      until(Date.now() + (await response.json()).seconds * 1000);
      tabs.postMessage(ends);
    } catch {
      // No network: the next key or tap asks again.
    }
  };
  function warn(which) {
    warned = which;
    for (const part of ["soon", "last", "gone"])
      for (const each of box.querySelectorAll(`[data-${part}]`)) each.hidden = part !== which;
    const time = new Date(ends).toLocaleTimeString(document.documentElement.lang, { timeStyle: "short" });
    for (const each of box.querySelectorAll("[data-at]")) each.textContent = time;
    if (!box.open) box.showModal();
  }

  until(Date.now() + lasts);
  tabs.postMessage(ends);
  tabs.addEventListener("message", ({ data }) => { warned = ""; until(data); });
  box.querySelector("button[data-soon]").addEventListener("click", () => { warned = ""; stay(); });
  for (const doing of ["keydown", "pointerdown"])
    addEventListener(doing, () => {
      if (!box.open && warned !== "gone" && Date.now() - seen > often) stay();
    });
  addEventListener("pageshow", ({ persisted }) => { if (persisted) stay(); });
  setInterval(() => {
    const left = ends - Date.now();
    if (left <= 0 && warned !== "gone") warn("gone");
    else if (left > 0 && left <= early && !warned) warn("soon");
  }, Math.min(5000, early / 4));
}
