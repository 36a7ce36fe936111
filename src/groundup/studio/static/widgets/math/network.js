// A network's forward pass, as foundations/network.py computes it: what every neuron gives at a place of the plane.

/** What a network may read of the place (a, b). The sines have one wave from −1 to 1. */
export const FEATURES = {
  "x1": (a) => a, "x2": (a, b) => b, "x1^2": (a) => a ** 2, "x2^2": (a, b) => b ** 2, "x1*x2": (a, b) => a * b,
  "sin x1": (a) => Math.sin(Math.PI * a), "sin x2": (a, b) => Math.sin(Math.PI * b),
};

export const ACTIVATIONS = { tanh: Math.tanh, relu: (z) => Math.max(0, z), sigmoid: (z) => 1 / (1 + Math.exp(-z)) };

/**
 * `network` is { features, activation, layers: [{ weights: [input][neuron], biases }] }. What is read at (a, b), and what
 * each layer gives, the score last: [[x1, x2], [h1, h2, ...], ..., [score]].
 */
export function everyLayer({ features, activation, layers }, [a, b]) {
  const found = [features.map((name) => FEATURES[name](a, b))];
  layers.forEach((layer, n) => {
    const bend = n < layers.length - 1 ? ACTIVATIONS[activation] : (z) => z;
    found.push(sums(layer, found[n]).map(bend));
  });
  return found;
}

/** What comes together in each neuron of a layer before it is bent. */
export function sums({ weights, biases }, inputs) {
  return biases.map((bias, n) => inputs.reduce((sum, x, m) => sum + x * weights[m][n], bias));
}

/** Of every neuron a map of the plane, row 0 the bottom: [layer][neuron][row][column], what is read first, the score last. */
export function maps(network, extent, size) {
  const [left, right, bottom, top] = extent;
  const found = [network.features.length, ...network.layers.map(({ biases }) => biases.length)].map((count) =>
    Array.from({ length: count }, () => Array.from({ length: size }, () => new Float64Array(size))));
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      const at = /** @type {[number, number]} */ ([left + ((right - left) * column) / (size - 1), bottom + ((top - bottom) * row) / (size - 1)]);
      everyLayer(network, at).forEach((given, layer) => given.forEach((value, n) => { found[layer][n][row][column] = value; }));
    }
  }
  return found;
}

/** How many points are on the wrong side, and the mean surprise in bits. */
export function judged(network, points, labels) {
  let [wrong, bits] = [0, 0];
  points.forEach((point, n) => {
    const score = everyLayer(network, point).at(-1)[0];
    wrong += (score > 0 ? 1 : 0) === labels[n] ? 0 : 1;
    const towards = labels[n] ? -score : score; // −log₂ of the share that the right one got
    bits += (Math.max(towards, 0) + Math.log1p(Math.exp(-Math.abs(towards)))) / Math.LN2;
  });
  return { wrong, of: points.length, bits: points.length ? bits / points.length : null };
}
