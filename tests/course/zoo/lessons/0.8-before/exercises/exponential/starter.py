import numpy as np  # noqa: F401


def exponential(x):
    """e to the power of each number."""
