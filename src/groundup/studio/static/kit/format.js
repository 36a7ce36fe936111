// Numbers and times as people read them (a true minus, no more digits than say something), and text of models made safe to
// show. `count`, `clock` and `probability` write as common/formatting.py does.

export const minus = (number) => String(number).replaceAll("-", "−");

/** So many digits after the point; never −0.00. */
export function fixed(x, digits = 2) {
  if (!Number.isFinite(x)) return unbounded(x);
  const written = x.toFixed(digits);
  return minus(Number(written) === 0 ? written.replace("-", "") : written);
}

/** So many digits that count, without zeros at the end: 0.05, 6.1, 1e−7. */
export function short(x, digits = 4) {
  if (!Number.isFinite(x)) return unbounded(x);
  return minus(String(Number(x.toPrecision(digits))).replace("e+", "e"));
}

/** Small and large numbers with a power of ten: 3.2e−9. */
export function scientific(x, digits = 1) {
  if (!Number.isFinite(x)) return unbounded(x);
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

/** The share of one choice: 34% · 3.4% · 0.034% · <0.01%. */
export function probability(share) {
  const value = 100 * share;
  if (value > 0 && value < 0.01) return "<0.01%";
  return value >= 9.95 || value === 0 ? `${value.toFixed(0)}%` : `${value.toPrecision(2)}%`;
}

/** A number that may be missing (JSON has no nan): a dash for it. */
export const number = (value, digits = 2) => (value === null || value === undefined ? "–" : fixed(value, digits));

/** 4,200 · 812 k · 1.21 M @param {number | null} [number] */
export function count(number) {
  if (number === null || number === undefined) return "–";
  for (const [size, letter] of /** @type {[number, string][]} */ ([[1e9, "G"], [1e6, "M"], [1e3, "k"]])) {
    if (number >= 0.9995 * size && number >= 9999.5) return `${Number((number / size).toPrecision(3))} ${letter}`;
  }
  return Math.round(number).toLocaleString("en");
}

/** 0.4 s · 55 s · 4:35 min · 1:02 h */
export function clock(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 100) return `${whole} s`;
  const two = (number) => String(number).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)} min`;
  return `${Math.floor(whole / 3600)}:${two(Math.floor((whole % 3600) / 60))} h`;
}

/** 1:54, as on a clock that counts down. */
export function countdown(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** What a model or a person wrote, safe to show: control characters and marks that reverse the text become �. */
export const printable = (text) => text.replaceAll("\r\n", "\n").replaceAll("\t", " ").replace(/(?!\n)\p{C}/gu, "\uFFFD");

/** A token on a line of its own: spaces and line breaks can be seen. */
export function shown(label, most = 24) {
  const text = printable(label).replaceAll(" ", "·").replaceAll("\n", "⏎") || "∅";
  const letters = [...text];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
}

/** The same, cut to the pixels there are (7.9 a letter at 13 px of Commit Mono). */
export const fit = (label, width, letter = 7.9) => shown(label, Math.max(1, Math.floor(width / letter)));

function unbounded(x) {
  return Number.isNaN(x) ? "no number" : x > 0 ? "∞" : "−∞";
}
