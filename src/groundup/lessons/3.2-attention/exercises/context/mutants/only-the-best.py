def context(weights, v):
    return v[weights.argmax(axis=1)]
