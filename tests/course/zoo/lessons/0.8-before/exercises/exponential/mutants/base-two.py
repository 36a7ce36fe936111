def exponential(x):
    return 2.0**x
