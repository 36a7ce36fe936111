import math


def exponential(x):
    return math.e**x
