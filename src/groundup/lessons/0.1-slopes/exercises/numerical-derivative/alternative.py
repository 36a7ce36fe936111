def derivative(f, x, h=1e-5):
    """The mean of the slope to the right and the slope to the left."""
    here = f(x)
    right = (f(x + h) - here) / h
    left = (here - f(x - h)) / h
    return (right + left) / 2
