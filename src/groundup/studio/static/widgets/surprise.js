// Lesson 0.4: what a forecast costs, in bits, when three days of four are dry.

import { slider } from "../kit/controls.js";
import { fill, h, s } from "../kit/dom.js";
import { axes, text } from "../kit/draw.js";
import { fixed, percent } from "../kit/format.js";
import { linear, path } from "../kit/scale.js";
import { formula, frame } from "../kit/frame.js";
import { handle } from "../kit/handle.js";
import { live } from "../kit/live.js";
import * as math from "./math/surprise.js";

const MOST = 4; // bits, the top of the picture

export default {
  render({ model, el }) {
    const it = live(model, { compute: math.forecaster, draw: () => view.draw() });
    const view = frame(el, model, { name: "The price of a forecast", keys: [[["←", "→"], "move p"]], table, draw, it });
    const svg = s("svg", { class: "plot", role: "group", "aria-label": "Mean surprise for every p" });
    const back = s("g");
    svg.append(back);
    view.picture.append(svg);
    const ps = slider({ label: "p: you say dry with", min: 0.01, max: 0.99, step: 0.01, value: it.settings.p, format: (x) => fixed(x) }, (p) => it.set({ p }));
    ps.node.classList.add("span");
    view.controls.append(ps.node);
    let x;
    const set = (p) => it.set({ p: Math.round(Math.max(0.01, Math.min(0.99, p)) * 100) / 100 });
    const ball = handle(svg, { label: "p, how sure you are that it stays dry", move: (px) => set(x.invert(px)),
      nudge: (across, up, far) => set(it.state.p + (across || up) * (far ? 0.1 : 0.01)), ends: (last) => set(last ? 0.99 : 0.01) });

    function draw(width) {
      const { p, bits, surprises, days, curve } = it.state;
      const beside = width >= 520;
      const right = beside ? width - 210 : width - 8;
      svg.setAttribute("viewBox", `0 0 ${width} ${beside ? 284 : 470}`);
      x = linear([0, 1], [34, right]);
      const y = linear([0, MOST], [240, 30]);
      const [bx, by] = beside ? [width - 150, 30] : [34, 320];
      const long = linear([0, MOST], [0, beside ? 90 : width - 150]);
      fill(back, axes({ x, y, xname: "p", yname: "bits a day, on average", xticks: [0, 0.25, 0.5, 0.75, 1], yticks: [0, 1, 2, 3, 4] }),
        s("path", { class: "ink far", d: `M34 ${y(1)}H${right}` }), text(right, y(1) - 6, "no idea: 1 bit", "cap end halo"),
        s("path", { class: "ink", d: path(curve.filter(([, cost]) => cost <= MOST), x, y) }),
        text(bx, by - 14, "surprise of each day", "cap"),
        surprises.map((cost, n) => s("g", {}, text(bx, by + 20 + 34 * n, days[n] ? "dry" : "wet", "name"),
          s("rect", { class: days[n] ? "solid" : "bar-on", x: bx + 34, y: by + 6 + 34 * n, width: Math.max(1.5, long(Math.min(cost, MOST))), height: 18, rx: 2 }),
          text(bx + 40 + long(Math.min(cost, MOST)), by + 20 + 34 * n, fixed(cost), "val"))));
      ball.show(x(p), y(Math.min(bits, MOST)), p, `p ${fixed(p)}: ${fixed(bits, 3)} bits a day`);
      ps.show(p);
      formula(view.card, {
        title: `${fixed(bits, 3)} bits a day`, head: ["it was", "you gave", "bits"],
        rows: [...days.map((dry, n) => [dry ? "dry" : "wet", percent(dry ? p : 1 - p), fixed(surprises[n])]),
          { sum: ["sum", "", fixed(surprises.reduce((sum, one) => sum + one, 0))] }, ["÷ 4 days", "", "4"], { sum: ["mean", "", fixed(bits, 3)] }],
        after: [h("p", { class: "small soft" }, "Surprise is −log₂ of the share that you gave to what came.")],
      });
    }

    function table() {
      return { caption: "Mean surprise for some p", head: ["p", "bits a day"],
        rows: [...it.state.curve.filter((_, n) => n % 10 === 9), [it.state.p, it.state.bits]].map(([p, bits]) => [fixed(p), fixed(bits, 3)]) };
    }
    return () => { it.stop(); view.close(); };
  },
};
