// Experiments in a lesson. Each is drawn by the widget that it names (an anywidget module: `render({ model, el })`), or
// by the plain one (plain.js) where there is none. The model here does what a notebook's does: it holds `settings` and
// `state`, and asks Python for a new state when settings are saved. Settings are kept in the page's link, #w=...

import { api } from "../api.js";
import { model } from "./model.js";
import plain from "./plain.js";

const NEAR = "600px"; // how far below the screen an experiment begins to load

export function experiments(root, lesson, changed) {
  const chosen = fromLink();
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      seen.unobserve(entry.target);
      begin(entry.target, lesson, chosen[entry.target.dataset.widget], changed);
    }
  }, { rootMargin: NEAR });
  for (const figure of root.querySelectorAll("[data-widget]")) {
    seen.observe(figure);
    if (chosen[figure.dataset.widget] && Object.keys(chosen).length === 1) figure.scrollIntoView({ block: "center" });
  }
}

async function begin(figure, lesson, linked, changed) {
  const first = JSON.parse(figure.dataset.settings);
  const settings = { ...first, ...fitting(linked ?? {}, first) };
  const fixture = figure.dataset.fixture ? await api(figure.dataset.fixture).catch(() => undefined) : undefined;
  const id = figure.dataset.widget;
  const values = { settings, state: fixture?.state ?? {}, text: "", picture: null, busy: false, whole: JSON.parse(figure.dataset.whole) };
  const it = model(values, () => {
    history.replaceState(history.state, "", inLink({ ...fromLink(), [id]: it.get("settings") }));
    return ask();
  });
  it.link = () => new URL(inLink({ [id]: it.get("settings") }), location.href).href;

  let asking = null;
  async function ask() {
    asking?.abort(); // only the newest answer is waited for
    const mine = asking = new AbortController();
    it.set("busy", true);
    try {
      const shown = await api(`/api/lesson/${lesson}/widget/${id}`, { settings: it.get("settings") }, { signal: mine.signal });
      if (mine !== asking) return;
      it.set("busy", false);
      it.set("wrong", "");
      it.set("text", shown.text);
      it.set("picture", shown.picture);
      it.set("state", shown.state);
      if (shown.reached) tick(figure, changed);
    } catch (error) {
      if (error.name === "AbortError" || mine !== asking) return;
      it.set("busy", false);
      it.set("wrong", `${error.message} ${error.hint ?? ""}`.trim());
    }
  }

  const place = figure.querySelector(".widget-place");
  const drawn = await widget(figure.dataset.module);
  place.replaceChildren();
  await drawn.render({ model: it, el: place });
  // The fixture is what comes of the first settings, without a run of the learner's own.
  if (!fixture || drawn === plain || figure.dataset.own || JSON.stringify(settings) !== JSON.stringify(first)) ask();
}

/** The widget's own module; the plain one, where there is none or it does not load. */
async function widget(address) {
  if (!address) return plain;
  try {
    return (await import(address)).default;
  } catch (error) {
    console.warn(`The widget ${address} does not load; its numbers are shown plainly.`, error);
    return plain;
  }
}

function tick(figure, changed) {
  const goal = figure.querySelector(".goal");
  if (goal.classList.contains("reached")) return;
  goal.classList.add("reached");
  goal.querySelector("strong").textContent = "Goal, reached.";
  changed(figure, true);
}

// ---- settings in the link ----

function inLink(settings) {
  return `#w=${encodeURIComponent(JSON.stringify(settings))}`;
}

function fromLink() {
  try {
    const found = location.hash.startsWith("#w=") ? JSON.parse(decodeURIComponent(location.hash.slice(3))) : {};
    return found && typeof found === "object" ? found : {};
  } catch { return {}; } // a link that was cut off
}

/** Of what a link says, what the experiment has, of the same kind. */
function fitting(given, first) {
  return Object.fromEntries(Object.entries(given ?? {}).filter(([name, value]) => name in first && typeof value === typeof first[name]));
}
