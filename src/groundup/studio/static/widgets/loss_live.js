// Losses as they fall. Lessons 0.7, 1.2 and 1.3: one that over-fits, watched step by step; or one that trains now. In a notebook: a run.

import { line, slider } from "../kit/controls.js";
import { fill, h, s } from "../kit/dom.js";
import { axes, text } from "../kit/draw.js";
import { fixed } from "../kit/format.js";
import { linear, path } from "../kit/scale.js";
import { between, colours, paint } from "../kit/field.js";
import { busy, formula, frame, going as stands } from "../kit/frame.js";
import { live } from "../kit/live.js";
import { ofRun } from "./loss_live/of_run.js";

/**
 * Lines of loss over steps, with their names at the ends: `lines` are [name, values, class].
 * @param {any} svg
 * @param {number} width
 * @param {{ steps: number[], end: number, lines: any[], most: number, yname: string, level?: any[] }} options
 */
function chart(svg, width, { steps, end, lines, most, yname, level }) {
  const right = width - (width < 420 ? 92 : 130);
  svg.setAttribute("viewBox", `0 0 ${width} 262`);
  const [x, y] = [linear([0, end], [36, right]), linear([0, most], [216, 28])];
  const read = Math.min(svg.at ?? Infinity, steps.length - 1); // the step whose numbers stand beside the lines
  Object.assign(svg, { steps, across: x });
  const at = (values) => values[Math.min(read, values.length - 1)]; // the text held out is measured less often
  const ends = lines.map(([name, values]) => ({ name, value: at(values), y: y(Math.min(at(values), most)) + 4 })).sort((a, b) => a.y - b.y);
  ends.forEach((one, n) => { if (n && one.y - ends[n - 1].y < 30) one.y = ends[n - 1].y + 30; });
  const last = x(steps[read]);
  const drawn = ([, values, cls, curve]) => [s("path", { class: `ink ${cls}`, d: path((curve ?? values.map((one, n) => [steps[n], one])).map(([step, one]) => [step, Math.min(one, most)]), x, y) }),
    values.length < 30 && values.map((one, n) => s("circle", { class: "spot", r: 4, cx: x(steps[n]), cy: y(Math.min(one, most)) }))];
  fill(svg, axes({ x, y, xname: "step", yname }),
    level && [s("path", { class: "ink far", d: `M36 ${y(level[1])}H${right}` }), text(right, y(level[1]) - 6, level[0], "cap end halo")],
    lines.map(drawn),
    s("path", { class: "hair", d: `M${last} 28V216`, opacity: svg.at === null || svg.at === undefined ? 0.3 : 0.8 }),
    svg.at !== null && svg.at !== undefined && text(last, 24, `step ${steps[read]}`, "tick mid halo"),
    ends.map((one) => s("g", {}, text(Math.min(last, right) + 8, one.y - 2, one.name, "cap halo"), text(Math.min(last, right) + 8, one.y + 13, fixed(one.value, most < 2 ? 3 : 2), "val b halo"))));
  svg.setAttribute("aria-label", "Losses, step by step");
  Object.entries({ min: steps[0], max: steps.at(-1), now: steps[read], text: `step ${steps[read]}: ${lines.map(([name, values]) => `${name} ${fixed(at(values), 3)}`).join("; ")}` })
    .forEach(([name, value]) => svg.setAttribute(`aria-value${name}`, value));
}

/** Steps of a chart read one by one: the pointer rests on one, or the arrow keys go from one to the next, until Escape. */
function readable(svg, draw) {
  svg.setAttribute("tabindex", "0");
  svg.setAttribute("role", "slider");
  const look = (at) => { svg.at = at; draw(); };
  svg.addEventListener("pointermove", (event) => {
    if (!svg.steps) return;
    const across = svg.across.invert(new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse()).x);
    look(svg.steps.reduce((best, step, n) => (Math.abs(step - across) < Math.abs(svg.steps[best] - across) ? n : best), 0));
  });
  svg.addEventListener("pointerleave", () => look(null));
  svg.addEventListener("keydown", (event) => {
    if (!svg.steps || !["ArrowLeft", "ArrowRight", "Home", "End", "Escape"].includes(event.key)) return;
    event.preventDefault();
    const last = svg.steps.length - 1;
    const now = Math.min(svg.at ?? last, last);
    look({ ArrowLeft: Math.max(0, now - 1), ArrowRight: Math.min(last, now + 1), Home: 0, End: last, Escape: null }[event.key]);
  });
}

