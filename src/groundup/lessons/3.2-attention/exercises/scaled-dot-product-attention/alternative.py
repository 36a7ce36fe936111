import numpy as np


def scaled_dot_product_attention(q, k, v, causal=False):
    table = q @ k.T / np.sqrt(k.shape[-1])
    if causal:
        hidden = np.zeros_like(table)
        hidden[np.triu_indices(len(q), k=1)] = -np.inf
        table = table + hidden
    powers = np.exp(table - table.max(axis=-1, keepdims=True))
    weights = powers / powers.sum(axis=-1, keepdims=True)
    return weights @ v, weights
