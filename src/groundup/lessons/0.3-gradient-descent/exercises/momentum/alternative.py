import numpy as np


def roll(gradient, start, learning_rate, keep, steps):
    """A part of the last move, and a step downhill."""
    places = [np.array(start, dtype=float)]
    move = np.zeros(2)
    for _ in range(steps):
        move = keep * move - learning_rate * gradient(places[-1])
        places.append(places[-1] + move)
    return places
