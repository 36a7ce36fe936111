import math
from itertools import accumulate


def states(xs, w, u):
    return list(accumulate(xs, lambda h, x: math.tanh(w * x + u * h), initial=0.0))[1:]
