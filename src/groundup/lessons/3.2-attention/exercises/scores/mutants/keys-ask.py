def scores(q, k):
    return k @ q.T