function overFit({ model, el }) {
  const it = live(model, { draw: () => view.draw() });
  const view = frame(el, model, { name: "When to stop?", keys: [[["←", "→"], "10 steps"]], table, draw, it });
  const svg = s("svg", { class: "plot", role: "img" });
  readable(svg, () => view.draw());
  const canvas = h("canvas", { "aria-hidden": "true" });
  const spots = s("svg", { class: "plot", role: "img", "aria-label": "The thirty points, and what the network says of the plane" });
  const plane = h("div", { class: "layers boundary" }, canvas, spots);
  const nets = h("div", { class: "nets" }, h("div", {}, svg), plane);
  view.picture.append(nets);
  const stop = slider({ label: "stopped at step", min: 0, max: 1000, step: 10, value: it.settings.stop_at }, (stop_at) => it.set({ stop_at }));
  view.controls.append(stop.node, h("div", { class: "row" }, [["Go on 10", 10], ["Go on 50", 50], ["Go back 10", -10]].map(([said, by]) =>
    h("button", { class: "btn sm", type: "button", onclick: () => it.set({ stop_at: Math.max(0, Math.min(1000, it.settings.stop_at + by)) }) }, said))));

  function draw(width) {
    stop.show(it.settings.stop_at);
    const { steps, training_losses, validation_losses, end, training, validation, points, map, extent, stop_at } = it.state;
    if (!steps) return;
    nets.classList.toggle("beside", width > 600);
    chart(svg, Math.floor(svg.parentNode.clientWidth), { steps, end, most: 1.65, yname: "loss, in bits",
      lines: [["validation", validation_losses, ""], ["training", training_losses, "thin"]] });
    const side = Math.max(120, Math.floor(plane.clientWidth));
    paint(canvas, colours(view.picture), side, between(map), { middle: 0.5, most: 0.5 });
    const [left, right, bottom, top] = extent;
    const [x, y] = [linear([left, right], [0, side]), linear([bottom, top], [side, 0])];
    spots.setAttribute("viewBox", `0 0 ${side} ${side}`);
    fill(spots, points.x.map((point, n) => s("circle", { class: `spot${points.labels[n] ? "" : " no"}`, r: 5.5, cx: x(point[0]), cy: y(point[1]) })));
    const best = Math.min(...validation_losses);
    formula(view.card, {
      title: `Stopped at step ${stop_at}`, rows: [["validation", fixed(validation, 3)], ["− training", fixed(training, 3)], { sum: ["gap", fixed(validation - training, 3)] },
        ["lowest validation so far", fixed(best, 3)], ["at step", String(steps[validation_losses.indexOf(best)])]],
      after: [h("p", { class: "small soft" }, "What lies ahead is not shown.")],
    });
  }
  function table() {
    const { steps, training_losses, validation_losses } = it.state;
    return { caption: "Losses so far", head: ["step", "training", "validation"], rows: steps.map((step, n) => [String(step), fixed(training_losses[n], 3), fixed(validation_losses[n], 3)]) };
  }
  return () => { it.stop(); view.close(); };
}

