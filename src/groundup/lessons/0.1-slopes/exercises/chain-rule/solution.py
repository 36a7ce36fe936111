def chain_slope(f, f_slope, g, g_slope, x):
    """The slope of g(f(x)) at x: both slopes multiplied, each taken where its own input stands."""
    return g_slope(f(x)) * f_slope(x)
