// Lesson 0.1: stand on x², step to the right, divide; and which step is the best.

import { choose, slider } from "../kit/controls.js";
import { fill, h as element, s } from "../kit/dom.js";
import { axes, text } from "../kit/draw.js";
import { fixed, power, scientific, short } from "../kit/format.js";
import { linear, logarithmic, path } from "../kit/scale.js";
import { formula, frame } from "../kit/frame.js";
import { handle } from "../kit/handle.js";
import { live } from "../kit/live.js";
import * as math from "./math/slope.js";

function drag({ model, el }) {
  const it = live(model, { compute: math.drag, draw: () => view.draw() });
  const view = frame(el, model, {
    name: "The slope of x²", keys: [[["←", "→"], "move the point chosen"], [["Shift"], "further"]],
    table, draw, it,
  });
  const svg = s("svg", { class: "plot", role: "group", "aria-label": "The curve x² with two points on it that can be moved" });
  const back = s("g");
  svg.append(back);
  view.picture.append(svg);
  const xs = slider({ label: "x, where you stand", min: -6, max: 6, step: 0.05, value: it.settings.x, format: (x) => fixed(x) }, (x) => it.set({ x }));
  const hs = slider({ label: "h, the step", min: 1e-6, max: 3, step: 0.02, log: true, value: it.settings.h }, (h) => it.set({ h }));
  view.controls.append(xs.node, hs.node);

  let scales;
  const set = (x) => it.set({ x: Math.round(Math.max(-6, Math.min(6, x)) * 100) / 100 });
  const step = (h) => it.set({ h: Math.max(0.01, Math.min(3, Math.round(h * 100) / 100)) });
  const here = handle(svg, {
    label: "x, where you stand", move: (x) => set(scales.x.invert(x)),
    nudge: (across, up, far) => set(it.state.x + (across || up) * (far ? 1 : 0.1)), ends: (last) => set(last ? 6 : -6),
  });
  const there = handle(svg, {
    label: "x + h, where the step ends", move: (x) => step(scales.x.invert(x) - it.state.x),
    nudge: (across, up, far) => step(it.state.h + (across || up) * (far ? 0.5 : 0.05)), ends: (last) => step(last ? 3 : 0.01),
  });

  function draw(width) {
    const { x, h, slope, gap, wanted, curve } = it.state;
    const tall = Math.round(Math.min(360, Math.max(250, width * 0.6)));
    svg.setAttribute("viewBox", `0 0 ${width} ${tall + 44}`);
    scales = { x: linear([-6.5, 9.5], [34, width - 8]), y: linear([-4, 50], [tall, 30]) };
    const at = (place) => [scales.x(place), scales.y(place * place)];
    const [[x1, y1], [x2, y2]] = [at(x), at(x + h)];
    const line = (place) => y1 - (slope * (scales.y(0) - scales.y(1)) * (place - x1)) / (scales.x(1) - scales.x(0));
    const tangent = (across) => y1 - (2 * x * (scales.y(0) - scales.y(1)) * (across - x1)) / (scales.x(1) - scales.x(0));
    fill(back,
      axes({ ...scales, xname: "x", yname: "x²", xticks: [-6, -3, 0, 3, 6, 9], yticks: [0, 10, 20, 30, 40, 50] }),
      s("svg", { x: 34, y: 20, width: width - 42, height: tall - 20, viewBox: `34 20 ${width - 42} ${tall - 20}`, "aria-hidden": "true" },
        s("path", { class: "marker", d: `M34 ${line(34)}L${width} ${line(width)}` }),
        s("path", { class: "ink", d: path([...curve, ...[6.5, 7, 7.5].map((one) => [one, one * one])], scales.x, scales.y) }),
        s("path", { class: "ink thin", d: `M34 ${line(34)}L${width} ${line(width)}` }),
        h > 0.05 && s("path", { class: "ink far", d: `M34 ${tangent(34)}L${width} ${tangent(width)}` }),
        Math.abs(x2 - x1) > 12 && s("path", { class: "leg", d: `M${x1} ${y1}H${x2}V${y2}` })),
      Math.abs(x2 - x1) > 28 && text((x1 + x2) / 2, y1 + (slope < 0 ? -8 : 17), `h = ${short(h)}`, "val mid halo"),
    );
    here.show(x1, y1, x, `x is ${fixed(x)}, height ${short(x * x)}`);
    there.node.setAttribute("display", y2 < 16 ? "none" : "inline");
    there.show(x2, y2, x + h, `the step is ${short(h)}; slope ${short(slope)}`);
    xs.show(x);
    hs.show(h);
    formula(view.card, {
      title: `Slope ${short(slope, 5)}`, rows: [
        [`height at ${short(x + h, 7)}`, short((x + h) ** 2, 7)], [`− height at ${short(x)}`, short(x * x, 7)],
        { sum: ["rise", short((x + h) ** 2 - x * x, 5)] }, ["÷ step h", short(h)], { sum: ["slope", short(slope, 5)] },
      ],
      after: [element("p", { class: "small soft" }, gap < 0.05 ? `Wanted: ${short(wanted)}. That is it.` : `Wanted: ${short(wanted)}. You are ${short(gap, 3)} away.`),
        element("p", { class: "small soft" }, h > 0.05 ? `The dotted line only touches the curve at ${short(x)}. Shorten h, and yours turns into it.` : `So short a step hardly leaves the place: the line only touches the curve at ${short(x)}.`)],
    });
  }

  function table() {
    const { x, h, slope } = it.state;
    return { caption: "Two places on the curve", head: ["place", "x", "height x²"], rows: [
      ["where you stand", x, x * x], ["where the step ends", x + h, (x + h) ** 2], ["difference", h, (x + h) ** 2 - x * x],
      ["slope = rise ÷ step", "", slope]] };
  }
  return () => { it.stop(); view.close(); };
}

