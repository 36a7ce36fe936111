import numpy as np


def bowl_gradient(point):
    return np.array([2 * point[0], 6 * point[1]])


def descend(gradient, start, learning_rate, steps):
    point = start
    places = [point]
    for _ in range(steps):
        point = point - learning_rate * gradient(start)
        places.append(point)
    return places
