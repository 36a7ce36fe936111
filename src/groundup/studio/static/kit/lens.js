// What the widgets share that show a lens: text of models made safe to show, a few measures, and a drawing that can be
// walked through with keys. Text of models and people goes through `printable`, and only into text nodes.

import { h } from "./dom.js";
import { frame } from "./frame.js";
import { clamp } from "./scale.js";

const RUNGS = { "char-rnn": 1, "word-gru": 2, "lstm-attention": 3, transformer: 4, gpt: 5 };

/** The class of a model's colour: "m5"; that of no model of the five is ink. */
export const colourOf = (kind) => (RUNGS[kind] ? `m${RUNGS[kind]}` : "m0");

/** For tables: a number as it is, a dash where there is none. */
export const or = (value) => value ?? "–";

/** One of ten steps of heat for a share of the most: "h0" to "h9". */
export const heat = (value, most = 1) => `h${clamp(Math.round((9 * value) / (most || 1)), 0, 9)}`;

const CSS = `@layer pages {
  .widget .picture { position: relative; }
  .widget .drawn { display: block; border-radius: var(--r1); }
  .widget .near {
    position: absolute; z-index: 1; max-width: 16rem; padding: 0.2rem 0.5rem; background: var(--ink); color: var(--paper); border-radius: var(--r1);
    font: 400 0.8125rem/1.4 var(--mono); overflow-wrap: anywhere; pointer-events: none;
  }
  .widget .drawn:focus-visible { outline-offset: 4px; }
  .widget .told { font: 400 var(--t2)/1.5 var(--serif); max-width: 46rem; margin-top: var(--s3); }
  .widget .told + * { margin-top: var(--s3); }
  .widget [data-at] { cursor: pointer; }
  .widget.m0 { --m: var(--ink-2); --on-m: var(--paper); }
  .widget .controls .segmented { justify-self: start; }
  .widget .controls .said-line { max-width: 26rem; }
  .widget .more summary { cursor: pointer; min-height: 2rem; font-weight: 500; font-size: var(--t0); }
  .widget .more > * + * { margin-top: var(--s3); }
  .widget .frame-on { fill: none; stroke: var(--ink); stroke-width: 2; pointer-events: none; }
  .widget .frame-halo { fill: none; stroke: var(--mark); stroke-width: 6; pointer-events: none; }
  .widget .spot { fill: var(--mark); stroke: var(--on-mark); stroke-width: 1.5; }
  .widget.waits { display: none; }
  .widget .link-line { fill: none; stroke: var(--m); stroke-linecap: round; }
  .widget .line-ink { fill: none; stroke: var(--ink-2); stroke-width: 2; stroke-linejoin: round; }
  .widget .zero { stroke: var(--edge); stroke-width: 1; }
  .widget .lang { padding: 0.3rem 0.6rem; font: 400 0.8125rem/1.4 var(--mono); background: var(--h); color: var(--ht); white-space: nowrap; text-align: right; cursor: pointer; }
  .widget .lang small { display: inline-block; min-width: 4.2rem; color: inherit; text-align: right; }
  .widget .lang.blind { background: var(--sunk); color: var(--ink-3); }
  .widget .lang.on { outline: 2px solid var(--ink); outline-offset: -2px; box-shadow: 0 0 0 3px var(--mark); }
  .widget .was { fill: none; stroke: var(--ink-2); stroke-width: 1.25; }
  .widget .under { stroke: currentColor; stroke-width: 2; }
  .widget .toks { display: flex; flex-wrap: wrap; gap: var(--s2) 2px; font-family: var(--mono); font-size: 0.9375rem; }
  .widget .tok.half { border-style: dashed; }
  .widget .tok.unk > span { text-decoration: line-through; color: var(--ink-3); }
  .widget .tok.new { background: var(--mark); color: var(--on-mark); border-color: var(--on-mark); }
}`;

function dress(el) {
  const root = el.getRootNode(); // marimo draws inside a shadow root
  if (!root.adoptedStyleSheets || root.groundupLenses) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  root.groundupLenses = true;
}

