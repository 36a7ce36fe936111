import numpy as np


def bowl_gradient(point):
    return np.array([2 * point[0], 6 * point[1]])


def descend(gradient, start, learning_rate, steps):
    places = [start]
    for _ in range(steps):
        places.append(places[-1] - learning_rate * bowl_gradient(places[-1]))
    return places
