// Numbers as people read them: a true minus, no more digits than say something.

export const minus = (said) => String(said).replaceAll("-", "−");

/** So many digits after the point; never −0.00. */
export function fixed(x, digits = 2) {
  if (!Number.isFinite(x)) return said(x);
  const written = x.toFixed(digits);
  return minus(Number(written) === 0 ? written.replace("-", "") : written);
}

/** So many digits that count, without zeros at the end: 0.05, 6.1, 1e−7. */
export function short(x, digits = 4) {
  if (!Number.isFinite(x)) return said(x);
  return minus(String(Number(x.toPrecision(digits))).replace("e+", "e"));
}

/** Small and large numbers with a power of ten: 3.2e−9. */
export function scientific(x, digits = 1) {
  if (!Number.isFinite(x)) return said(x);
  return x === 0 ? "0" : minus(x.toExponential(digits).replace("e+", "e"));
}

/** A power of ten as it stands at an axis: 10⁻⁵. */
export function power(exponent) {
  const raised = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
  return `10${[...String(exponent)].map((sign) => raised[sign]).join("")}`;
}

/** 0.5 as 50%. */
export const percent = (share, digits = 0) => `${fixed(100 * share, digits)}%`;

/** With its sign, to be added to what stands before: + 2, − 0.5. */
export const added = (x, digits = 4) => `${x < 0 ? "−" : "+"} ${short(Math.abs(x), digits)}`;

function said(x) {
  return Number.isNaN(x) ? "no number" : x > 0 ? "∞" : "−∞";
}
