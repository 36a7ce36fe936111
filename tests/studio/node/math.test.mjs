// What a widget computes in the browser is what the lesson's function computes in Python: cases and answers are Python's.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const math = new URL("../../../src/groundup/studio/static/widgets/math/", import.meta.url);
const reference = JSON.parse(readFileSync(process.env.GROUNDUP_REFERENCE, "utf8"));

/** As Python's math.isclose with 1e-9, relative and absolute, through lists and objects. */
function same(actual, expected, where) {
  if (typeof expected === "number") {
    const room = Math.max(1e-9 * Math.max(Math.abs(actual), Math.abs(expected)), 1e-9);
    assert.ok(actual === expected || Math.abs(actual - expected) <= room, `${where}: ${actual} is not ${expected}`);
  } else if (expected !== null && typeof expected === "object") {
    assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort(), where);
    for (const key of Object.keys(expected)) same(actual[key], expected[key], `${where}.${key}`);
  } else assert.equal(actual, expected, where);
}

for (const { module, name, without, cases } of reference.widgets) {
  test(`${name} of ${module}.js`, async () => {
    const functions = await import(new URL(`${module}.js`, math).href);
    assert.ok(cases.length > 0);
    for (const { settings, state } of cases) {
      const actual = { ...functions[name](settings) };
      for (const key of without) delete actual[key];
      same(actual, state, `${name}(${JSON.stringify(settings)})`);
    }
  });
}
