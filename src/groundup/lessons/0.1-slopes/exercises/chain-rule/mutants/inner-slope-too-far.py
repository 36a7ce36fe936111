def chain_slope(f, f_slope, g, g_slope, x):
    return g_slope(f(x)) * f_slope(f(x))
