// The few rules that widgets need beyond the studio's one stylesheet, loaded once. In a notebook, where this file is
// part of a larger one, the styles have come already.

export function styled() {
  const here = import.meta.url;
  if (!here.endsWith("/widgets/lib/style.js")) return;
  const href = new URL("../../pages/widgets.css", here).href;
  if ([...document.querySelectorAll("link[rel=stylesheet]")].some((link) => link.href === href)) return;
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = href;
  document.head.append(link);
}
