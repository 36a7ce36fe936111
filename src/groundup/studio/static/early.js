// What a person does before the page's modules have run: kept, and done once they have. No module: those run later.
{
  const kept = []; // [element, kind], in order
  const keep = (event) => {
    const button = event.target.closest?.("button");
    if (event.type === "click" && !button) return; // a link, a box to tick: these work by themselves
    if (button) { event.preventDefault(); event.stopPropagation(); }
    const place = button ?? event.target;
    if (!kept.some(([one, kind]) => one === place && kind === event.type)) kept.push([place, event.type]); // once, however impatient
  };
  const kinds = ["click", "input", "change"];
  for (const kind of kinds) addEventListener(kind, keep, true);
  addEventListener("DOMContentLoaded", () => { // the modules have run by then
    for (const kind of kinds) removeEventListener(kind, keep, true);
    for (const [place, kind] of kept) {
      if (kind === "click") place.click();
      else place.dispatchEvent(new Event(kind, { bubbles: true }));
    }
  });
}
