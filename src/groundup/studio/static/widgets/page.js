// The page /widgets: each widget as in its lesson, and those of lenses with the reference run's numbers. What is set in one of these
// stands in a link that shows it alone.

import { experiments } from "./host.js";
import { model } from "./model.js";
import { fixture, NOT_RECORDED, recorded } from "./recorded.js";

for (const place of document.querySelectorAll("[data-of]")) experiments(place, place.dataset.of, () => {});
for (const place of document.querySelectorAll("[data-lens]")) begin(place, place.dataset.lens);

async function begin(place, name) {
  const first = await fixture(name);
  const linked = new URLSearchParams(location.search);
  const mine = linked.get("only") === name ? plainly(linked.get("set")) : {};
  const answered = new Set((first.answers ?? []).flatMap((one) => Object.keys(one.for)));
  const it = model({ state: first.state, settings: { ...first.settings, ...mine } }, answer);
  it.link = () => new URL(`?${new URLSearchParams({ only: name, set: JSON.stringify(it.get("settings")) })}`, location.href).href;

  function answer() {
    const settings = it.get("settings");
    const asked = Object.fromEntries(Object.entries(settings).filter(([key]) => answered.has(key)));
    if (answered.has("position") && settings.token >= 0) asked.position = settings.token;
    const state = recorded(first, asked);
    it.set("wrong", state ? "" : NOT_RECORDED);
    if (state) it.set("state", state);
    if (linked.get("only") === name) history.replaceState(history.state, "", it.link());
  }

  answer();
  const widget = (await import(`./${name}.js`)).default;
  await widget.render({ model: it, el: place });
}

/** What a link says, if it can be read. */
function plainly(text) {
  try {
    const found = JSON.parse(text ?? "{}");
    return found && typeof found === "object" && !Array.isArray(found) ? found : {};
  } catch { return {}; }
}
