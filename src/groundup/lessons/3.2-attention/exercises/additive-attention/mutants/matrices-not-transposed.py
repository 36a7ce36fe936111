import numpy as np

from earlier.attention_weights import attention_weights


def additive_weights(q, k, w_q, w_k, w_s):
    judged = np.tanh((q @ w_q)[:, None] + (k @ w_k)[None])
    table = judged @ w_s
    return attention_weights(table)
