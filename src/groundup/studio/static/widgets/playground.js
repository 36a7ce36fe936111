// Lessons 0.4 and 0.6: what a network says of every place in the plane. By hand, one neuron or three; or trained.

import { byHand } from "./playground/by_hand.js";
import { trained } from "./playground/trained.js";

export default { render: (given) => ("steps" in given.model.get("settings") ? trained : byHand)(given) };
