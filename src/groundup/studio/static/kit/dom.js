// Elements, made by their names. Text stays text: nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {any} Child a node, text, a number, or a list of these; null, undefined and false are left out */

/**
 * An HTML element: `h("p", { class: "small" }, "text", child)`. `onclick: f` adds a listener.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...Child} children
 * @returns {any}
 */
export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/**
 * An SVG element, likewise.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...Child} children
 * @returns {any}
 */
export function s(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...present(children));
  return node;
}

/**
 * Replace the content of `node`.
 * @param {Element} node
 * @param {...Child} children
 */
export function fill(node, ...children) {
  node.replaceChildren(...present(children));
}

const present = (children) => children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);

/** A new id, also for a group of radio buttons. A notebook holds this file once for each widget, all in one document. */
export const uniqueId = () => `g${PREFIX}${(ids += 1)}`;
const PREFIX = Math.random().toString(36).slice(2, 8);
let ids = 0;
