// What is wider than its place scrolls sideways in itself: pictures and tables. Where it does, the Tab key stops at it,
// and the arrow keys move it; what fits is no stop on the way.

/** All `.scroll[data-name]` of a page, also those that come later. */
export function scrollers(page) {
  const sizes = new ResizeObserver((seen) => { for (const { target } of seen) settle(target.closest(".scroll")); });
  const watch = () => {
    for (const box of page.querySelectorAll(".scroll[data-name]:not([data-watched])")) {
      box.dataset.watched = "";
      for (const one of [box, ...box.children]) sizes.observe(one);
    }
  };
  new MutationObserver(watch).observe(page, { childList: true, subtree: true });
  watch();
}

function settle(box) {
  const wide = box.scrollWidth > box.clientWidth + 1;
  for (const [name, value] of [["tabindex", "0"], ["role", "group"], ["aria-label", `${box.dataset.name}, which scrolls sideways`]]) {
    if (wide) box.setAttribute(name, value);
    else box.removeAttribute(name);
  }
}
