// Rounding as NumPy does it: to the even one of two that are equally near.

export function round(x, digits) {
  const scale = 10 ** digits;
  const y = x * scale;
  let whole = Math.round(y);
  if (Math.abs(y - Math.trunc(y)) === 0.5 && whole % 2 !== 0) whole -= 1;
  return whole / scale;
}

/** Between the two ends. */
export const clip = (x, low, high) => Math.max(low, Math.min(high, x));
