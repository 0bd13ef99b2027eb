// A button that prints. Without it the browser's own keys do, as the page says.
const print = document.querySelector("[data-print]");
print.hidden = false;
print.addEventListener("click", () => window.print());
