def layer_norm(x):
    away = x - x.mean(axis=-1, keepdims=True)
    return away / ((away**2).mean(axis=-1, keepdims=True) + 1e-5) ** 0.5
