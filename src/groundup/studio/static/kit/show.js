// Puts a widget of a lens on a page of the studio, with its settings in the page's link.

/** Load the widget that `el` names in data-widget, and draw it. */
export async function show(el, model) {
  const widget = await import(`../widgets/${el.dataset.widget}.js`);
  return widget.default.render({ model, el });
}

/** Changed settings into the page's link, and back: numbers as numbers. */
export function inLink(changes) {
  const search = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) search.set(name, String(value));
  history.replaceState(null, "", `?${search}`);
}

export function fromLink(but = []) {
  const found = {};
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (!but.includes(name)) found[name] = value !== "" && !Number.isNaN(Number(value)) ? Number(value) : value;
  }
  return found;
}
