def dot(a, b):
    """The same, with the pairs handed out by zip."""
    return sum(x * y for x, y in zip(a, b, strict=False))
