"""Errors that a person can mend.

Every wrong input ends in one of these: it says what was wrong and what to do next. The command prints both
and exits with code 2; a notebook shows the same two sentences. Anything else that escapes is our bug.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class GroundupError(Exception):
    """Something was wrong with what we were given.

    >>> raise GroundupError("There is no run 'alcie'.", "Did you mean 'alice'? `groundup runs` lists them.")
    Traceback (most recent call last):
    ...
    groundup.common.errors.GroundupError: There is no run 'alcie'. Did you mean 'alice'? `groundup runs` lists them.
    """

    def __init__(self, subject: str, hint: str = "") -> None:
        super().__init__(f"{subject} {hint}".strip())
        self.what = subject
        self.hint = hint


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence that offers the nearest known name, or lists them all when none is near.

    >>> did_you_mean("widht", ["width", "layers"])
    "Did you mean 'width'?"
    >>> did_you_mean("zzz", ["width", "layers"])
    'Known: layers, width.'
    """
    names = sorted(known)
    near = get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"Did you mean '{near[0]}'?"
    return f"Known: {', '.join(names)}." if names else ""
