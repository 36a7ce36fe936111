def chain_slope(f, f_slope, g, g_slope, x):
    """Forward with the value, then one factor for each link."""
    u = f(x)
    slope = f_slope(x)
    slope = slope * g_slope(u)
    return slope
