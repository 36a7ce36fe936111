// The tokens of the text, each with its id, under the text on /look. Where a lens looks from one of them, it is chosen here: one
// stop of the Tab key, arrows inside.

import { h } from "./kit/dom.js";
import { shown } from "./kit/format.js";

export function tokenRow(place, chooses, changed) {
  let count = 0;
  const labels = (state) => state.text_labels ?? state.labels ?? (state.vocabulary ? state.ids.map((id) => state.vocabulary[id]) : state.tokens);

  function show(state, token) {
    if (!place || !state.ids) return;
    const names = labels(state);
    count = names.length;
    place.hidden = false;
    place.replaceChildren(...names.map((label, at) => h(chooses ? "button" : "span", { class: "tok", ...(chooses ? { type: "button", role: "radio", "data-token": at } : {}) },
      h("span", {}, written(label)), h("small", {}, String(state.ids[at])))));
    choose(token);
  }

  /** A space before the word is a pale dot, as in the mockups. */
  function written(label) {
    const text = shown(label);
    return text.startsWith("·") && text.length > 1 ? [h("span", { class: "sp" }, "·"), text.slice(1)] : text;
  }

  function choose(token) {
    if (!place || !chooses || !count) return;
    const at = token === undefined || token < 0 ? count - 1 : Math.min(token, count - 1);
    for (const [n, button] of [...place.children].entries()) {
      button.classList.toggle("sel", n === at);
      button.setAttribute("aria-checked", String(n === at));
      button.tabIndex = n === at ? 0 : -1;
    }
  }

  place?.addEventListener("click", (event) => {
    const hit = event.target.closest("[data-token]");
    if (hit) changed(Number(hit.dataset.token));
  });
  place?.addEventListener("keydown", (event) => {
    const at = [...place.children].indexOf(event.target);
    const to = { ArrowLeft: at - 1, ArrowUp: at - 1, ArrowRight: at + 1, ArrowDown: at + 1, Home: 0, End: count - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    const next = Math.min(Math.max(to, 0), count - 1);
    changed(next);
    place.children[next].focus();
  });
  return { show, choose };
}
