// The page of the playground: the widget, and a model that trains in a process of the studio and shows every frame.

import { Wrong, api } from "./api.js";
import { model } from "./widgets/model.js";
import widget from "./widgets/playground.js";

const START = { data: "circles", hidden: 4, layers: 1, activation: "tanh", start: "random", rate: 0.05, steps: 500, seed: 0, points: "" };
const place = document.querySelector("#playground");
const it = model({ settings: { ...START, ...fromLink() }, state: {}, busy: false }, () => train());
it.link = () => new URL(inLink(), location.href).href;
it.stop = () => going?.abort();
let going = null;

async function train() {
  going?.abort();
  const mine = going = new AbortController();
  history.replaceState(history.state, "", inLink());
  it.set("busy", true);
  it.set("wrong", "");
  try {
    for await (const frame of frames(it.get("settings"), mine.signal)) {
      if (mine !== going) return;
      if (frame.error) throw new Wrong(frame.error, frame.hint);
      it.set("state", frame);
    }
  } catch (error) {
    if (mine === going && error.name !== "AbortError") it.set("wrong", `${error.message} ${error.hint ?? ""}`.trim());
  }
  if (mine === going) it.set("busy", false);
}

/** The frames of a training as they come, a line of JSON each. */
async function* frames(settings, signal) {
  const answer = await fetch("/api/playground/train", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(settings), signal })
    .catch((error) => { throw error.name === "AbortError" ? error : new Wrong("The studio does not answer.", "Is `groundup start` still running?"); });
  if (!answer.ok) {
    const said = await answer.json().catch(() => ({}));
    throw new Wrong(said.error ?? "These settings do not work.", said.hint ?? "Choose others.");
  }
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}

function inLink() {
  return `#p=${encodeURIComponent(JSON.stringify(it.get("settings")))}`;
}

function fromLink() {
  try {
    const found = JSON.parse(decodeURIComponent(location.hash.slice(3)));
    return Object.fromEntries(Object.entries(found).filter(([name, value]) => typeof START[name] === typeof value));
  } catch { return {}; }
}

const fixture = await api(place.dataset.fixture).catch(() => ({ state: {} }));
it.set("state", fixture.state); // something to see at once; the settings' own training follows
widget.render({ model: it, el: place });
train();
