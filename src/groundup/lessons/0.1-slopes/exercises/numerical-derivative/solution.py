def derivative(f, x, h=1e-5):
    """The slope of f at x, measured with a step h to each side."""
    return (f(x + h) - f(x - h)) / (2 * h)
