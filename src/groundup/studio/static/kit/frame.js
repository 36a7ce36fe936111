// What every widget has: a header with its name, a picture beside a card of numbers, and a footer with the keys,
// the same as a table, and a link to just this.

import { fill, h } from "./dom.js";
import { short } from "./format.js";

/**
 * `draw(width)` fills the picture at its true width in pixels; `table()` gives { caption, head, rows }; `it` is what live() gave.
 * Returns its parts (`tools`, `picture`, `controls`, `card`, `note`) and `draw()`, `card…` helpers and `close()`.
 * @param {HTMLElement} el
 * @param {any} model
 * @param {{ name: string, keys?: any[], table?: () => any, draw: (width: number) => void, scale?: any, one?: boolean, it?: any, reset?: () => void }} options
 * @returns {any}
 */
export function frame(el, model, { name, keys = [], table, draw, scale, one = false, it = STILL, reset = it.reset }) {
  loadStyles();
  const view = {
    tools: h("div", { class: "row push" }),
    picture: h("div", { class: "picture" }),
    controls: h("div", { class: "controls" }),
    card: h("div", { class: "formula", "aria-live": "polite" }),
    wrong: h("p", { class: "wrong small", role: "alert", hidden: true }),
    busy: h("div", { class: "busy" }),
  };
  const seen = h("div", { class: one ? "body" : "body two" },
    h("div", { class: "stack" }, view.picture, view.controls, view.busy, view.wrong), one ? null : view.card);
  if (one) seen.firstChild.append(view.card);
  const listed = h("div", { class: "body listed scroll", tabindex: "0", role: "region", "aria-label": `${name}, as a table`, hidden: true });
  const shows = h("button", { class: "link", type: "button", "aria-expanded": "false", onclick: () => turn() }, "Show as a table");
  const copied = h("span", { role: "status" });
  const over = h("button", { class: "link", type: "button", hidden: true, onclick: () => { reset(); shows.focus(); } }, "Start over");
  const twins = [...document.querySelectorAll("section.widget")].filter((other) => !el.contains(other) && other.getAttribute("aria-label") === name);
  const node = h("section", { class: "widget ui", "aria-label": twins.length ? `${name}, once more` : name },
    h("header", {}, h("h3", {}, name), view.tools), seen, listed,
    h("footer", {},
      keys.length > 0 && h("span", {}, keys.map(([signs, said]) => [...signs.map((sign) => [h("kbd", {}, sign), " "]), `${said} `])),
      table && shows, table && h("kbd", { class: "wide-only", title: "T shows the table" }, "T"),
      inStudio() && h("button", { class: "link", type: "button", onclick: () => copy() }, "Copy link"), over, copied,
      scale && h("span", { class: "push row" }, scale)));
  el.classList.add("groundup-widget");
  el.replaceChildren(node);

  function turn(on = listed.hidden) {
    listed.hidden = !on;
    shows.setAttribute("aria-expanded", String(on));
    shows.textContent = on ? "Hide the table" : "Show as a table";
    if (on) list();
  }
  function list() {
    const { caption, head, rows } = table();
    listed.replaceChildren(h("table", { class: "table" }, h("caption", { class: "sr" }, caption),
      h("thead", {}, h("tr", {}, head.map((said) => h("th", { scope: "col" }, said)))),
      h("tbody", {}, rows.map(([first, ...rest]) => h("tr", {}, h("th", { scope: "row" }, written(first)),
        rest.map((one) => h("td", { class: typeof one === "number" ? "n" : undefined }, written(one))))))));
  }
  async function copy() {
    it.flush();
    await new Promise((ready) => setTimeout(ready)); // the page puts the settings into its link
    const link = model.link?.() ?? location.href;
    try {
      await navigator.clipboard.writeText(link);
      copied.textContent = "Copied.";
    } catch { // the browser does not allow it: then to copy by hand
      const input = h("input", { class: "input", readonly: true, value: link, "aria-label": "The link" });
      copied.replaceChildren(input);
      input.select();
    }
  }
  node.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input:not([type=range],[type=radio],[type=checkbox]), textarea, select");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (table && !typing && event.key.toLowerCase() === "t") turn();
    // A notebook's own single keys (J, K, arrows, Enter, D D) would move or delete cells. Tab and Escape lead out of the widget.
    if (!inStudio() && event.key !== "Tab" && event.key !== "Escape") event.stopPropagation();
  });

  let width = 0;
  view.draw = () => {
    if (width === 0) width = Math.floor(view.picture.clientWidth);
    if (width > 0) draw(width);
    if (table && !listed.hidden) list();
    over.hidden = !it.changed();
    const wrong = model.get("wrong");
    view.wrong.hidden = !wrong;
    view.wrong.textContent = wrong ?? "";
  };
  const sized = new ResizeObserver(() => {
    const now = Math.floor(view.picture.clientWidth);
    if (now === width || now === 0) return;
    width = now;
    view.draw();
  });
  sized.observe(view.picture);
  addEventListener("themechange", view.draw);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", view.draw);
  const hosts = new MutationObserver(view.draw); // JupyterLab and marimo say their theme on the body; a canvas holds the old colours
  if (!inStudio()) hosts.observe(document.body, { attributeFilter: ["class", "data-jp-theme-light"] });
  view.node = node;
  view.close = () => {
    sized.disconnect();
    removeEventListener("themechange", view.draw);
    dark.removeEventListener("change", view.draw);
    hosts.disconnect();
    node.remove();
  };
  return view;
}

