def add_up(xs: list[float]) -> float:
    """The sum."""
    return sum(list(xs))
