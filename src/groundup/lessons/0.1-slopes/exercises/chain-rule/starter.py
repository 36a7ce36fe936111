def chain_slope(f, f_slope, g, g_slope, x):
    """The slope of g(f(x)) at x.

    f, g: functions of one number. f_slope, g_slope: functions that give their slopes. x: where. Returns one number.

    f(x) = x² + 1 has the slope 2x, which is 2 at x = 1. Out of f comes 2.
    g(u) = u³ has the slope 3u², which is 12 at u = 2. The chain has the slope 12 · 2:

    >>> chain_slope(lambda x: x * x + 1, lambda x: 2 * x, lambda u: u**3, lambda u: 3 * u * u, 1)
    24
    """