function now({ model, el }) {
  const ownText = "file" in model.get("settings");
  const it = live(model, { draw: () => view.draw() });
  let changed = false;
  const view = frame(el, model, { name: ownText ? "A small model reads a text" : "A small model learns letters", table, draw, it, reset: () => { changed = false; it.reset(); } });
  const svg = s("svg", { class: "plot", role: "img" });
  const samples = h("ol", { class: "samples-small" });
  readable(svg, () => view.draw());
  view.picture.append(svg, samples);
  const of = (name, given) => [name, slider({ ...given, value: it.settings[name] }, (value) => { changed = true; it.set({ [name]: Math.round(value) }, { keep: false }); })];
  const controls = (ownText
    ? [of("kilobytes", { label: "kilobytes of text", min: 2, max: 200, step: 0.02, log: true, format: (x) => String(Math.round(x)) }), of("steps", { label: "steps", min: 40, max: 400, step: 20 })]
    : [of("width", { label: "width of the state", min: 1, max: 256, step: 0.02, log: true, format: (x) => String(Math.round(x)) }), of("steps", { label: "steps", min: 20, max: 400, step: 20 })]);
  view.controls.append(...controls.map(([, one]) => one.node));
  if (ownText) {
    const file = line({ label: "A text file of yours, by its path", value: it.settings.file, button: "Take it", help: "Empty: the stories." },
      (said) => { changed = true; it.set({ file: said.trim() }, { keep: false }); });
    view.controls.append(file.node);
    controls.push(["file", file]);
  }
  const train = h("button", { class: "btn", type: "button", onclick: () => { changed = false; it.keep(); } }, "Train");
  const told = h("span", { class: "small soft" });
  const stop = model.stop && h("button", { class: "btn bare", type: "button", hidden: true, onclick: () => model.stop() }, "Stop and keep");
  view.controls.append(h("div", { class: "span row" }, train, stop, told));

  function draw(width) {
    for (const [name, one] of controls) one.show(it.settings[name]);
    const { steps, bits, held_out_bits, luck, curve, end } = it.state;
    const going = it.waiting || model.get("busy");
    if (!going) busy(view, "");
    else if (it.waiting || !model.get("share")) busy(view, `Training ${it.settings.steps} steps on this computer, some seconds.`);
    else busy(view, stands(model, steps.at(-1), end), steps.at(-1) / end);
    train.textContent = going ? "Train again" : "Train";
    if (stop) stop.hidden = !model.get("busy");
    if (!steps) { told.textContent = "Nothing is trained yet."; return; }
    told.textContent = changed && !going ? "What is drawn was trained with the settings before." : "";
    const most = Math.ceil(luck + 0.2);
    chart(svg, width, { steps, end, most, yname: "bits per character", level: ["luck alone", luck],
      lines: [...(held_out_bits?.length ? [["held out", held_out_bits, ""]] : []), [held_out_bits ? "learns from" : "bits", bits, held_out_bits ? "thin" : "", curve]] });
    const written = it.state.samples ?? (it.state.sample ? [it.state.sample] : []);
    const at = it.state.samples ? steps : [steps[held_out_bits.length - 1]];
    fill(samples, written.map((said, n) => h("li", {}, h("span", { class: "tiny faint" }, `step ${at[n]}`), h("span", { class: "said" }, said))));
    const whole = held_out_bits && !held_out_bits.length ? { title: "No gap measured yet", rows: [["text it learns from", fixed(bits.at(-1))], ["luck alone", fixed(luck)]] } : held_out_bits
      ? { title: `A gap of ${fixed(it.state.gap)} bits`, rows: [["held out", fixed(held_out_bits.at(-1))], ["− text it learns from", fixed(bits[held_out_bits.length - 1])], { sum: ["gap", fixed(it.state.gap)] },
        ["characters", it.state.characters.toLocaleString("en")], ["luck alone", fixed(luck)]] }
      : { title: `${fixed(it.state.last_bits)} bits per character`, rows: [["luck alone", fixed(luck)], ["− now", fixed(it.state.last_bits)], { sum: ["learnt", fixed(luck - it.state.last_bits)] },
        ["width", String(it.state.width)], ["weights", it.state.parameters.toLocaleString("en")]] };
    formula(view.card, { ...whole, after: [h("p", { class: "small soft" }, `After ${steps.at(-1)} of ${end} steps.`)] });
  }
  function table() {
    const { steps = [], bits, held_out_bits, samples: written } = it.state;
    return { caption: "Bits per character on the way", head: ["step", "bits", ...(held_out_bits ? ["held out"] : []), ...(written ? ["it writes"] : [])],
      rows: steps.map((step, n) => [String(step), fixed(bits[n]), ...(held_out_bits ? [n < held_out_bits.length ? fixed(held_out_bits[n]) : "–"] : []), ...(written ? [written[n] ?? ""] : [])]) };
  }
  return () => { it.stop(); view.close(); };
}

const form = (model) => ("at" in model.get("settings") ? ofRun : "stop_at" in model.get("settings") ? overFit : now);

export default { render: (given) => form(given.model)(given) };
