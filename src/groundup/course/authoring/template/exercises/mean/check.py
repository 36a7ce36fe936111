"""How `mean` is checked. All kinds of check: groundup/course/grading/checks.py."""

import numpy as np

from groundup.course.grading.checks import agrees, example

CHECKS = [
    example("mean", ([2.0, 3.0, 7.0],), 4.0),
    agrees("mean", np.mean, draw=lambda rng: (rng.uniform(-9, 9, size=rng.integers(1, 6)).tolist(),)),
]
