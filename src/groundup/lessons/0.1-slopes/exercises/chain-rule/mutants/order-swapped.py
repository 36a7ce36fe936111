def chain_slope(f, f_slope, g, g_slope, x):
    return f_slope(g(x)) * g_slope(x)
