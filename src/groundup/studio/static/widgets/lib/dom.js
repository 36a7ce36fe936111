// Elements made by name. Whatever is text stays text: nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element: `h("p", { class: "small" }, "text", child)`. `onclick: f` listens. */
export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** An SVG element, likewise. */
export function s(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...those(children));
  return node;
}

/** Instead of what was in it. Lists are laid flat; what is false or missing is left out. */
export function fill(node, ...children) {
  node.replaceChildren(...those(children));
}

const those = (children) => children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);

/** A name for ids, and for groups of radio buttons. A notebook holds this file once for each widget, all in one document. */
let named = 0;
const ours = Math.random().toString(36).slice(2, 8);
export const unlike = () => `g${ours}${(named += 1)}`;

/** Text in a picture, at (x, y). */
export function text(x, y, said, cls = "cap") {
  return s("text", { x, y, class: cls }, String(said));
}
