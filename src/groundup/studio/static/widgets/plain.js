// Any experiment, without a widget of its own: its settings as sliders and fields, what it says as text, its numbers as
// a table, its picture.

import { h } from "../kit/dom.js";

const QUICK = 500; // ms: an experiment that takes no longer runs while a slider moves

function render({ model, el }) {
  let began = 0, took = Infinity, waits = 0;
  const fields = Object.entries(model.get("settings")).map(([name, value]) => field(name, value, model.get("whole").includes(name), change));
  const run = h("button", { class: "btn sm push", type: "button", onclick: () => start() }, "Run");
  const said = h("pre", { class: "said", tabindex: "0", "aria-label": "What the experiment shows" });
  const picture = h("img", { alt: "The same as a picture; its numbers are in the text." });
  const drawing = h("div", { class: "drawing scroll", "data-name": "Picture", hidden: true }, picture);
  const wrong = h("p", { class: "went-wrong", role: "alert", hidden: true });
  const busy = h("div", { class: "busy", role: "status" });
  const stop = h("button", { class: "btn sm", type: "button", onclick: () => model.stop() }, "Stop and keep");
  const numbers = h("div", { class: "body scroll", hidden: true });
  const shows = h("button", { class: "link", type: "button", "aria-expanded": "false", onclick: () => table() }, "Show as a table");
  const copied = h("span", { role: "status" });
  const link = h("button", { class: "link", type: "button", onclick: copy }, "Copy link");
  el.replaceChildren(h("section", { class: "widget plain-widget", "aria-label": "Try it" },
    h("header", {}, h("h3", {}, "Try it"), fields.length ? run : null),
    h("div", { class: "body stack" }, fields.length ? h("div", { class: "settings" }, fields.map((one) => one.node)) : null,
      wrong, busy, said, drawing),
    numbers, h("footer", {}, shows, link, copied)));
  el.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input")) { event.preventDefault(); start(); }
  });

  function change() {
    if (took < QUICK) {
      clearTimeout(waits);
      waits = setTimeout(start, 120);
    }
  }
  function start() {
    clearTimeout(waits);
    model.set("settings", Object.fromEntries(fields.map((one) => [one.name, one.value()])));
    model.save_changes();
  }
  const state = () => {
    said.textContent = model.get("text");
    drawing.hidden = !model.get("picture");
    if (model.get("picture")) picture.srcset = `${picture.src = model.get("picture")} 1.75x`;
    if (!numbers.hidden) fill();
  };
  const progress = () => {
    clearInterval(busy.clock);
    if (!model.get("busy")) {
      took = performance.now() - began;
      busy.replaceChildren();
      run.disabled = false;
      return;
    }
    began = performance.now();
    busy.clock = setInterval(() => { // said only of what is not there at once
      run.disabled = true;
      const seconds = Math.round((performance.now() - began) / 1000);
      if (!busy.firstChild) busy.append(h("progress", { "aria-label": "Running" }), h("p", { class: "small soft" }), stop);
      if (model.get("share")) busy.firstChild.value = model.get("share");
      stop.hidden = !model.get("share"); // only what shows how it stands can be stopped
      busy.querySelector("p").textContent = seconds > 1 ? `Running for ${seconds} s.` : "Running.";
    }, 700);
  };
  const failed = () => {
    wrong.hidden = !model.get("wrong");
    wrong.textContent = model.get("wrong");
  };
  model.on("change:state", state);
  model.on("change:busy", progress);
  model.on("change:wrong", failed);

  function table() {
    numbers.hidden = !numbers.hidden;
    shows.setAttribute("aria-expanded", String(!numbers.hidden));
    shows.textContent = numbers.hidden ? "Show as a table" : "Hide the table";
    if (!numbers.hidden) fill();
  }
  function fill() {
    numbers.replaceChildren(h("table", { class: "table" }, h("caption", { class: "sr" }, "Numbers of the experiment"),
      h("tbody", {}, Object.entries(model.get("state")).map(([name, value]) =>
        h("tr", {}, h("th", { scope: "row" }, name.replaceAll("_", " ")), h("td", { class: typeof value === "number" ? "n" : "" }, written(value)))))));
  }
  async function copy() {
    try {
      await navigator.clipboard.writeText(model.link());
      copied.textContent = "Copied.";
    } catch {
      copied.replaceChildren(h("input", { class: "input", readonly: true, value: model.link(), "aria-label": "The link" }));
      copied.firstChild.select();
    }
  }
  return () => clearInterval(busy.clock);
}

let made = 0;

/** One setting: a tick, a line of text, or a number with a slider; a number typed may lie beyond the slider's ends. */
function field(name, first, whole, change) {
  const id = `setting-${made += 1}`;
  const title = name.replaceAll("_", " ");
  if (typeof first === "boolean") {
    const box = h("input", { type: "checkbox", checked: first, onchange: change });
    return { name, value: () => box.checked, node: h("label", { class: "check" }, box, h("span", {}, title)) };
  }
  const input = h("input", { class: "input", id, value: String(first), autocomplete: "off", onchange: change });
  const label = h("label", { for: id }, title);
  if (typeof first === "string") return { name, value: () => input.value, node: h("div", { class: "field wide" }, label, input) };
  const [low, high, step] = reach(first, whole);
  input.inputMode = "decimal";
  const slider = h("input", { type: "range", min: low, max: high, step, value: first, "aria-label": `${title}, slider` });
  slider.addEventListener("input", () => { input.value = slider.value; change(); });
  input.addEventListener("input", () => { slider.value = input.value; });
  return { name, value: () => number(input.value), node: h("div", { class: "field" }, label, h("div", { class: "slider" }, slider, input)) };
}

/** What is typed as a number goes as one; anything else goes as it is, and Python says what is wrong with it. */
const number = (text) => (text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text);

function reach(first, whole) {
  if (whole) return [Math.min(0, first * 2), Math.max(20, first * 2), 1];
  if (first > 0 && first < 1) return [0, 1, 0.01];
  const most = Math.max(2, Math.abs(first) * 2);
  return [-most, most, most / 100];
}

function written(value) {
  if (typeof value === "number") return String(Number(value.toPrecision(6))).replace("-", "−");
  if (Array.isArray(value)) return `${value.length} values: ${JSON.stringify(value.slice(0, 4)).slice(1, -1)}${value.length > 4 ? ", …" : ""}`;
  return typeof value === "object" ? JSON.stringify(value)?.slice(0, 200) : String(value);
}

export default { render };
