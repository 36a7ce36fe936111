import numpy as np

from groundup.course.grading.checks import agrees, example
from groundup.foundations.attention import AdditiveWeights, additive_scores
from groundup.foundations.softmax import softmax

Q = np.array([[1.0, 1.0], [-1.0, 0.0]])
K = np.array([[1.0, 1.0], [0.0, 0.0], [1.0, 0.0]])
W_Q, W_K, W_S = np.array([[1.0, 0.5], [0.0, 1.0]]), np.array([[1.0, 0.0], [0.5, 1.0]]), np.array([2.0, 1.0])


def reference(q, k, w_q, w_k, w_s):
    return softmax(additive_scores(q, k, AdditiveWeights(w_q, w_k, w_s))[0])


def draw(rng):
    n, m, d, e, width = rng.choice([2, 3, 4, 5, 6, 7], size=5, replace=False)
    shapes = ((n, d), (m, e), (width, d), (width, e), (width,))
    return tuple(rng.normal(size=shape).round(1) for shape in shapes)


CHECKS = [
    example(
        "additive_weights",
        (Q, K, W_Q, W_K, W_S),
        reference(Q, K, W_Q, W_K, W_S),
        title="two queries, three keys",
    ),
    agrees("additive_weights", reference, draw=draw, title="queries, keys and the width of any size"),
]
