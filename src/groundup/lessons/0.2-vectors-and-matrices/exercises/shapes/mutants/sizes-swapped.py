def product_shape(a, b):
    if a[-1] != b[0]:
        return f"inner sizes differ: {b[0]} and {a[-1]}"
    return a[:-1] + b[1:]
