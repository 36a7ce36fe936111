// The page /look: asks for what the lens sees, and draws its widgets. They share their settings: a head that is chosen in one is
// shown by all. Settings that Python answers are asked for again; the others only draw.

import { api } from "./api.js";
import { fromLink, inLink, show } from "./widgets/lib/show.js";
import { model } from "./widgets/model.js";

const place = document.getElementById("widgets");

/** What each source is made of besides the text: a change of one of these is asked for. */
const ASKED = {
  attention: [], head: ["layer", "head"], next: [], gates: [], reach: ["of"], embeddings: ["count", "method", "perplexity", "seed"],
  logits: ["token"], tree: ["breadth", "depth"], weights: [], training: [], tokens: [], merges: [],
};

async function start() {
  const status = document.getElementById("status");
  const run = place.dataset.run;
  const text = document.getElementById("text").value;
  const shared = fromLink(["run", "lens", "text"]);
  const sources = new Map(); // source: { models, asked, number }
  const wrong = new Set();

  for (const el of place.querySelectorAll("[data-widget]")) {
    const one = model({ state: null, settings: { ...shared } });
    const source = sources.get(el.dataset.source) ?? { models: [], asked: null, number: 0 };
    sources.set(el.dataset.source, source);
    source.models.push(one);
    show(el, one);
    one.on("change:settings", () => settle(one));
  }

  let settling = false;
  function settle(from) {
    if (settling) return; // we are handing it on
    settling = true;
    const changed = from.get("settings");
    const news = Object.fromEntries(Object.entries(changed).filter(([name, value]) => shared[name] !== value));
    Object.assign(shared, news);
    inLink(news);
    for (const [, source] of sources) for (const one of source.models) if (one !== from) one.set("settings", { ...shared });
    settling = false;
    for (const name of sources.keys()) ask(name);
  }

  async function ask(name) {
    const source = sources.get(name);
    const more = Object.fromEntries(ASKED[name].filter((key) => shared[key] !== undefined).map((key) => [key, shared[key]]));
    if ("token" in more) more.token = String(more.token);
    if (name === "head" && source.models[0].get("state")?.additive && shared.token >= 0) more.position = shared.token;
    const asked = JSON.stringify(more);
    if (asked === source.asked) return;
    source.asked = asked;
    const number = (source.number += 1);
    try {
      const state = await request(name, more);
      if (number !== source.number) return; // something newer was asked
      wrong.delete(name);
      for (const one of source.models) { one.set("wrong", ""); one.set("state", state); }
    } catch (error) {
      if (number !== source.number) return;
      source.asked = null;
      wrong.add(name);
      for (const one of source.models) one.set("wrong", `${error.message} ${error.hint ?? ""}`);
    }
    status.textContent = wrong.size === sources.size ? "There is nothing to draw." : "";
  }

  function request(name, more) {
    if (name === "tokens") return api("/api/tokens", { text, tokenizers: [run, "bytes", "characters"] });
    if (name === "merges") return api("/api/merges", { text, tokenizer: run });
    return api("/api/look", { run, lens: name, text, ...more });
  }

  document.getElementById("run").addEventListener("change", (event) => event.target.form.requestSubmit());
  await Promise.all([...sources.keys()].map(ask));
}

if (place) start();
