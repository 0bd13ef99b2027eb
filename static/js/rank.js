// Tables in somebody's own order. The numbers that the form sends follow the list above the cards.
// They are kept with this page in the history too: a browser that reloads it begins anew otherwise.
const kept = history.state ?? {};
addEventListener("hashchange", () => history.replaceState(kept, ""));
for (const part of document.querySelectorAll("[data-rank]")) {
  const said = part.querySelector("[data-said]"), words = said.dataset;
  const item = part.querySelector("[data-item]").content;
  const counts = [...part.querySelectorAll(".picks [data-count]")];
  // What was said of one round is no longer about the next.
  addEventListener("hashchange", () => { said.textContent = ""; });
  const rounds = [...part.querySelectorAll(".round")];
  // Where one round is in sight at a time, the next one comes first.
  part.querySelector(".chosen a.button")?.addEventListener("click", (event) => {
    const next = rounds[rounds.findLastIndex((one) => one.offsetHeight) + 1];
    if (!next) return;
    event.preventDefault();
    location.hash = next.id;
  });

  rounds.forEach((round, place) => {
    const list = round.querySelector("[data-ranking]");
    const empty = round.querySelector("[data-empty]");
    const selects = [...round.querySelectorAll(".rank select")];
    const number = round.id.replace(/\D/g, "");
    const picks = new Map(), rows = new Map();
    const last = selects.find((one) => one.name.split("_").length === 2);
    // What the page came with: if that changed since, it goes before what was kept.
    const came = selects.map((one) => one.querySelector("[selected]")?.value ?? "").join();
    let order = [];

    const title = (select) => select.labels[0].querySelector(".hidden").textContent.slice(1).trim();
    const titles = new Map(selects.map((select) => [select, title(select)]));
    function say(key, select, place) {
      said.textContent = words[key]
        .replace("{title}", titles.get(select)).replace("{number}", place).replace("{round}", number);
    }

    function show() {
      for (const select of selects) {
        const at = order.indexOf(select) + 1, pick = picks.get(select);
        select.value = at || "";
        pick.classList.toggle("on", at);
        pick.firstChild.textContent = at ? `${at} ×` : words.choose;
        pick.lastChild.textContent = `${at ? words.remove.replace("{number}", at) : words.choose}: ${titles.get(select)}`;
        if (!at) rows.get(select).remove();
      }
      const moved = order.map((select) => rows.get(select));
      moved.forEach((row, at) => { if (list.children[at] !== row) list.insertBefore(row, list.children[at] ?? null); });
      moved.forEach((row, at) => {
        const [up, down] = row.querySelectorAll("button");
        const fixed = order[at] === last;
        up.setAttribute("aria-disabled", fixed || at === 0);
        down.setAttribute("aria-disabled", fixed || at === order.filter((one) => one !== last).length - 1);
      });
      list.hidden = !order.length;
      empty.hidden = order.length > 0;
      counts[place].textContent = words.count.replace("{number}", order.length);
      kept[round.id] = { came, now: selects.map((one) => one.value) };
      history.replaceState(kept, "");
    }

    function move(select, to) {
      const most = order.filter((one) => one !== last).length - 1;
      if (select === last) return say("last", select);
      if (to < 0 || to > most) return say("end", select);
      const at = order.indexOf(select), row = rows.get(select);
      const passed = to < at ? order.slice(to, at) : order.slice(at + 1, to + 1);
      // The others move: what is moved in a page loses the focus, and the finger that drags it.
      row[to < at ? "after" : "before"](...passed.map((one) => rows.get(one)));
      order.splice(at, 1);
      order.splice(to, 0, select);
      show();
      say("stands", select, to + 1);
    }

    function take(select) {
      if (order.length >= select.options.length - 1) return say(select === last ? "enough" : "full", select, order.length);
      order.splice(select !== last && order.includes(last) ? order.length - 1 : order.length, 0, select);
      show();
      say("stands", select, order.indexOf(select) + 1);
    }

    function drop(select) {
      order = order.filter((one) => one !== select);
      show();
      say("gone", select);
    }

    for (const select of selects) {
      const line = select.closest(".rank"), label = select.labels[0];
      const pick = document.createElement("button");
      pick.type = "button";
      pick.className = "pick";
      // What is seen, and what is read out.
      const seen = document.createElement("span");
      seen.setAttribute("aria-hidden", "true");
      pick.append(seen, label.querySelector(".hidden").cloneNode(true));
      if (select.hasAttribute("aria-describedby")) pick.setAttribute("aria-describedby", select.getAttribute("aria-describedby"));
      label.removeAttribute("for");
      // Where a link to an error leads.
      pick.id = select.id;
      select.removeAttribute("id");
      line.hidden = true;
      line.after(pick);
      pick.addEventListener("click", () => {
        const { top } = pick.getBoundingClientRect();
        (order.includes(select) ? drop : take)(select);
        // The list above grew or shrank: what was tapped stays under the finger.
        scrollBy({ top: pick.getBoundingClientRect().top - top, behavior: "instant" });
      });
      picks.set(select, pick);

      const row = item.cloneNode(true).firstElementChild;
      row.querySelector(".name").textContent = titles.get(select);
      row.classList.toggle("last", select === last);
      ["up", "down", "away"].forEach((key, at) => {
        row.querySelectorAll("button")[at].setAttribute("aria-label", words[key].replace("{title}", titles.get(select)));
      });
      row.addEventListener("click", ({ target }) => {
        const by = Number(target.dataset.by), at = order.indexOf(select);
        if (!target.dataset.by) return;
        if (by) return move(select, at + by);
        drop(select);
        const next = order[Math.min(at, order.length - 1)];
        (next ? rows.get(next).querySelector("[data-by='0']") : pick).focus();
      });
      row.addEventListener("keydown", (event) => {
        const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
        if (!by) return;
        event.preventDefault();
        move(select, order.indexOf(select) + by);
      });
      const grip = row.querySelector(".grip");
      grip.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        grip.setPointerCapture(event.pointerId);
        row.classList.add("dragged");
      });
      grip.addEventListener("pointermove", ({ clientY }) => {
        if (!row.classList.contains("dragged")) return;
        const at = order.indexOf(select), tables = order.filter((one) => one !== last);
        const to = tables.findIndex((one, place) => {
          const { top, height } = rows.get(one).getBoundingClientRect();
          return place < at ? clientY <= top + height / 2 : place > at && clientY < top + height / 2;
        });
        const goal = to < 0 ? tables.length - 1 : to > at ? to - 1 : to;
        if (goal !== at && select !== last) move(select, goal);
      });
      for (const end of ["pointerup", "pointercancel"])
        grip.addEventListener(end, () => row.classList.remove("dragged"));
      rows.set(select, row);
    }

    function read() {
      order = selects.filter((one) => Number(one.value)).sort((one, other) => one.value - other.value);
      show();
    }
    addEventListener("pageshow", read);
    const before = kept[round.id];
    if (before?.came === came) selects.forEach((one, at) => { one.value = before.now[at]; });
    read();
  });
}
