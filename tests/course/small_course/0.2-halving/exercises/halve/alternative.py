def halve(x: float) -> float:
    """Half of x."""
    return 0.5 * x
