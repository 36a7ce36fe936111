import numpy as np

from groundup.course.grading.checks import agrees, example
from groundup.foundations.attention import attention, causal_mask

Q = np.array([[1.0, 0.0, 2.0, 0.0], [0.0, 1.0, 0.0, 1.0], [2.0, 2.0, 0.0, 0.0]])
K = np.array([[1.0, 0.0, 1.0, 0.0], [0.0, 2.0, 0.0, 0.0], [1.0, 1.0, 0.0, 1.0]])
V = np.array([[4.0, 0.0, 0.0, 1.0], [0.0, 4.0, 0.0, 2.0], [0.0, 0.0, 4.0, 3.0]])


def reference(q, k, v, causal=False):
    return attention(q, k, v, causal_mask(len(q)) if causal else None)


def draw(rng):
    time, d, e = rng.choice([2, 3, 5, 7, 8], size=3, replace=False)
    q, k, v = rng.normal(size=(time, d)), rng.normal(size=(time, d)), rng.normal(size=(time, e))
    return q.round(1), k.round(1), v.round(1)


CHECKS = [
    example("scaled_dot_product_attention", (Q, K, V), reference(Q, K, V), title="three tokens, no mask"),
    agrees("scaled_dot_product_attention", reference, draw=draw, title="any number of tokens and dimensions"),
    example(
        "scaled_dot_product_attention",
        (Q, K, V, True),
        reference(Q, K, V, True),
        title="three tokens, causal",
    ),
    agrees(
        "scaled_dot_product_attention",
        reference,
        draw=lambda rng: (*draw(rng), True),
        title="causal, any number of tokens and dimensions",
    ),
]
