def context(weights, v):
    return (weights[:, :, None] * v).sum(axis=(0, 1))
