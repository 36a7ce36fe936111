import numpy as np


def product_shape(a, b):
    """Let NumPy try."""
    try:
        return (np.zeros(a) @ np.zeros(b)).shape
    except ValueError:
        return f"inner sizes differ: {a[-1]} and {b[0]}"
