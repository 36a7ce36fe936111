// HTML that the studio's own templates made (they escape whatever came from a person), as nodes of this page.
// Nothing else may be given to this: text goes through textContent.

import { renderMath } from "./math.js";

export function fragment(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const nodes = document.createDocumentFragment();
  nodes.append(...[...parsed.body.childNodes].map((node) => document.adoptNode(node)));
  if (nodes.querySelector(".math")) renderMath(nodes);
  return nodes;
}

/** Moves the focus to what is new, so that keys and screen readers go on from there. */
export function turnTo(root) {
  root.querySelector("[data-verdict]")?.focus({ preventScroll: true });
}