/**
 * A widget of a lens: the frame, with a drawing that is one stop of the Tab key.
 *
 * name: of the header, or a function of the context · keys: [[["←", "→"], "token"], ...] · start: settings it begins with
 * draw(context): { picture, label, told, tools, controls, scale }: an element; its finding in a sentence, for those who do not see it; the
 *   sentence (string or nodes) on what is chosen; elements for header and controls, made again only when `controlsKey` changes
 * table(context): { caption, head, rows } · press(key, context): true if the key meant something · pick(place, context): [data-at] was chosen
 * hint(place, context): the number behind [data-at], shown beside the pointer; by keyboard `told` says the same of the chosen one
 * context: { state, settings, width, put(changes), look(changes), see }: `put` saves settings, `look` only draws; `see`, if the page has it, goes on to
 *   what follows from this widget. Nothing is drawn before there is a state. Returns what an anywidget's `render` returns: a function that cleans up.
 * @param {HTMLElement} el
 * @param {any} model
 * @param {{ name: any, keys?: any[], start?: any, draw: any, table: any, press?: any, pick?: any, hint?: any }} options
 */
export function lens(el, model, { name, keys = [], start = {}, draw, table, press, pick, hint }) {
  dress(el);
  const drawn = h("div", { class: "drawn", tabindex: "0", role: "group" });
  const told = h("p", { class: "told" });
  const titled = typeof name === "function" ? "A look inside" : name;
  let width = 0;
  let made = null;

  const looks = {}; // where one looks, if the host is not to know
  const context = () => ({ state: model.get("state"), settings: { ...start, ...model.get("settings"), ...looks }, width, put, look, see: model.get("see") });
  function look(changes) {
    Object.assign(looks, changes);
    view.draw();
  }
  function put(changes) {
    model.set("settings", { ...model.get("settings"), ...changes });
    model.save_changes();
  }
  const view = frame(el, model, { name: titled, keys, one: true, draw: redraw, table: () => table(context()), scale: h("span") });
  const near = h("div", { class: "near", "aria-hidden": "true", hidden: true });
  const scale = view.node.querySelector("footer .push");
  view.picture.append(drawn, near);
  view.card.append(told);
  view.card.className = "";

  function redraw(now) {
    width = now;
    const seen = context();
    const empty = !seen.state || !Object.keys(seen.state).length;
    view.node.classList.toggle("waits", empty);
    if (empty) return;
    near.hidden = true; // what it spoke of may have moved
    view.node.classList.remove("m0", "m1", "m2", "m3", "m4", "m5");
    view.node.classList.add(colourOf(seen.state.kind));
    if (typeof name === "function") {
      view.node.querySelector("header h3").textContent = name(seen);
      view.node.setAttribute("aria-label", name(seen));
    }
    const picture = draw(seen);
    drawn.replaceChildren(picture.picture);
    drawn.setAttribute("aria-label", picture.label);
    told.replaceChildren(...[picture.told ?? ""].flat(3));
    scale?.replaceChildren(...[picture.scale ?? ""].flat(2));
    // Controls are left alone while they say the same: one that is being used must not vanish.
    const wanted = picture.controlsKey ?? "once";
    if (made !== wanted) {
      made = wanted;
      view.tools.replaceChildren(...[picture.tools?.() ?? []].flat(2));
      view.controls.replaceChildren(...[picture.controls?.() ?? []].flat(2));
    }
  }

  drawn.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== drawn) return;
    if (press?.(event.key, context())) event.preventDefault();
  });
  drawn.addEventListener("click", (event) => {
    const hit = event.target.closest("[data-at]");
    if (hit) pick?.(hit.dataset.at, context());
  });
  drawn.addEventListener("pointermove", (event) => {
    const hit = event.pointerType === "touch" ? null : event.target.closest("[data-at]");
    const words = hit && hint?.(hit.dataset.at, context());
    near.hidden = !words;
    if (!words) return;
    near.textContent = words;
    const box = view.picture.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    near.style.left = `${clamp(x + 12, 0, Math.max(0, box.width - near.offsetWidth))}px`;
    near.style.top = `${y > near.offsetHeight + 16 ? y - near.offsetHeight - 10 : y + 20}px`;
  });
  drawn.addEventListener("pointerleave", () => { near.hidden = true; });
  const events = ["change:state", "change:settings", "change:wrong"];
  for (const event of events) model.on(event, view.draw);
  view.draw();
  return () => {
    for (const event of events) model.off?.(event, view.draw);
    view.close();
  };
}

/** A place moved by arrow keys: `walk("ArrowLeft", at, { across: 9 })` gives the new place, or null. */
export function walk(key, at, { across = 1, rows = 1 }) {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
  const [x, y] = at;
  if (way) return [clamp(x + way[0], 0, across - 1), clamp(y + way[1], 0, rows - 1)];
  if (key === "Home") return [0, y];
  if (key === "End") return [across - 1, y];
  return null;
}
