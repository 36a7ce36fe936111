// The page /look: asks for what the lens sees, and draws its widgets. They share their settings: a head that is chosen in one is
// shown by all. Settings that Python answers are asked for again; the others only draw.
//
// Everything is drawn at once from the reference run (widgets/recorded.js), and from the learner's run as soon as that answers.

import { api, errorText } from "./api.js";
import { tokenRow } from "./look_tokens.js";
import { fromLink, inLink, show } from "./kit/show.js";
import { model } from "./widgets/model.js";
import { fixture, NOT_RECORDED, recorded } from "./widgets/recorded.js";

const place = document.getElementById("widgets");
const run = place.dataset.run;

const TEXTS = place.dataset.texts.split(" "); // settings that may look like numbers and are none
const NO_FIXTURE = { settings: {}, state: null }; // of a lens without a widget of its own

async function start() {
  const status = document.getElementById("status");
  const text = document.getElementById("text")?.value ?? "";
  const linked = fromLink(["run", "lens", "text"]);
  for (const name of TEXTS) if (name in linked) linked[name] = new URLSearchParams(location.search).get(name);
  /** @type {any} */
  const shared = { ...linked };
  const sources = new Map(); // source: { models, first, options (that Python answers), asked, number, own }
  const wrong = new Set();
  let settling = false; // while what was chosen in one is handed to the others
  const row = tokenRow(document.getElementById("tokens"), place.dataset.chooses !== "", (token) => settle(null, { token }));

  const places = [...place.querySelectorAll("[data-widget]")];
  const firsts = await Promise.all(places.map((el) => (el.dataset.widget === "figure" ? NO_FIXTURE : fixture(el.dataset.widget))));
  for (const [n, el] of places.entries()) {
    const first = firsts[n];
    if (!run) for (const [name, value] of Object.entries(first.settings)) shared[name] ??= value;
    const one = model({ state: first.state, settings: { ...first.settings, ...shared } });
    if (el.dataset.widget.startsWith("attention")) one.set("see", see);
    const source = sources.get(el.dataset.source) ?? { models: [], first, options: el.dataset.options.split(" ").filter((name) => name && name !== "position"), asked: null, number: 0, own: false };
    sources.set(el.dataset.source, source);
    source.models.push(one);
    await show(el, one);
    one.on("change:settings", () => settle(one, one.get("settings")));
    if (source.models.length === 1 && first.state) row.show(first.state, { ...first.settings, ...shared }.token);
  }

  /** From "a look is not yet a reason" on to what happens without it. */
  function see() {
    const drawn = place.querySelector("[data-widget=attention_off] .drawn");
    drawn?.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    drawn?.focus({ preventScroll: true });
  }

  function settle(from, changed) {
    if (settling) return;
    settling = true;
    const news = Object.fromEntries(Object.entries(changed).filter(([name, value]) => shared[name] !== value));
    Object.assign(shared, news);
    inLink(news);
    for (const source of sources.values()) for (const one of source.models) if (one !== from) one.set("settings", { ...one.get("settings"), ...news });
    settling = false;
    row.choose(shared.token);
    for (const name of sources.keys()) ask(name);
  }

  async function ask(name) {
    const source = sources.get(name);
    const more = Object.fromEntries(source.options.filter((key) => shared[key] !== undefined).map((key) => [key, shared[key]]));
    const additive = name === "head" && source.models[0].get("state")?.additive;
    if ((additive || name === "next") && shared.token >= 0) more.position = shared.token;
    const asked = JSON.stringify(more);
    if (asked === source.asked) return;
    source.asked = asked;
    const number = (source.number += 1);
    try {
      const state = run ? await request(name, more) : source.first.state && recorded(source.first, more);
      if (number !== source.number) return; // something newer was asked
      if (!state) throw new Error(NOT_RECORDED);
      wrong.delete(name);
      if (run && !source.own) answered(source, state);
      for (const one of source.models) { one.set("wrong", ""); one.set("state", state); }
      if (source === sources.values().next().value) row.show(state, shared.token);
    } catch (error) {
      if (number !== source.number) return;
      source.asked = null;
      wrong.add(name);
      for (const one of source.models) one.set("wrong", errorText(error));
    }
    if (run) status.textContent = [...sources.values()].every((one) => one.own) ? "" : wrong.size === sources.size ? "What is drawn is the reference run that came with groundup." : status.textContent;
  }

  /** The first answer of the learner's run: where the reference run is looked at first is no more than that. */
  function answered(source, state) {
    source.own = true;
    settling = true;
    for (const one of source.models) { one.set("state", null); one.set("settings", { ...shared }); }
    settling = false;
  }

  function request(name, more) {
    if (name === "tokens") return api("/api/tokens", { text, tokenizers: [run, "bytes", "characters"] });
    if (name === "merges") return api("/api/merges", { text, tokenizer: run });
    return api("/api/look", { run, lens: name, text, ...more });
  }

  await Promise.all([...sources.keys()].map(ask));
}

const lenses = document.querySelector(".lenses ul"), here = lenses?.querySelector("[aria-current]");
if (here) lenses.scrollLeft = here.offsetLeft - lenses.offsetLeft - (lenses.clientWidth - here.offsetWidth) / 2; // on a phone they do not fit
document.getElementById("run")?.addEventListener("change", (event) => event.target.form.requestSubmit());
start();
