// Lesson 3.2: how far dot products of random vectors spread. The sum of d products of variance 1 has variance d.

export const expected = ({ d, divide_by }) => Math.sqrt(d) / divide_by;

/** The bell of such scores at x, 1 at its top. */
export const bell = (x, spread) => Math.exp(-0.5 * (x / spread) ** 2);
