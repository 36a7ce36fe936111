def sample(shares, rng):
    left = rng.random()
    for outcome, share in enumerate(shares):
        left -= share
        if left < 0:
            return outcome
    return len(shares) - 1  # rounding left a crumb at the very end
