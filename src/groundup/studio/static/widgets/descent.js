// Lesson 0.3: a ball goes down a bowl or a valley, one step at a time.

import { slider } from "../kit/controls.js";
import { fill, h, s } from "../kit/dom.js";
import { axes, text } from "../kit/draw.js";
import { fixed, scientific, short } from "../kit/format.js";
import { linear, logarithmic, path } from "../kit/scale.js";
import { formula, frame } from "../kit/frame.js";
import { live } from "../kit/live.js";
import * as math from "./math/descent.js";

const LEVELS = { bowl: [0.1, 0.5, 1, 2, 3, 4, 6], valley: [0.1, 0.5, 1.5, 4, 10, 20, 35] };

export default {
  render({ model, el }) {
    const heavy = "keep" in model.get("settings");
    const it = live(model, { compute: heavy ? math.valley : math.bowl, draw: () => view.draw() });
    let looked = null; // a step that the pointer rests on
    const step = () => Math.max(0, Math.min(it.state.steps, looked ?? it.view.step ?? 0)); // the one that the card is about
    const view = frame(el, model, {
      name: heavy ? "A ball in a narrow valley" : "A ball in a bowl", keys: [[["←", "→"], "step by step"]], table, draw, it,
    });
    const svg = s("svg", { class: "plot", tabindex: "0", role: "slider", "aria-label": "Step", "aria-valuemin": 0 });
    view.picture.append(svg);
    const rate = slider({ label: "learning rate", min: 0.001, max: 3, step: 0.005, log: true, value: it.settings.learning_rate, ends: ["0.001", "3"] },
      (learning_rate) => it.set({ learning_rate }));
    const keep = heavy && slider({ label: "keep, the momentum", min: 0, max: 0.99, step: 0.01, value: it.settings.keep, format: (x) => fixed(x), ends: ["0, none", "0.99"] },
      (kept) => it.set({ keep: kept }));
    view.controls.append(rate.node, ...(keep ? [keep.node] : []));
    const show = (to) => { looked = null; it.look({ step: Math.max(0, Math.min(it.state.steps, to)) }); };
    svg.addEventListener("keydown", (event) => {
      const to = { ArrowRight: step() + 1, ArrowUp: step() + 1, ArrowLeft: step() - 1, ArrowDown: step() - 1, PageUp: step() + 5, PageDown: step() - 5, Home: 0, End: it.state.steps }[event.key];
      if (to !== undefined) { event.preventDefault(); show(to); }
    });
    /** @type {(place: DOMPoint) => number} */
    let nearest = () => 0;
    for (const name of ["pointerdown", "pointermove"]) svg.addEventListener(name, (event) => {
      const near = nearest(new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse()));
      if (event.buttons) show(near);
      else if (event.pointerType === "mouse" && near !== looked) { looked = near; view.draw(); }
    });
    svg.addEventListener("pointerleave", () => { if (looked !== null) { looked = null; view.draw(); } });

    function draw(width) {
      const { points, heights, steps, surface, diverged } = it.state;
      const chosen = step();
      const side = Math.min(width, 340);
      const beside = width >= 560;
      const [left, top] = beside ? [side + 62, 30] : [46, side + 66];
      const right = width - 8;
      const tall = beside ? side - 36 : 150;
      svg.setAttribute("viewBox", `0 0 ${width} ${beside ? side + 38 : top + tall + 44}`);
      const [x, y] = [linear([-2, 2], [1, side - 1]), linear([-2, 2], [side - 1, 1])];
      const { across, up } = math.SURFACES[surface];
      const inside = points.map((point) => point.map((one) => Math.max(-60, Math.min(60, one))));
      const ball = inside[chosen];
      const [sx, sy] = [linear([0, steps || 1], [left, right]), logarithmic([1e-12, 1e4], [top + tall, top])];
      nearest = (place) => {
        const near = place.x > side && beside ? Math.round(sx.invert(place.x))
          : place.y > side && !beside ? Math.round(sx.invert(place.x))
            : inside.map((point, n) => [Math.hypot(x(point[0]) - place.x, y(point[1]) - place.y), n]).sort((a, b) => a[0] - b[0])[0][1];
        return Math.max(0, Math.min(steps, near));
      };
      fill(svg,
        s("svg", { width: side, height: side, viewBox: `0 0 ${side} ${side}`, "aria-hidden": "true" },
          LEVELS[surface].map((level, n, all) => s("ellipse", { class: "level", "fill-opacity": 0.2 + 0.06 * (all.length - n), cx: x(0), cy: y(0),
            rx: (Math.sqrt(level / across) * (side - 2)) / 4, ry: (Math.sqrt(level / up) * (side - 2)) / 4 })).reverse(),
          s("path", { class: "axis", d: `M0 ${y(0)}H${side}M${x(0)} 0V${side}` }),
          s("path", { class: "ink thin", d: path(inside, x, y) }),
          inside.map((point, n) => s("circle", { class: n ? "spot" : "spot first", r: n ? 3.5 : 5, cx: x(point[0]), cy: y(point[1]) })),
          s("circle", { class: "spot here", r: 8, cx: x(ball[0]), cy: y(ball[1]) }),
          text(x(inside[0][0]) + 10, y(inside[0][1]) - 9, "start", "cap halo"),
          text(side - 6, y(0) - 6, "x", "cap end"), text(x(0) + 7, 14, "y", "cap")),
        s("rect", { class: "soft-line", x: 0.5, y: 0.5, width: side - 1, height: side - 1, rx: 3 }),
        s("g", {}, s("g", { transform: `translate(${beside ? left - 46 : 0} 0)` }, text(0, top - 12, "height", "cap")),
          axes({ x: sx, y: sy, xname: "step", xticks: ticksOf(steps) }),
          s("path", { class: "ink", d: path(heights.map((one, n) => [n, Math.min(one, 1e4)]), sx, sy) }),
          s("path", { class: "hair", d: `M${sx(chosen)} ${top}V${top + tall}`, opacity: 0.4 }),
          s("circle", { class: "spot here", r: 6, cx: sx(chosen), cy: sy(Math.min(heights[chosen], 1e4)) })));
      svg.setAttribute("aria-valuemax", steps);
      svg.setAttribute("aria-valuenow", chosen);
      svg.setAttribute("aria-valuetext", `step ${chosen} of ${steps}: x ${short(points[chosen][0])}, y ${short(points[chosen][1])}, height ${scientific(heights[chosen], 2)}`);
      rate.show(it.settings.learning_rate);
      if (keep) keep.show(it.settings.keep);
      card(diverged, chosen);
    }

    /** What a step leaves of x and of y, which explains the path. */
    function leaves() {
      const { surface, learning_rate, keep: kept } = it.state;
      if (kept) return kept > 0.9 ? "So much speed is kept that it rolls through the lowest place." : "What zigzags cancels in the kept speed; what goes one way adds up.";
      const [x, y] = math.left(math.SURFACES[surface], learning_rate);
      const way = (v) => (Math.abs(v) > 1 ? "grows" : v < 0 ? "changes sides" : v > 0.9 ? "creeps" : "shrinks");
      return x === y ? `Each step leaves ${short(x, 3)} times x and y: it ${way(x)}.` : `Each step leaves ${short(x, 3)} times x, which ${way(x)}, and ${short(y, 3)} times y, which ${way(y)}.`;
    }

    function card(diverged, chosen) {
      const { points, heights, steps, surface, learning_rate, keep: kept, height } = it.state;
      const gradient = math.slopes(math.SURFACES[surface], points[chosen]);
      const next = points[chosen + 1];
      const speed = next && next.map((one, n) => (points[chosen][n] - one) / learning_rate);
      const pair = (row) => row.map((one) => short(one, 3));
      formula(view.card, {
        title: chosen === steps ? `Height ${scientific(height, 2)} after ${steps} steps` : `Step ${chosen + 1}`,
        head: ["", "x", "y"],
        rows: next ? [["here", ...pair(points[chosen])], ["slope", ...pair(gradient)],
          ...(kept ? [["+ kept speed", ...pair(speed.map((one, n) => one - gradient[n]))]] : []),
          ["× − rate", short(-learning_rate, 3), short(-learning_rate, 3)], { sum: ["next", ...pair(next)] }]
          : [["here", ...pair(points[chosen])], ["slope", ...pair(gradient)], { sum: ["height", "", scientific(heights[chosen], 2)] }],
        after: [h("p", { class: "small soft" }, diverged ? `After step ${steps} it left the map for good: the rate is too large.` : `It ends at height ${scientific(height, 2)}.`), h("p", { class: "small soft" }, leaves())],
      });
    }

    function table() {
    return { caption: "Every step", head: ["step", "x", "y", "height"],
      rows: it.state.points.map(([px, py], n) => [String(n), short(px, 5), short(py, 5), scientific(it.state.heights[n], 2)]) };
  }
    return () => { it.stop(); view.close(); };
  },
};

const ticksOf = (steps) => (steps > 20 ? [0, 10, 20, 30, 40] : [0, 5, 10, 15, 20]).filter((one) => one <= steps);
