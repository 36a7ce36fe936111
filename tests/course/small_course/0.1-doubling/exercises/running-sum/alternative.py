def running_sum(xs: list[float]) -> list[float]:
    """Sums up to each number: [1, 2, 3] gives [1, 3, 6]."""
    return [sum(xs[: i + 1]) for i in range(len(xs))]
