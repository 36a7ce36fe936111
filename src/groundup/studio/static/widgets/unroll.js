// Lesson 1.1: a recurrent network, unrolled through time. Choose a letter, and see what still reaches the state.

import { byHand } from "./unroll/by_hand.js";
import { trained } from "./unroll/trained.js";

export default { render: (given) => ("word" in given.model.get("settings") ? byHand : trained)(given) };
