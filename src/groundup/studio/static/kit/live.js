// Between a widget and its model: what the learner sets, and what comes of it.
//
// `settings` are the learner's; `state` is what the lesson's function makes of them. Where that is arithmetic, `compute`
// does it here at once, with the same keys, and the model only keeps the settings. Where it is not (something trains,
// something is drawn at random), the model answers later with a new `state`, and until then the old one is shown.
//
// `view` is what the learner looks at, which changes no number: a stage, a step, a cell. Only the studio keeps it, in the link.

const SOON = 250; // ms of rest after the last change, before it is kept

/**
 * @param {any} model
 * @param {{ compute?: (settings: any, state: any) => any, draw: (it: any) => void }} options
 */
export function live(model, { compute, draw }) {
  let timer = 0;
  let last = JSON.stringify(model.get("settings"));
  let ours = false; // whether it is we who set something now
  const it = {
    settings: { ...model.get("settings") },
    state: model.get("state") ?? {},
    first: { ...(model.first ?? model.get("settings")) },
    view: { ...model.seen },
    waiting: false,

    /** Change some settings. `keep: false` only shows it, until `keep()` is called. */
    set(changes, { keep = true } = {}) {
      it.settings = { ...it.settings, ...changes };
      if (compute) it.state = compute(it.settings, it.state);
      clearTimeout(timer);
      if (keep) timer = setTimeout(it.keep, SOON);
      draw(it);
    },

    /** Look at something else. `keep: false` is for what the pointer passes over. */
    look(changes, { keep = true } = {}) {
      it.view = { ...it.view, ...changes };
      if (keep) model.see?.(it.view);
      draw(it);
    },

    /** Everything as it was at the beginning. */
    reset() {
      it.view = {};
      model.see?.({});
      it.set({ ...it.first });
    },

    changed: () => Object.keys(it.view).length > 0 || JSON.stringify(it.settings) !== JSON.stringify(it.first),

    /** Hand the settings over now. */
    keep() {
      clearTimeout(timer);
      timer = 0;
      ours = true;
      model.set("settings", { ...it.settings });
      ours = false;
      const asked = JSON.stringify(it.settings);
      it.waiting = !compute && asked !== last; // a notebook does not answer to what it knows already
      last = asked;
      model.save_changes();
      if (it.waiting) draw(it);
    },

    /** Keep at once what is still on its way. */
    flush() {
      if (timer) it.keep();
    },

    stop() {
      it.flush();
      for (const [event, listener] of listeners) model.off?.(event, listener);
    },
  };
  const listeners = [
    ["change:settings", () => {
      if (ours) return;
      it.settings = { ...model.get("settings") };
      if (compute) it.state = compute(it.settings, it.state);
      draw(it);
    }],
    ["change:state", () => {
      if (compute) return; // it is computed here already, perhaps for newer settings
      it.state = model.get("state") ?? {};
      it.waiting = false;
      draw(it);
    }],
    ["change:busy", () => {
      if (compute) return;
      if (!model.get("busy")) it.waiting = false;
      draw(it);
    }],
    ["change:wrong", () => {
      it.waiting = false;
      draw(it);
    }],
  ];
  for (const [event, listener] of listeners) model.on(event, listener);
  if (compute) it.state = compute(it.settings, it.state);
  return it;
}
