def running_sum(xs: list[float]) -> list[float]:
    """Sums up to each number: [1, 2, 3] gives [1, 3, 6]."""
    sums = []
    for x in xs:
        sums.append(x + (sums[-1] if sums else 0.0))
    return sums
