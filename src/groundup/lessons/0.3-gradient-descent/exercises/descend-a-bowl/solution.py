import numpy as np


def bowl_gradient(point):
    """The slopes of x² + 3y², one at a time."""
    return np.array([2 * point[0], 6 * point[1]])


def descend(gradient, start, learning_rate, steps):
    """Step against the gradient of where you are."""
    point = start
    places = [point]
    for _ in range(steps):
        point = point - learning_rate * gradient(point)
        places.append(point)
    return places
