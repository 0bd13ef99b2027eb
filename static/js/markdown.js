// Shows Markdown as the page will, below the field it is typed in.
//
// Hook: a <textarea data-markdown="address"> and a submit button in the same element, with an
// element [data-shown] for the result; templates/admin/widgets/markdown.html makes all three
// (MarkdownWidget in Python). The address takes a POST with `field`, the name of the textarea,
// and the text under that name, and answers {"html": …} to who accepts JSON. Without this
// script the button opens the same in a new tab. Rows that are added later work as well; the
// number of its row in the name of a button, [data-row], comes with them.
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.(".markdown button");
  if (!button) return;
  event.preventDefault();
  const area = button.parentElement.querySelector("[data-markdown]");
  const shown = button.parentElement.querySelector("[data-shown]");
  const token = button.form.elements.csrfmiddlewaretoken.value;
  try {
    const response = await fetch(area.dataset.markdown, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": token },
      body: new URLSearchParams({ field: "text", text: area.value }),
    });
    if (!response.ok) throw new Error(response.status);
    shown.innerHTML = (await response.json()).html;
    shown.hidden = false;
  } catch {
    button.type = "submit";
    button.form.requestSubmit(button);
  }
});

document.addEventListener("formset:added", () => {
  for (const row of document.querySelectorAll(".markdown [data-row]")) {
    const index = row.closest(".markdown").querySelector("textarea").name.match(/-(\d+)-/)?.[1];
    if (index) row.textContent = Number(index) + 1;
  }
});
