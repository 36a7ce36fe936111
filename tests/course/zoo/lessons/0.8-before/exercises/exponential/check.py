import numpy as np

from groundup.course.grading.checks import agrees

CHECKS = [agrees("exponential", np.exp, draw=lambda rng: (rng.normal(size=3),))]
