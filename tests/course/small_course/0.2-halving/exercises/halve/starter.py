def halve(x: float) -> float:
    """Half of x."""
