from itertools import accumulate


def unroll(letters, h, read, update, predict):
    walk = accumulate(map(read, letters), lambda before, x: update(x, before), initial=h)
    states = list(walk)[1:]  # the first is the state before any letter
    return states, [predict(state) for state in states]
