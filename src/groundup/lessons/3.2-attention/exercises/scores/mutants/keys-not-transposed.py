def scores(q, k):
    return q @ k