function steps({ model, el }) {
  const it = live(model, { compute: math.step, draw: () => view.draw() });
  const view = frame(el, model, {
    name: "Which step is best?", keys: [[["←", "→"], "step"]], table, draw, it,
  });
  const sides = choose({ legend: "Step", options: [[false, "One side"], [true, "Both sides"]], value: it.state.both_sides },
    (both_sides) => it.set({ both_sides }));
  view.tools.append(sides.node);
  const svg = s("svg", { class: "plot", tabindex: "0", role: "slider", "aria-label": "Step h", "aria-valuemin": 1, "aria-valuemax": 16 });
  view.picture.append(svg);
  const size = slider({ label: "digits: h = 10⁻ᵈ", min: 1, max: 16, step: 1, value: it.state.digits, ends: ["0.1, long", "10⁻¹⁶, tiny"] },
    (digits) => it.set({ digits }));
  size.node.classList.add("span");
  view.controls.append(size.node);
  svg.addEventListener("keydown", (event) => {
    const to = { ArrowRight: it.state.digits + 1, ArrowUp: it.state.digits + 1, ArrowLeft: it.state.digits - 1, ArrowDown: it.state.digits - 1, Home: 1, End: 16 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    it.set({ digits: Math.max(1, Math.min(16, to)) });
  });
  let x;
  svg.addEventListener("pointerdown", (event) => {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    it.set({ digits: Math.max(1, Math.min(16, Math.round(-Math.log10(x.invert(place.x))))) });
  });

  function draw(width) {
    const { digits, both_sides, slope, error, sizes, h } = it.state;
    const tall = Math.round(Math.min(300, Math.max(230, width * 0.55)));
    svg.setAttribute("viewBox", `0 0 ${width} ${tall + 44}`);
    x = logarithmic([0.2, 5e-17], [46, width - 18]);
    const y = logarithmic([1e-14, 30], [tall, 30]);
    const series = [["one side", it.state.errors_one_side, !both_sides], ["both sides", it.state.errors_both_sides, both_sides]];
    const chosen = both_sides ? it.state.errors_both_sides : it.state.errors_one_side;
    fill(svg,
      axes({ x, y, xname: "step h, shorter and shorter →", yname: "error of the slope" }),
      s("path", { class: "hair", d: `M${x(h)} 24V${tall}`, opacity: 0.35 }),
      s("path", { class: "ink far", d: `M46 ${y(1e-9)}H${width - 18}` }), text(width - 18, y(1e-9) - 6, "1e−9, the goal", "cap end halo"),
      series.map(([, errors, on]) => s("path", { class: on ? "ink" : "ink far", d: path(errors.map((one, n) => [sizes[n], one]), x, y) })),
      series.map(([name, errors, on], n) => (n ? text(x(sizes[4]), y(errors[4]) + 20, name, `${on ? "name" : "cap"} halo mid`) : text(x(sizes[2]) + 8, y(errors[2]) - 8, name, `${on ? "name" : "cap"} halo`))),
      chosen.map((one, n) => s("circle", { class: `spot${n + 1 === digits ? " here" : ""}`, r: n + 1 === digits ? 7 : 4, cx: x(sizes[n]), cy: y(one) })));
    const told = `h is 10 to the minus ${digits}; the slope comes out as ${slope.toFixed(9)}; off by ${scientific(error)}`;
    svg.setAttribute("aria-valuenow", digits);
    svg.setAttribute("aria-valuetext", told);
    size.show(digits);
    sides.show(both_sides);
    const f = (v) => v ** 3;
    const [first, last] = both_sides ? [2 - h, 2 + h] : [2, 2 + h];
    formula(view.card, {
      title: `h = ${power(-digits)}`, rows: [
        ["height further on", fixed(f(last), 12)], [both_sides ? "− height before" : "− height at 2", fixed(f(first), 12)],
        { sum: ["rise", scientific(last * last * last - first * first * first, 6)] }, [both_sides ? "÷ 2h" : "÷ h", scientific(both_sides ? 2 * h : h, 0)],
        { sum: ["slope", fixed(slope, 10)] }, ["− true slope", "12"], { sum: ["error", scientific(error, 2)] },
      ],
      after: [element("p", { class: "small soft" }, finding(digits, chosen))],
    });
  }

  /** On which side of the lowest point it stands. */
  function finding(digits, errors) {
    const best = errors.indexOf(Math.min(...errors)) + 1;
    if (digits === best) return "The lowest point: shorter or longer, both are worse.";
    return digits < best ? "The step is long: the curve bends away on the way. A shorter one is better." : "The step is so short that 16 digits cannot hold the rise. A longer one is better.";
  }
  function table() {
    return {
    caption: "Error of the slope for each step", head: ["h", "one side", "both sides"],
    rows: it.state.sizes.map((size, n) => [power(-(n + 1)), scientific(it.state.errors_one_side[n], 2), scientific(it.state.errors_both_sides[n], 2)]), };
  }
  return () => { it.stop(); view.close(); };
}

export default { render: (given) => ("digits" in given.model.get("settings") ? steps : drag)(given) };
