// The page /widgets: each widget as in its lesson.

import { experiments } from "./host.js";

for (const place of document.querySelectorAll("[data-of]")) experiments(place, place.dataset.of, () => {});