/** The rules of widgets, loaded once. In a notebook, where this file is part of a larger one, they have come already. */
function loadStyles() {
  if (!import.meta.url.endsWith("/kit/frame.js")) return;
  const href = new URL("../pages/widgets.css", import.meta.url).href;
  if ([...document.querySelectorAll("link[rel=stylesheet]")].some((link) => link.href === href)) return;
  document.head.append(h("link", { rel: "stylesheet", href }));
}

/** While something trains: said in words, with a bar. Without a `share` the bar is honest about not knowing how long. */
export function busy(view, said, share) {
  if (said === view.busy.said) return;
  view.busy.said = said;
  fill(view.busy, said && [h("p", { class: "small" }, said), h("progress", { "aria-label": "Training", max: 1, value: share })]);
}

/** Where something stands that trains, and how long it still takes, if the page knows. */
export function going(model, step, steps) {
  const left = model.get("left");
  return `Step ${step} of ${steps}${typeof left === "number" ? `, about ${Math.max(1, Math.round(left))} s left` : ""}.`;
}

/**
 * The card: a title, a small sum, and a remark. `rows` are [name, ...cells], a row `{ sum: [...] }` stands under a line.
 * @param {HTMLElement} card
 * @param {{ title: any, head?: any[], rows?: any[], after?: any }} content
 */
export function formula(card, { title, head, rows = [], after = [] }) {
  const wide = Math.max(...rows.map((row) => row.length), 2);
  const row = ([name, ...cells], cls) => h("tr", { class: cls }, name === "" ? h("td") : h("th", { scope: "row" }, name),
    Array.from({ length: wide - 1 - cells.length }, () => h("td")), cells.map((one) => h("td", {}, one)));
  fill(card, h("p", { class: "t" }, title),
    rows.length > 0 && h("table", {}, head && h("thead", {}, h("tr", {}, head.map((said, n) =>
      h("th", { scope: "col" }, n || said ? said : h("span", { class: "sr" }, "part"))))),
      h("tbody", {}, rows.map((one) => (one.sum ? row(one.sum, "sum") : row(one))))), after);
}

const STILL = { flush() {}, reset() {}, changed: () => false }; // for what has a keeper of its own
const written = (value) => (typeof value === "number" ? short(value, 6) : value);
const inStudio = () => document.querySelector("meta[name=nonce]") !== null;
