// Where a neuron's number comes from: each input times its weight, their sum, and the bend. Weights can be typed over.

import { fill, h } from "../../kit/dom.js";
import { fixed, short } from "../../kit/format.js";
import { everyLayer, sums } from "../math/network.js";
import { called } from "./net.js";

/** `set(layer, input, neuron, weight)` with input −1 for the bias; `card` is the widget's. */
export function neuronCard(card, set) {
  let built = "";
  let parts = null;

  function build(settings, network, [layer, n]) {
    const before = network.layers[layer - 1].weights.length;
    const edit = (m, name) => {
      const input = h("input", { class: "input weight", type: "number", step: "0.1", min: "-99", max: "99", "aria-label": name,
        oninput: () => { if (input.value !== "" && input.checkValidity()) set(layer, m, n, Number(input.value)); } });
      return input;
    };
    const rows = Array.from({ length: before }, (_, m) => {
      const name = called(settings, layer - 1, m);
      return { tr: null, name, value: h("td", {}), weight: edit(m, `Weight of ${name} into ${called(settings, layer, n)}`), product: h("td", {}) };
    });
    for (const row of rows) row.tr = h("tr", {}, h("th", { scope: "row" }, row.name), row.value, h("td", {}, row.weight), row.product);
    parts = {
      title: h("p", { class: "t" }), rows, bias: edit(-1, `Bias of ${called(settings, layer, n)}`), sum: h("td", {}), bend: h("th", { scope: "row" }), value: h("td", {}),
      last: h("tr", { class: "sum" }), finding: h("p", { class: "small soft" }),
    };
    fill(parts.last, parts.bend, h("td"), h("td"), parts.value);
    fill(card, parts.title, h("table", {}, h("thead", {}, h("tr", {}, ["input", "value", "weight", "product"].map((one) => h("th", { scope: "col" }, one)))),
      h("tbody", {}, rows.map(({ tr }) => tr), h("tr", {}, h("th", { scope: "row" }, "bias"), h("td"), h("td"), h("td", {}, parts.bias)),
        h("tr", { class: "sum" }, h("th", { scope: "row" }, "sum"), h("td"), h("td"), parts.sum), parts.last)), parts.finding);
  }

  /** The neuron `at` [layer, n] at the `place`; `from` is the input that is pointed at. */
  return ({ settings, network, at, place, from, finding }) => {
    const [layer, n] = at;
    const key = JSON.stringify([settings.features, settings.layers, at]);
    if (key !== built) { build(settings, network, at); built = key; }
    const given = everyLayer(network, place);
    const here = network.layers[layer - 1];
    const score = layer === network.layers.length;
    const value = given[layer][n];
    const where = `at (${place.map((one) => fixed(one)).join(", ")}`;
    parts.title.textContent = score ? `Score ${fixed(value)} ${where}): it says ${value > 0 ? "yes" : "no"}` : `${called(settings, layer, n).replace(/^n/, "N")} gives ${fixed(value)} ${where})`;
    parts.rows.forEach((row, m) => {
      row.value.textContent = fixed(given[layer - 1][m]);
      row.product.textContent = fixed(given[layer - 1][m] * here.weights[m][n]);
      row.tr.className = m === from ? "pointed" : "";
      shown(row.weight, here.weights[m][n]);
    });
    shown(parts.bias, here.biases[n]);
    const sum = sums(here, given[layer - 1])[n];
    parts.sum.textContent = fixed(sum);
    parts.last.hidden = score;
    parts.bend.textContent = `${settings.activation} of it`;
    parts.value.textContent = fixed(value);
    parts.finding.textContent = finding;
  };
}

function shown(input, value) {
  if (document.activeElement !== input) input.value = Number(value.toFixed(2));
}

export const weightTable = (settings, network) => ({
  caption: "Every weight and bias", head: ["into", "from", "weight"],
  rows: network.layers.flatMap(({ weights, biases }, l) => biases.flatMap((bias, n) => [
    ...weights.map((row, m) => [called(settings, l + 1, n), called(settings, l, m), short(row[n])]), [called(settings, l + 1, n), "bias", short(bias)]])),
});
