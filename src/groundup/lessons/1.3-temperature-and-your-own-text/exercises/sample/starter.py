import numpy as np


def sample(shares, rng):
    """One outcome, a whole number from 0 to len(shares) − 1, drawn with the probabilities `shares`.

    shares (outcomes,), which sum to 1; rng: a numpy Generator, `rng.random()` gives a number from 0 up to 1.

    With shares = [0.5, 0.3, 0.2] a throw of 0.6 lands on the second piece, which lies from 0.5 to 0.8: outcome 1.
    """
