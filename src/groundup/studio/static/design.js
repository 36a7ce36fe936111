// The design page: two widgets of the lessons, alive, in either theme.

import { model } from "./widgets/model.js";
import playground from "./widgets/playground.js";
import slope from "./widgets/slope.js";

const SHOWN = {
  slope: [slope, { x: 3, h: 1 }],
  playground: [playground, { w1: 1, w2: 1, bias: -1, task: "and" }],
};

for (const place of document.querySelectorAll(".live[data-widget]")) {
  const [widget, settings] = SHOWN[place.dataset.widget];
  widget.render({ model: model({ settings, state: {} }), el: place });
  const section = place.querySelector("section");
  section.setAttribute("aria-label", section.getAttribute("aria-label") + place.dataset.said);
}
