def double(x: float) -> float:
    """Twice x."""
