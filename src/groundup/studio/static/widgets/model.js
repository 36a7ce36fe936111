// A model as anywidget's: named values, and who listens to them. `save` is called by save_changes().

/**
 * @param {Record<string, any>} values
 * @param {(model: any) => void} [save]
 * @returns {any}
 */
export function model(values, save = () => {}) {
  const listeners = new Map();
  const kept = { wrong: "", ...values };
  const it = {
    get: (name) => kept[name],
    set(name, value) {
      if (kept[name] === value) return;
      kept[name] = value;
      for (const listener of [...(listeners.get(`change:${name}`) ?? [])]) listener();
    },
    on(event, listener) {
      if (!listeners.has(event)) listeners.set(event, new Set());
      listeners.get(event).add(listener);
    },
    off: (event, listener) => listeners.get(event)?.delete(listener),
    save_changes: () => save(it),
  };
  return it;
}
