// The page of the playground: the widget, and a model that trains in a process of the studio and shows every frame.
//
// Pausing closes the stream; going on sends the weights, and what the optimiser remembers, along.

import { api, ApiError, errorText, pieces } from "./api.js";
import { model } from "./widgets/model.js";
import { liveNetwork } from "./widgets/playground/live.js";

const START = {
  data: "circles", noise: 0.05, held_out: 0.3, features: ["x1", "x2"], layers: [4], activation: "tanh", start: "random", optimiser: "adam",
  rate: 0.03, l2: 0, batch: 0, seed: 0, points: "", pace: 10,
};
const ON_THE_WAY = ["rate", "l2", "batch", "pace", "optimiser"]; // what may change while it trains; all else begins again
const AT_A_TIME = 5000; // steps for which the studio is asked at once
const MOST = 50_000; // then it pauses by itself
const KEPT = 400; // losses

const place = document.querySelector("#playground");
const first = { ...START, ...fromLink().settings };
const it = model({ settings: first, state: {}, busy: false }, () => changed());
let before = first;
let going = null;
let byHand = false; // whether a weight was set by the learner

it.first = START;
it.link = () => new URL(inLink() || location.pathname, location.href).href;
it.pause = () => { going?.abort(); going = null; it.set("busy", false); keepLink(); };
it.play = () => train();
it.go = (steps) => train(steps);
it.again = () => { byHand = false; begin(); };
it.startOver = () => { byHand = false; it.pause(); it.set("settings", { ...START }); before = START; begin(); };
it.put = (weights) => {
  byHand = true;
  const on = it.get("busy");
  if (on) it.pause();
  it.set("state", { ...it.get("state"), weights });
  keepLink();
  if (on) train();
};

function changed() {
  const now = it.get("settings");
  const names = Object.keys(START).filter((name) => JSON.stringify(now[name]) !== JSON.stringify(before[name]));
  before = now;
  if (names.length === 0) return;
  const on = it.get("busy");
  if (names.every((name) => ON_THE_WAY.includes(name))) {
    if (names.includes("optimiser")) it.set("state", { ...it.get("state"), memory: undefined });
    keepLink();
    if (on) { it.pause(); train(); }
    return;
  }
  byHand = false;
  begin(on);
}

/** The network as it starts; with `on` it goes on to train. */
async function begin(on = false, weights = undefined, step = 0) {
  it.pause();
  const done = await ask({ ...it.get("settings"), weights, step, steps: 0 }, ([frame]) => it.set("state", { ...frame, history: [[frame.step, frame.loss, frame.held_loss]] }));
  keepLink();
  if (done && on) train();
}

/** So many steps; without a number, until it is paused. */
async function train(steps = Infinity) {
  let left = steps;
  while (left > 0) {
    const { step = 0, weights, memory } = it.get("state");
    if (step >= MOST && steps === Infinity) break;
    const now = Math.min(left, AT_A_TIME);
    left -= now;
    it.set("busy", true);
    const done = await ask({ ...it.get("settings"), step, weights, memory, steps: now }, (some) => {
      const { points, labels, held, history = [] } = it.get("state");
      const all = [...history, ...some.filter(({ step: at }) => at > (history.at(-1)?.[0] ?? -1)).map((one) => [one.step, one.loss, one.held_loss])];
      it.set("state", { ...some.at(-1), points, labels, held, history: all.length > KEPT ? all.filter((_, n) => n % 2 === 0) : all });
    });
    if (!done) return;
    if (it.get("state").loss === null) break;
  }
  it.set("busy", false);
  going = null;
  keepLink();
}

/** Whether all frames came; false where something else was asked meanwhile, or something was wrong. */
async function ask(wanted, show) {
  going?.abort();
  const mine = going = new AbortController();
  it.set("wrong", "");
  try {
    for await (const lines of pieces("/api/playground/train", wanted, mine.signal, "\n")) {
      if (mine !== going) return false;
      const some = lines.map((one) => JSON.parse(one)); // all frames that came at once
      const wrong = some.find((one) => one.error);
      if (wrong) throw new ApiError(wrong.error, wrong.hint);
      if (some.length) show(some);
      await new Promise((ready) => setTimeout(ready)); // keys and fingers come first; what comes meanwhile is drawn as one
    }
    return mine === going;
  } catch (error) {
    if (mine !== going || error.name === "AbortError") return false;
    it.set("busy", false);
    it.set("wrong", errorText(error));
    return false;
  }
}

// ---- the link: what differs from the start, and all weights where some were set by hand ----

function inLink() {
  const now = it.get("settings");
  const changes = Object.fromEntries(Object.keys(START).filter((name) => JSON.stringify(now[name]) !== JSON.stringify(START[name])).map((name) => [name, now[name]]));
  if (byHand) changes.step = it.get("state").step;
  if (byHand) changes.weights = JSON.parse(JSON.stringify(it.get("state").weights), (_, value) => (typeof value === "number" ? Number(value.toFixed(3)) : value));
  return Object.keys(changes).length ? `#p=${encodeURIComponent(JSON.stringify(changes))}` : "";
}

function keepLink() {
  history.replaceState(history.state, "", inLink() || location.pathname + location.search);
}

function fromLink() {
  try {
    const { weights, step, ...found } = JSON.parse(decodeURIComponent(location.hash.slice(3)));
    const alike = ([name, value]) => typeof START[name] === typeof value && Array.isArray(START[name]) === Array.isArray(value);
    return { settings: Object.fromEntries(Object.entries(found).filter(alike)), weights, step };
  } catch { return { settings: {} }; }
}

addEventListener("visibilitychange", () => { if (document.hidden && it.get("busy")) it.pause(); }); // the page is not visible: let the core rest

const { weights, step } = fromLink();
const fixture = await api(place.dataset.fixture).catch(() => ({ state: {} }));
it.set("state", { ...fixture.state, history: [] }); // something to see at once
liveNetwork({ model: it, el: place });
if (weights) byHand = true;
begin(false, weights, Number.isInteger(step) ? step : 0);
