// On a device whose door is closed, or that left it by a plain form: wipes the list, sends what
// still waits as soon as it may, and then wipes all of the event.
const site = globalThis.tafelronde;
const { door: slug, base } = document.body.dataset;
const find = (name) => document.querySelector(`[data-${name}]`);

const list = site.state.make(), store = await site.store.open(slug, list.lose);
let wiped = false;
const show = () => { find("leaving").hidden = wiped || !list.waiting().length; };

async function gone() {
  const lost = list.late && list.waiting().length > 0;
  wiped = (lost || !list.memory.length) && await store.wipe(lost).catch(() => false);
  find("done").hidden = !wiped || lost;
  find("too-late").hidden = !wiped || !lost;
  return wiped;
}

await store.strip().catch(() => {});
const kept = await store.read();
if (kept) list.load(kept);
show();
if (list.waiting().length || !await gone()) site.sync.start({ base, slug, store, list, told: show, gone });
