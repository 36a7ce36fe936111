// The arithmetic of the drawing kit, and what it writes. Where Python does the same, its answers come in a file (see test_node.py).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const kit = new URL("../../../src/groundup/studio/static/kit/", import.meta.url);
const { clamp, exponents, linear, logarithmic, path, range, spread, ticks } = await import(new URL("scale.js", kit).href);
const { added, clock, count, countdown, fixed, fit, power, printable, probability, scientific, short, shown } = await import(new URL("format.js", kit).href);
const reference = JSON.parse(readFileSync(process.env.GROUNDUP_REFERENCE, "utf8"));

test("a linear scale and its inverse", () => {
  const scale = linear([0, 10], [100, 200]);
  assert.equal(scale(5), 150);
  assert.equal(scale.invert(150), 5);
  assert.equal(linear([0, 1], [200, 100])(0.25), 175); // upwards on the screen
});

test("a logarithmic scale puts zero and below at its lower end", () => {
  const scale = logarithmic([0.01, 100], [0, 40]);
  assert.equal(scale(1), 20);
  assert.equal(scale(0), 0);
  assert.equal(scale(-3), 0);
  assert.ok(Math.abs(scale.invert(30) - 10) < 1e-12);
  assert.deepEqual(exponents([0.01, 100]), [-2, -1, 0, 1, 2]);
  assert.deepEqual(exponents([1e-9, 1], 5), [-9, -6, -3, 0]);
});

test("ticks are those of common/charts.py", () => {
  for (const { low, high, most, values } of reference.ticks) {
    const marks = ticks(low, high, most);
    assert.equal(marks.length, values.length, `${low} to ${high}`);
    marks.forEach(({ value, text }, i) => {
      assert.ok(Math.abs(value - values[i]) <= 1e-9 * Math.max(1, Math.abs(value)), `${low} to ${high}`);
      assert.equal(Number(text), Number(value.toPrecision(12)), `${low} to ${high}`);
    });
  }
});

test("labels are moved apart as common/charts.py moves them", () => {
  for (const { places, gap, spread: expected } of reference.spread) {
    spread(places, gap).forEach((place, i) => assert.ok(Math.abs(place - expected[i]) < 1e-6, `${places}`));
  }
});

test("numbers are written as common/formatting.py writes them", () => {
  for (const [number, text] of reference.counts) assert.equal(count(number), text);
  for (const [seconds, text] of reference.durations) assert.equal(clock(seconds), text);
});

test("numbers as people read them", () => {
  assert.equal(fixed(-0.001), "0.00"); // never −0.00
  assert.equal(fixed(-1.5, 1), "−1.5");
  assert.equal(fixed(Infinity), "∞");
  assert.equal(short(0.1 + 0.2), "0.3");
  assert.equal(short(1e-7), "1e−7");
  assert.equal(scientific(3.2e-9), "3.2e−9");
  assert.equal(scientific(0), "0");
  assert.equal(power(-12), "10⁻¹²");
  assert.equal(added(-0.5), "− 0.5");
  assert.deepEqual([0.34, 0.034, 0.00034, 0.00001, 0].map(probability), ["34%", "3.4%", "0.034%", "<0.01%", "0%"]);
  assert.equal(countdown(114), "1:54");
});

test("text of models is safe to show", () => {
  assert.equal(printable("a\u202eb\r\nc\td\u0000"), "a\uFFFDb\nc d\uFFFD");
  assert.equal(shown(" a\n"), "·a⏎");
  assert.equal(shown(""), "∅");
  assert.equal(fit("abcdefgh", 40), "abcd…");
});

test("small helpers", () => {
  assert.deepEqual(range(3, (i) => i * i), [0, 1, 4]);
  assert.equal(clamp(7, 0, 5), 5);
  assert.equal(path([[0, 1], [2, 3.456]]), "M0.00 1.00L2.00 3.46");
});
