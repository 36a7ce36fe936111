// Lesson 1.1's reading, at another step: all steps of a text come at once, so no model has to be asked again.

export function at_step(state, step) {
  return { bits: state.all_bits[step - 1], likely: state.expected[step - 1], kept: state.kept[step - 1] };
}
