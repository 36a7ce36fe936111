// Lesson 3.2: the longer the vectors, the wider their scores, and the surer the softmax.

import { number, slider } from "../kit/controls.js";
import { fill, h, s } from "../kit/dom.js";
import { axes, text } from "../kit/draw.js";
import { fixed, short } from "../kit/format.js";
import { linear, path } from "../kit/scale.js";
import { busy, formula, frame } from "../kit/frame.js";
import { live } from "../kit/live.js";
import { bell, expected } from "./math/score_spread.js";

export default {
  render({ model, el }) {
    const it = live(model, { draw: () => view.draw() });
    const view = frame(el, model, { name: "How wide are the scores?", table, draw, it });
    const svg = s("svg", { class: "plot", role: "img" });
    view.picture.append(svg);
    const size = slider({ label: "d, numbers in a vector", min: 1, max: 1024, step: Math.log10(2), log: true, value: it.settings.d, format: (x) => String(Math.round(x)), ends: ["1", "1024"] }, (d) => it.set({ d: Math.round(d) }));
    const by = number({ label: "divide the scores by", value: it.settings.divide_by, min: 0.01, max: 1024 }, (divide_by) => it.set({ divide_by }));
    view.controls.append(size.node, by.node);

    function draw(width) {
      const now = expected(it.settings);
      size.show(it.settings.d);
      by.show(it.settings.divide_by);
      busy(view, it.waiting ? "Measured on 20,000 random scores." : "");
      const { rows } = it.state;
      const most = Math.max(3, Math.min(100, 2.6 * Math.max(now, 1)));
      const [x, y] = [linear([-most, most], [12, width - 12]), linear([0, 1.08], [210, 30])];
      const curve = (spread) => Array.from({ length: 241 }, (_, n) => [most * (n / 120 - 1), bell(most * (n / 120 - 1), spread)]);
      svg.setAttribute("viewBox", `0 0 ${width} ${rows ? 262 + 30 + 30 * rows.length : 262}`);
      svg.setAttribute("aria-label", `Expected spread of the scores ${fixed(now)}; wanted 1`);
      const share = linear([0, 1], [120, width - 60]);
      fill(svg, axes({ x, y, xname: "score", yname: "scores, as bells of equal height", yticks: [] }),
        s("path", { class: "area", d: `${path(curve(now), x, y)}L${x(most)} ${y(0)}L${x(-most)} ${y(0)}Z` }),
        s("path", { class: "ink", d: path(curve(now), x, y) }), s("path", { class: "ink far", d: path(curve(1), x, y) }),
        s("path", { class: "hair", d: `M${x(-now)} ${y(0.6)}H${x(now)}` }), text(x(0), y(0.6) - 7, `spread ${fixed(now)}`, "val mid halo"),
        text(width - 12, 44, "dotted: a spread of 1", "cap end"),
        rows && [text(0, 276, "largest of 16 shares, on average (measured)", "cap"), rows.map((row, n) => s("g", {},
          text(0, 302 + 30 * n, `d = ${row.d}`, `val${row.d === it.settings.d ? " b" : ""}`),
          s("rect", { class: row.d === it.settings.d ? "bar-on" : "solid", x: share(0), y: 289 + 30 * n, width: Math.max(1, share(row.largest_share) - share(0)), height: 18, rx: 2 }),
          text(share(row.largest_share) + 6, 302 + 30 * n, fixed(row.largest_share), "val")))]);
      const fresh = !it.waiting && it.state.d === it.settings.d && it.state.divide_by === it.settings.divide_by;
      formula(view.card, {
        title: `Expected spread ${fixed(now)}`,
        rows: [["√d", fixed(Math.sqrt(it.settings.d))], ["÷ what you chose", short(it.settings.divide_by)], { sum: ["expected spread", fixed(now)] },
          ["measured spread", fresh ? fixed(it.state.spread) : "…"], ["largest share", fresh ? fixed(it.state.largest_share) : "…"], ["p (1 − p) of it", fresh ? fixed(it.state.slope, 3) : "…"]],
        after: [h("p", { class: "small soft" }, "Sixteen equal shares would be 0.06 each. p (1 − p) is how much the share moves for a little more score.")],
      });
    }
    function table() {
      return { caption: `Scores divided by ${short(it.settings.divide_by)}`, head: ["d", "expected", "measured", "largest share", "p (1 − p)"],
        rows: (it.state.rows ?? []).map((row) => [String(row.d), fixed(expected({ d: row.d, divide_by: it.settings.divide_by })), row.spread, row.largest_share, row.slope]) };
    }
    return () => { it.stop(); view.close(); };
  },
};
