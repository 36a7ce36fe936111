def double(x: float) -> float:
    """Twice x."""
    return x + x
