// What the learner sets: sliders, one of a few, yes or no, a number, a line of text. Each is a real form control.

import { h, uniqueId as name } from "./dom.js";
import { short } from "./format.js";

/**
 * A slider. `log` walks in powers of ten; `show(value)` sets it, `value` is what it stands for.
 * @param {{ label: string, min: number, max: number, step?: number, value: number, format?: (x: number) => string, log?: boolean, ends?: string[] }} options
 * @param {(value: number) => void} change
 */
export function slider({ label, min, max, step, value, format = short, log = false, ends }, change) {
  const id = name();
  const outer = log ? (x) => Math.log10(x) : (x) => x;
  const inner = log ? (x) => Number((10 ** x).toPrecision(3)) : (x) => Number(x.toFixed(9));
  const input = h("input", {
    type: "range", id, min: outer(min), max: outer(max), step: step ?? "any",
    oninput: () => { said(inner(Number(input.value))); change(inner(Number(input.value))); },
  });
  const output = h("output", { for: id });
  const said = (x) => {
    output.textContent = format(x);
    input.setAttribute("aria-valuetext", format(x));
  };
  const node = h("div", { class: "slider" }, h("label", { class: "label", for: id }, label), output, input,
    ends && h("span", { class: "ends" }, h("span", {}, ends[0]), h("span", {}, ends[1])));
  const show = (x) => {
    if (document.activeElement !== input || Math.abs(inner(Number(input.value)) - x) > 1e-12 * Math.abs(x)) input.value = outer(x);
    said(x);
  };
  show(value);
  return { node, input, show };
}

/** One of a few, side by side: `options` are [value, name]. */
export function choose({ legend, options, value }, change) {
  const group = name();
  const radios = options.map(([one, said]) => {
    const radio = h("input", { type: "radio", name: group, value: String(one), onchange: () => change(one) });
    return [one, radio, h("label", {}, radio, said)];
  });
  const node = h("fieldset", { class: "segmented" }, h("legend", { class: "sr" }, legend), radios.map(([, , label]) => label));
  const show = (chosen) => {
    for (const [one, radio] of radios) radio.checked = one === chosen;
  };
  show(value);
  return { node, show };
}

/** Yes or no. */
export function check({ label, value }, change) {
  const input = h("input", { type: "checkbox", onchange: () => change(input.checked) });
  const node = h("label", { class: "check" }, input, h("span", {}, label));
  const show = (on) => { input.checked = on; };
  show(value);
  return { node, show };
}

/**
 * A number to be typed. Text that is no number changes nothing.
 * @param {{ label: string, value: number, min?: number, max?: number, step?: number | string, hidden?: boolean }} options
 * @param {(value: number) => void} change
 */
export function number({ label, value, min, max, step = "any", hidden = false }, change) {
  const id = name();
  const input = h("input", {
    class: "input", type: "number", id, min, max, step,
    oninput: () => { if (input.value !== "" && input.checkValidity()) change(Number(input.value)); },
  });
  const node = h("div", { class: "field" }, h("label", { class: hidden ? "sr" : "label", for: id }, label), input);
  const show = (x) => { if (document.activeElement !== input) input.value = Number(x.toPrecision(6)); };
  show(value);
  return { node, input, show };
}

/**
 * A line of text, handed over with Enter or its button.
 * @param {{ label: string, value: string, button: string, help?: string }} options
 * @param {(text: string) => void} change
 */
export function line({ label, value, button, help }, change) {
  const id = name();
  const input = h("input", { class: "input", id, autocomplete: "off", spellcheck: "false" });
  const node = h("form", { class: "field said-line", onsubmit: (event) => { event.preventDefault(); change(input.value); } },
    h("label", { for: id }, label), h("span", { class: "row" }, input, h("button", { class: "btn", type: "submit" }, button)),
    help && h("span", { class: "help" }, help));
  const show = (said) => { if (document.activeElement !== input) input.value = said; };
  show(value);
  return { node, input, show };
}

/** One of many, in a list that opens. */
export function select({ label, options, value }, change) {
  const id = name();
  const input = h("select", { class: "select", id, onchange: () => change(input.value) },
    options.map(([one, said]) => h("option", { value: one }, said)));
  const node = h("div", { class: "field" }, h("label", { for: id }, label), h("span", { class: "select-box" }, input));
  const show = (chosen) => { input.value = chosen; };
  show(value);
  return { node, show };
}
