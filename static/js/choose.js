// Says which tables are chosen, and finds tables while somebody types. The form does without.
for (const list of document.querySelectorAll("[data-choose]")) {
  const twice = list.querySelector("[data-twice]");
  const picks = [...list.querySelectorAll("[data-pick]")];
  const words = picks.map((pick) => pick.querySelector(".done").textContent);

  function tell() {
    const codes = [];
    picks.forEach((pick, place) => {
      const radio = list.querySelector(`[name="${pick.dataset.pick}"]:checked`);
      const done = pick.querySelector(".done");
      done.textContent = radio ? radio.value || done.dataset.none : words[place];
      if (radio?.value) codes.push(radio.value);
    });
    if (!twice) return;
    const code = codes.find((one, place) => codes.indexOf(one) < place);
    twice.textContent = code ? twice.dataset.twice.replace("{code}", code) : "";
  }
  list.addEventListener("change", tell);
  addEventListener("pageshow", tell);
  tell();

  const field = list.querySelector("[data-find]");
  if (!field) continue;
  const found = list.querySelector("[data-found]");
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const groups = [...list.querySelectorAll(".group")];
  const cards = [...list.querySelectorAll(".choice[data-table]")].map((card) => {
    const about = [card.querySelector(".title"), card.querySelector(".note"), card.closest(".group").querySelector("h4")];
    return [card, plain(about.map((part) => part.textContent).join(" "))];
  });
  field.closest(".find").hidden = false;
  const button = list.querySelector("[name=zoeken]");
  if (button) button.hidden = true;
  field.addEventListener("input", () => {
    const asked = plain(field.value).split(/\s+/);
    for (const [card, text] of cards)
      card.hidden = !card.querySelector(":checked") && !asked.every((word) => text.includes(word));
    for (const group of groups) group.hidden = !group.querySelector(".choice:not([hidden])");
    found.textContent = groups.every((group) => group.hidden) ? found.dataset.none : "";
  });
  field.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
}
