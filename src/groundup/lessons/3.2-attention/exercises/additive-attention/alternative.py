import numpy as np
from earlier.attention_weights import attention_weights


def additive_weights(q, k, w_q, w_k, w_s):
    table = np.empty((len(q), len(k)))
    for i in range(len(q)):
        for j in range(len(k)):
            table[i, j] = w_s @ np.tanh(w_q @ q[i] + w_k @ k[j])
    return attention_weights(table)
