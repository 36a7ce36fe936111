def product_shape(a, b):
    if a[-1] != b[0]:
        return f"inner sizes differ: {a[-1]} and {b[0]}"
    return a + b[1:]
