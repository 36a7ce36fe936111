def scores(q, k):
    return (q[:, None] * k[None]).mean(axis=-1)
