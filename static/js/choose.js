// Says which tables are chosen, and finds tables while somebody types. The form does without.
for (const list of document.querySelectorAll("[data-choose]")) {
  const twice = list.querySelector("[data-twice]");
  const picks = [...list.querySelectorAll("[data-pick]")];

  function tell() {
    const codes = [];
    let again;
    for (const pick of picks) {
      const radio = list.querySelector(`[name=${pick.dataset.pick}]:checked`);
      const done = pick.querySelector(".done"), words = done.dataset;
      const boxes = [...list.querySelectorAll(`[name=${pick.dataset.pick.replace("round", "wish")}]:checked`)];
      const said = radio ? [radio.value || words.none] : [];
      if (boxes.length) said.push(`${words.waits} ${boxes.map((box) => box.value).join(", ")}`);
      pick.classList.toggle("on", said.length > 0);
      done.textContent = said.join(", ") || words.some;
      if (radio?.value && codes.includes(radio.value)) again = radio;
      codes.push(radio?.value);
    }
    if (twice)
      twice.textContent = again ? twice.dataset.twice.replace("{title}", again.labels[0].innerText) : "";
  }
  list.addEventListener("change", tell);
  addEventListener("pageshow", tell);
  tell();

  const field = list.querySelector("[data-find]");
  // A search on the server left out the rest.
  if (!field || field.defaultValue) continue;
  const button = list.querySelector("[name=zoeken]");
  const found = list.querySelector("[data-found]");
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const groups = [...list.querySelectorAll(".group")];
  const cards = [...list.querySelectorAll("[data-table]")].map((card) => [
    card,
    plain([".title", ".note"].map((part) => card.querySelector(part).textContent) + card.closest(".group").querySelector("h4").textContent),
  ]);
  field.closest(".find").hidden = false;
  if (button) button.hidden = true;
  field.addEventListener("input", () => {
    const asked = plain(field.value).split(/\s+/);
    for (const [card, text] of cards)
      card.hidden = !card.querySelector(":checked:not([value=''])") && !asked.every((word) => text.includes(word));
    list.querySelector(".rounds").classList.toggle("found", asked[0]);
    for (const group of groups) group.hidden = !group.querySelector("[data-table]:not([hidden])");
    found.textContent = groups.every((group) => group.hidden) ? found.dataset.none : "";
  });
  field.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
}
