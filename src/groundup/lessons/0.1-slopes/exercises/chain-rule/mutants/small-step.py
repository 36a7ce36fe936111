def chain_slope(f, f_slope, g, g_slope, x):
    h = 1e-5
    return (g(f(x + h)) - g(f(x - h))) / (2 * h)
