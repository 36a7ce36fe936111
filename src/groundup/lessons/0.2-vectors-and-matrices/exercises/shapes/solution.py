def product_shape(a, b):
    """The inner sizes must be equal, and vanish."""
    if a[-1] != b[0]:
        return f"inner sizes differ: {a[-1]} and {b[0]}"
    return a[:-1] + b[1:]
