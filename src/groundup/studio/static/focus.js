// The focus timer in the bar. It is kept by the server, so it runs on across pages, tabs and the command; here it is
// only shown and turned. When time is up it says so once, and never while something on the page is being checked
// (anything with aria-busy="true").
import { api, toast } from "/static/api.js";

const button = document.querySelector(".timer");
const text = button.querySelector(".timer-text");
const drawing = button.querySelector(".rungs");
const rungs = [...drawing.querySelectorAll(".r")];
const channel = new BroadcastChannel("focus");
const panel = document.createElement("div");
let timer = { phase: "idle", left: 0, minutes: 25, about: "" };
let endsAt = 0;
let asking = false;
let told = false; // whether what is due to be said at the end of this phase was asked for

panel.className = "tip timer-panel";
panel.id = "timer-panel";
panel.popover = "auto";
panel.setAttribute("role", "group");
panel.setAttribute("aria-label", "Focus timer");
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
/** The lesson it was begun on: of what stands in it, the id says nothing to a person. */
const on = () => (timer.about ? ` on ${timer.about.split("/")[0]}` : "");
const LONG = { // with what is shown in it, word for word: whoever speaks to a computer says what they see
  idle: () => `Focus: start ${timer.minutes} minutes`,
  working: () => `Focus: ${minutes()} min left${on()}`,
  paused: () => `Focus: paused, ${minutes()} min left`,
  over: () => "Time to rest: stand up, look far away",
  resting: () => `Focus: rest, ${minutes()} min left`,
  rested: () => "Rested: the rest is over",
};
const TURNS = {
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
  // Five rungs, each a fifth of the time: those behind are ink, the one in hand is marked.
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
  const turned = state.phase !== timer.phase;
  if (turned) told = false;
  timer = state;
  endsAt = performance.now() + 1000 * state.left;
  if (turned && panel.matches(":popover-open")) fill();
  show();
}

async function refresh() {
  try { take(await api("/api/focus")); } catch { /* the server is gone: the page says so when something is asked */ }
}

async function turn(what) {
  const on = location.pathname.match(/^\/lesson\/([^/]+)/);
  try {
    take(await api("/api/focus", { do: what, about: on ? decodeURIComponent(on[1]) : "" }));
    channel.postMessage("turned");
  } catch (error) {
    toast(`${error.message} ${error.hint}`);
  }
}

function fill() {
  const says = document.createElement("p");
  says.textContent = `${LONG[timer.phase]()}.`;
  const row = document.createElement("div");
  row.className = "row";
  for (const [what, name] of TURNS[timer.phase]) {
    const one = document.createElement("button");
    one.type = "button";
    one.className = "btn sm";
    one.textContent = name;
    one.addEventListener("click", async () => { panel.hidePopover(); button.focus(); await turn(what); });
    row.append(one);
  }
  panel.replaceChildren(says, row);
}

button.addEventListener("click", async () => {
  if (timer.phase === "idle") {
    await turn("start");
    if (timer.phase === "working") toast(`${timer.minutes} minutes${on()}. The bar counts; nothing will ring.`);
    return;
  }
  if (panel.matches(":popover-open")) return panel.hidePopover();
  fill();
  panel.showPopover();
  const at = button.getBoundingClientRect();
  panel.style.top = `${at.bottom + 8}px`;
  panel.style.left = `${Math.max(8, Math.min(at.left, innerWidth - panel.offsetWidth - 8))}px`;
  panel.querySelector("button")?.focus();
});

async function tick() {
  if (running()) show();
  const due = running() ? left() <= 0 : ["over", "rested"].includes(timer.phase) && !told;
  if (!due || asking || document.querySelector('[aria-busy="true"]')) return;
  asking = true;
  try {
    const state = await api("/api/focus", { do: "word" });
    take(state);
    told = !running();
    if (state.word) toast(state.word, 20);
    channel.postMessage("turned");
  } catch { /* asked again in a second */ }
  asking = false;
}

channel.addEventListener("message", refresh);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
setInterval(tick, 1000);
refresh();
