// Formulas: TeX in <span class="math inline"> and <div class="math block">, set by KaTeX. Without the vendor folder, and
// where KaTeX cannot read a formula, the TeX source stays on the page.

import { h } from "./kit/dom.js";

const VENDOR = "/static/vendor/katex.js";

/** @type {Promise<any> | undefined} */
let loading;

/** KaTeX and its style sheet, loaded once, when the first formula appears. */
function katex() {
  loading ??= import(VENDOR).then(({ default: library }) => {
    document.head.append(h("link", { rel: "stylesheet", href: "/static/vendor/katex.css" }));
    return library;
  });
  return loading;
}

/** Render every formula below `root`; a formula that is rendered already has no TeX of its own and is left alone. */
export async function renderMath(root) {
  const formulas = [...root.querySelectorAll(".math.inline, .math.block")].filter((place) => place.childElementCount === 0);
  if (!formulas.length) return;
  let library;
  try { library = await katex(); } catch { return; }
  for (const place of formulas) {
    const source = place.textContent;
    try {
      library.render(source, place, { displayMode: place.matches(".block"), throwOnError: true });
    } catch {
      place.textContent = source;
    }
  }
}
