// The page /widgets: each widget with a model of its own, which asks the server for what the browser cannot compute.

import { api } from "../api.js";
import { model } from "./model.js";

for (const place of document.querySelectorAll(".place[data-module]")) {
  const { name, post } = place.dataset;
  const { settings, state } = JSON.parse(place.dataset.shown);
  const linked = new URLSearchParams(location.search).get(name);
  const one = model({ settings, state }, async (now) => {
    const query = new URLSearchParams(location.search);
    query.set(name, JSON.stringify(now.get("settings")));
    history.replaceState(null, "", `?${query}`);
    const asked = now.get("settings");
    try {
      const found = await api(post, { settings: asked });
      if (now.get("settings") !== asked) return; // changed meanwhile: a newer answer is on its way
      now.set("wrong", "");
      now.set("state", found.state);
    } catch (error) {
      now.set("wrong", `${error.message} ${error.hint ?? ""}`);
    }
    place.dataset.kept = String(Number(place.dataset.kept ?? 0) + 1);
  });
  try {
    if (linked) one.set("settings", { ...settings, ...JSON.parse(linked) });
  } catch { /* the link is not ours: the settings of the lesson, then */ }
  place.model = one; // for tests
  const widget = await import(place.dataset.module);
  widget.default.render({ model: one, el: place });
  if (linked) one.save_changes();
  place.dataset.ready = "yes";
}
