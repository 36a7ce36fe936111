import math


def states(xs, w, u):
    h = 0.0
    return [math.tanh(w * x + u * h) for x in xs]
