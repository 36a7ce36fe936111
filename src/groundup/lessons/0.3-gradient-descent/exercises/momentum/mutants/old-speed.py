import numpy as np


def roll(gradient, start, learning_rate, keep, steps):
    point = start
    speed = np.zeros(2)
    places = [point]
    for _ in range(steps):
        old = point
        point = point - learning_rate * speed
        speed = keep * speed + gradient(old)
        places.append(point)
    return places
