import numpy as np


def roll(gradient, start, learning_rate, keep, steps):
    point = start
    places = [point]
    for _ in range(steps):
        speed = np.zeros(2)
        speed = keep * speed + gradient(point)
        point = point - learning_rate * speed
        places.append(point)
    return places
