// A lens without a widget of its own: the picture that its `plot` draws, and its numbers as a table. State: lenses/registry.py, `Lens.see`.

import { h } from "../kit/dom.js";
import { printable, shown } from "../kit/format.js";
import { lens } from "../kit/lens.js";

/** Whether the page stands on a dark ground: its ink is light then. */
const dark = (el) => getComputedStyle(el).color.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) > 380;
const address = (svg) => `data:image/svg+xml,${encodeURIComponent(svg)}`;
const words = (cell) => (typeof cell === "string" ? printable(cell) : cell ?? "–");

export default {
  render({ model, el }) {
    const image = h("img", { alt: "" });
    const draw = ({ state }) => {
      image.src = address(state.figure[dark(el) ? "dark" : "light"]);
      image.style.maxWidth = "100%";
      return { picture: image, label: `The picture of the lens ${state.lens.replaceAll("_", " ")}; its numbers are in the table.` };
    };
    const themes = new MutationObserver(() => { if (model.get("state")?.figure) draw({ state: model.get("state") }); });
    themes.observe(document.documentElement, { attributes: true });
    const table = ({ state }) => ({ caption: "Every number of one dimension.", head: state.table.head, rows: state.table.rows.map(([label, ...row]) => [state.ids ? shown(label) : printable(label), ...row.map(words)]) });
    const close = lens(el, model, { name: ({ state }) => (state ? state.lens.replaceAll("_", " ") : ""), draw, table });
    return () => { themes.disconnect(); close(); };
  },
};
