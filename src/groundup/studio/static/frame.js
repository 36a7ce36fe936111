// What every page has: the switch between light and dark, the menu on a phone, the focus timer, the search,
// cards for the words of the field where there is prose, and formulas.
import "./focus.js";
import "./palette.js";

if (document.querySelector(".prose")) import("./glossary.js");
if (document.querySelector(".math")) import("./math.js").then(({ renderMath }) => renderMath(document));

const root = document.documentElement;

document.querySelector(".theme").addEventListener("click", () => {
  const dark = root.dataset.theme === "dark" || (!root.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = dark ? "light" : "dark";
  try { localStorage.setItem("theme", root.dataset.theme); } catch { /* only this page, then */ }
  dispatchEvent(new Event("themechange"));
});

const menu = document.querySelector(".menu");
document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
document.addEventListener("keydown", (event) => { if (event.key === "Escape") menu.open = false; });
