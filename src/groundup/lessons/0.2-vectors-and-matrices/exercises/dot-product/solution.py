def dot(a, b):
    """Multiply pair by pair, and add."""
    total = 0.0
    for i in range(len(a)):
        total += a[i] * b[i]
    return total
