def context(weights, v):
    return weights @ v / len(v)
