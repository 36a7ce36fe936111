"""How sure the learner is of a guess, in percent, and how well that is judged: of ten guesses of which one is 70 %
sure, seven should come true.

    steps(block)                   # (30, 50, 70, 90): what may be said of a choice of three
    judged(70, count=11, right=8)  # "You were 70% sure. Of the guesses you were that sure of, 8 in 11 came true ..."
"""

from math import sqrt

from groundup.course.blocks import Predict

STEPS = (10, 30, 50, 70, 90)
"""The same for every question: only guesses with the same step can be counted together."""

ENOUGH = 8
"""Guesses with the same step, before they are judged: of fewer, nothing can be said."""


def steps(block: Predict) -> tuple[int, ...]:
    """Those that fit a question: nobody who chooses among two is less than about 50 % sure."""
    blind = 100 / len(block.options) if block.options else 0
    return tuple(step for step in STEPS if step > blind - 10)


def judged(sure: int, count: int, right: int) -> str:
    """One sentence or two on the guesses with this step, of which there is one at least."""
    said = f"You were {sure}% sure."
    if count == 1:
        return f"{said} It is the first guess you were that sure of."
    said += f" Of the guesses you were that sure of, {right} in {count} came true so far"
    if count < ENOUGH:
        return f"{said}."
    share = sure / 100
    luck = 1.5 * sqrt(count * share * (1 - share))  # of those who judge well, one in seven is off by more
    if abs(right - count * share) <= luck:
        return f"{said}: well judged."
    if right < count * share:
        return f"{said}: fewer than you thought."
    return f"{said}: you know more than you think."
