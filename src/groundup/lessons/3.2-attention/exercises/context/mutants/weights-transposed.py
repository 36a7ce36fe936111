def context(weights, v):
    return weights.T @ v
