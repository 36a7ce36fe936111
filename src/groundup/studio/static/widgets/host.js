// Experiments in a lesson. Each is drawn by the widget that it names (an anywidget module: `render({ model, el })`), or
// by the plain one (plain.js) where there is none. The model here does what a notebook's does: it holds `settings` and
// `state`, and asks Python for a new state when settings are saved. What differs from the start is kept in the page's link,
// #w={"drag":{"x":2}}; what is looked at, but is no setting of the lesson's function, stands there under "~".

import { api, errorText, stream } from "../api.js";
import { model } from "./model.js";
import plain from "./plain.js";

const NEAR = "600px"; // how far below the screen an experiment begins to load

export function experiments(root, lesson, reached) {
  const chosen = fromLink();
  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      begin(target, lesson, chosen[/** @type {HTMLElement} */ (target).dataset.widget], reached);
    }
  }, { rootMargin: NEAR });
  for (const figure of root.querySelectorAll("[data-widget]")) {
    seen.observe(figure);
    if (chosen[figure.dataset.widget] && Object.keys(chosen).length === 1) figure.scrollIntoView({ block: "center" });
  }
}

async function begin(figure, lesson, linked, reached) {
  const first = JSON.parse(figure.dataset.settings);
  const settings = { ...first, ...fitting(linked ?? {}, first) };
  let seen = plainly(linked?.["~"]);
  const fixture = figure.dataset.fixture ? await api(figure.dataset.fixture).catch(() => undefined) : undefined;
  const id = figure.dataset.widget;
  const values = { settings, state: fixture?.state ?? {}, text: "", picture: null, busy: false, whole: JSON.parse(figure.dataset.whole) };
  const it = model(values, () => { keepLink(); return ask(); });
  it.first = first;
  it.seen = seen;
  it.see = (looked) => { seen = looked; keepLink(); };
  it.link = () => new URL(inLink({ [id]: changed() }), location.href).href;
  function changed() {
    const now = it.get("settings");
    const names = Object.keys(now).filter((name) => JSON.stringify(now[name]) !== JSON.stringify(first[name]));
    return { ...Object.fromEntries(names.map((name) => [name, now[name]])), ...(Object.keys(seen).length ? { "~": seen } : {}) };
  }
  function keepLink() {
    const { [id]: _, ...others } = fromLink();
    const mine = changed();
    const all = Object.keys(mine).length ? { ...others, [id]: mine } : others;
    history.replaceState(history.state, "", Object.keys(all).length ? inLink(all) : location.pathname + location.search);
  }

  let asking = null;
  async function ask() {
    asking?.abort(); // only the newest answer is waited for
    const mine = asking = new AbortController();
    let begun = null;
    it.set("busy", true);
    it.set("share", 0);
    it.set("left", null);
    try {
      for await (const [, shown] of stream(`/api/lesson/${lesson}/widget/${id}`, { settings: it.get("settings") }, mine.signal)) {
        if (mine !== asking) return;
        const now = performance.now();
        begun ??= { at: now, share: shown.share };
        const seconds = ((now - begun.at) / (shown.share - begun.share)) * (1 - shown.share) / 1000;
        it.set("left", now - begun.at > 500 ? seconds : null); // earlier, it would be a guess
        it.set("share", shown.share);
        if (shown.share === 1) it.set("busy", false);
        it.set("wrong", "");
        it.set("text", shown.text);
        it.set("picture", shown.picture);
        it.set("state", shown.state);
        if (shown.reached) tick(figure, reached);
      }
    } catch (error) {
      if (mine !== asking) return;
      if (error.name !== "AbortError") it.set("wrong", errorText(error));
    }
    if (mine === asking) it.set("busy", false); // stopped, or cut off: what was shown last stays
  }
  it.stop = () => asking?.abort();

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

function tick(figure, reached) {
  const goal = figure.querySelector(".goal");
  if (goal.classList.contains("reached")) return;
  goal.classList.add("reached");
  goal.querySelector("strong").textContent = "Goal, reached.";
  reached(figure, true);
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

const plainly = (given) => (given && typeof given === "object" && !Array.isArray(given) ? given : {});

/** Of what a link says, what the experiment has, of the same kind. */
function fitting(given, first) {
  return Object.fromEntries(Object.entries(given ?? {}).filter(([name, value]) => name in first && typeof value === typeof first[name]));
}
