// Numbers and times as common/formatting.py writes them, and text of models made safe to show.

/** 4,200 · 812 k · 1.21 M */
export function count(number) {
  if (number === null || number === undefined) return "–";
  for (const [size, letter] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
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

/** What a model wrote: it can write any character, also those that no page should show. */
export function printable(text) {
  return text.replaceAll("\r\n", "\n").replaceAll("\t", " ").replace(/[^\P{C}\n]/gu, "\uFFFD");
}

/** `make("p", "tiny faint", "words")` */
export function make(name, classes = "", ...children) {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  made.append(...children);
  return made;
}
