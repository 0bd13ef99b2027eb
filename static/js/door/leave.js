// On a device whose door is closed, or that left it by a plain form: wipes the list, sends what
// still waits as soon as it may, and then wipes all of the event.
const site = globalThis.tafelronde;
const { door: slug, base } = document.body.dataset;
const find = (name) => document.querySelector(`[data-${name}]`);

const list = site.state.make(), store = await site.store.open(slug, list.lose);
const show = () => { find("leaving").hidden = !list.waiting().length; };

async function gone() {
  const wiped = !list.memory.length && await store.wipe().catch(() => false);
  find("done").hidden = !wiped;
  return wiped;
}

await store.strip().catch(() => {});
const kept = await store.read();
if (kept) list.load(kept);
show();
if (list.waiting().length || !await gone()) site.sync.start({ base, slug, store, list, told: show, gone });
