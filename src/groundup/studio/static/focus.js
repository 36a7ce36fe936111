// The focus timer in the bar. The server keeps it, so it runs on across pages, tabs and the command; this module
// shows and controls it. When time is up it says so once, and never while something on the page is being checked
// (anything with aria-busy="true").
import { api, toast, toastError } from "./api.js";
import { fill, h } from "./kit/dom.js";

const button = document.querySelector(".timer");
const text = button.querySelector(".timer-text");
const drawing = button.querySelector(".rungs");
const rungs = [...drawing.querySelectorAll(".r")];
const channel = new BroadcastChannel("focus");
const panel = h("div", { class: "tip timer-panel", id: "timer-panel", popover: "auto", role: "group", "aria-label": "Focus timer" });
/** @type {{ phase: string, left: number, minutes: number, about: string }} the state that /api/focus gives */
let timer = { phase: "idle", left: 0, minutes: 25, about: "" };
let endsAt = 0;
let asking = false;
let announced = false; // whether the message that ends this phase was asked for

button.after(panel);

const running = () => timer.phase === "working" || timer.phase === "resting";
const left = () => (running() ? Math.max(0, (endsAt - performance.now()) / 1000) : timer.left);
const minutes = () => Math.ceil(left() / 60);

const SHORT = {
  idle: () => "Focus",
  working: () => `${minutes()} min`,
  paused: () => "paused",
  over: () => "Time to rest",
  resting: () => `rest, ${minutes()} min`,
  rested: () => "Rested",
};
/** The lesson on which the timer was started; the id of an exercise means nothing to a person. */
const on = () => (timer.about ? ` on ${timer.about.split("/")[0]}` : "");
const LONG = { // each contains the visible text word for word: speech input uses what is on the screen
  idle: () => `Focus: start ${timer.minutes} minutes`,
  working: () => `Focus: ${minutes()} min left${on()}`,
  paused: () => `Focus: paused, ${minutes()} min left`,
  over: () => "Time to rest: stand up, look far away",
  resting: () => `Focus: rest, ${minutes()} min left`,
  rested: () => "Rested: the rest is over",
};
const ACTIONS = {
  idle: [],
  working: [["pause", "Pause"], ["stop", "Stop"]],
  paused: [["pause", "Go on"], ["stop", "Stop"]],
  over: [["rest", "Rest 5 minutes"], ["start", "Start again"], ["stop", "Stop"]],
  resting: [["start", "Back to work"], ["stop", "Stop"]],
  rested: [["start", "Start"], ["stop", "Stop"]],
};

function show() {
  const idle = timer.phase === "idle";
  text.textContent = SHORT[timer.phase]();
  text.classList.toggle("wide-only", idle); // on a phone the name goes, but never the time
  button.setAttribute("aria-label", LONG[timer.phase]());
  button.dataset.phase = timer.phase;
  for (const [name, value] of [["aria-haspopup", "true"], ["aria-controls", panel.id]])
    if (idle) button.removeAttribute(name); else button.setAttribute(name, value);
  // Five rungs, each a fifth of the time: those behind are ink, the current one is marked.
  const behind = idle ? -1 : 5 * (1 - left() / (60 * timer.minutes));
  drawing.querySelectorAll(".glow").forEach((glow) => glow.remove());
  rungs.forEach((rung, index) => {
    const here = !idle && index === Math.floor(behind);
    rung.setAttribute("class", `r${here ? " here" : index < behind ? " on" : ""}`);
    if (here) {
      const glow = rung.cloneNode();
      glow.setAttribute("class", "r glow");
      rung.after(glow);
    }
  });
}

function take(state) {
  const changed = state.phase !== timer.phase;
  if (changed) announced = false;
  timer = state;
  endsAt = performance.now() + 1000 * state.left;
  if (changed && panel.matches(":popover-open")) showChoices();
  show();
}

async function refresh() {
  try { take(await api("/api/focus")); } catch { /* the server is gone: the page says so when something is asked */ }
}

async function send(action) {
  const on = location.pathname.match(/^\/lesson\/([^/]+)/);
  try {
    take(await api("/api/focus", { do: action, about: on ? decodeURIComponent(on[1]) : "" }));
    channel.postMessage("turned");
  } catch (error) {
    toastError(error);
  }
}

function showChoices() {
  const choose = async (action) => { panel.hidePopover(); button.focus(); await send(action); };
  fill(panel, h("p", {}, `${LONG[timer.phase]()}.`), h("div", { class: "row" }, ACTIONS[timer.phase].map(([action, name]) =>
    h("button", { class: "btn sm", type: "button", onclick: () => choose(action) }, name))));
}

button.addEventListener("click", async () => {
  if (timer.phase === "idle") {
    await send("start");
    if (running()) toast(`${timer.minutes} minutes${on()}. The bar counts; nothing will ring.`);
    return;
  }
  if (panel.matches(":popover-open")) return panel.hidePopover();
  showChoices();
  panel.showPopover();
  const at = button.getBoundingClientRect();
  panel.style.top = `${at.bottom + 8}px`;
  panel.style.left = `${Math.max(8, Math.min(at.left, innerWidth - panel.offsetWidth - 8))}px`;
  panel.querySelector("button")?.focus();
});

async function tick() {
  if (running()) show();
  const due = running() ? left() <= 0 : ["over", "rested"].includes(timer.phase) && !announced;
  if (!due || asking || document.querySelector('[aria-busy="true"]')) return;
  asking = true;
  try {
    const state = await api("/api/focus", { do: "word" });
    take(state);
    announced = !running();
    if (state.word) toast(state.word, 20);
    channel.postMessage("turned");
  } catch { /* asked again in a second */ }
  asking = false;
}

channel.addEventListener("message", refresh);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
setInterval(tick, 1000);
refresh();
