// The climb, live: how the five stand is asked for; the one that trains is followed event by event.
import { api, toastError } from "./api.js";
import { follow, Record } from "./events.js";
import { h } from "./kit/dom.js";
import { printable } from "./kit/format.js";

document.querySelector("[data-begin]").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target, button = form.querySelector("button");
  button.disabled = true;
  try {
    const { climb } = await api("/api/climbs", { text: form.elements.text.value, budget: form.elements.budget.value });
    location.assign(`/climb?name=${encodeURIComponent(climb)}`);
  } catch (error) {
    toastError(error);
    button.disabled = false;
  }
});

const ACTIONS = { running: [["Pause", "pause"]], waiting: [["Take it out", "stop"]], paused: [["Go on", "resume"]], stopped: [["Go on", "resume"]], failed: [["Try to go on", "resume"]] };
const WORDS = { waiting: "waits for its turn", running: "trains", done: "done", failed: "failed", stopped: "stopped" };
const SECONDS = 1.5;

const band = document.querySelector("[data-climb]");
if (band) watch(JSON.parse(band.dataset.climb));

function watch(climb) {
  let followed = "", end = () => {}, record = new Record();
  const card = (model) => band.querySelector(`[data-model="${model}"]`);

  function draw() {
    band.querySelector("[data-said]").textContent = climb.said;
    band.querySelector("[data-failure]").hidden = !climb.what;
    band.querySelector("[data-what]").textContent = climb.what;
    band.querySelector("[data-hint]").textContent = climb.hint;
    for (const one of climb.models) {
      const place = card(one.model), now = one.run === climb.now && one.run;
      const say = (name, text) => { const at = place.querySelector(`[data-${name}]`); if (at.textContent !== text) at.textContent = text; };
      say("bpb", one.bpb === null ? "–" : one.bpb.toFixed(2));
      say("state", now && record.losses.length ? `trains · loss ${record.losses.at(-1)[1].toFixed(2)} · ${Math.round(record.step.seconds)} s` : WORDS[one.state]);
      say("sample", printable(one.sample).slice(0, 320));
      place.classList.toggle("now", Boolean(now));
      place.querySelector(".who").classList.toggle("yet", one.state === "waiting");
      place.querySelector("progress").value = one.state === "done" ? 1 : now ? record.spent : 0;
      place.querySelector("[data-link]").hidden = !one.run;
      if (one.run) place.querySelector("[data-link] a").href = `/run/${encodeURIComponent(one.run)}`;
    }
    const figure = document.querySelector("[data-ladder]"), text = JSON.stringify(climb.ladder);
    if (figure.dataset.ladder !== text) { figure.dataset.ladder = text; figure.dispatchEvent(new Event("ladderchange")); }
    const actions = band.querySelector("[data-actions]");
    if (actions.dataset.state !== climb.state) {
      actions.dataset.state = climb.state;
      actions.replaceChildren(...(ACTIONS[climb.state] ?? []).map(([word, action]) => {
        const button = h("button", { class: "btn" }, word);
        button.type = "button";
        button.addEventListener("click", () => api(`/api/queue/${encodeURIComponent(climb.name)}/${action}`, {}).then(ask, toastError));
        return button;
      }));
    }
  }

  async function ask() {
    try { climb = await api(`/api/climbs/${encodeURIComponent(climb.name)}`); } catch { return; }
    if (climb.now !== followed) {
      end();
      followed = climb.now;
      record = new Record();
      end = followed ? follow(followed, { event: (event) => { record.read(event); draw(); }, reset: () => record.clear() }) : () => {};
    }
    draw();
  }

  draw();
  ask();
  setInterval(() => { if (!document.hidden && !["done", "paused", "stopped", "failed"].includes(climb.state)) ask(); }, SECONDS * 1000);
}
