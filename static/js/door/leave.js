// On a device whose door is closed: sends what still waits, and then wipes all of the event.
const site = globalThis.tafelronde;
const { door: slug, base } = document.body.dataset;
const find = (name) => document.querySelector(`[data-${name}]`);

const store = await site.store.open(slug), list = site.state.make();
const show = () => { find("leaving").hidden = !list.waiting().length; };

async function gone() {
  await store.wipe();
  find("left").hidden = false;
}

list.load(await store.read());
show();
if (list.waiting().length) site.sync.start({ base, slug, store, list, told: show, gone });
else gone();
