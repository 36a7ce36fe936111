// The tiny task of a question is an exercise like any other.
import { exercises } from "./exercise.js";

exercises(document, () => {});
