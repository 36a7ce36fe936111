"""The experiments of this lesson: settings go in, a `Shown` comes out, for the terminal and for the studio."""

from groundup.course.lessons.parts import Shown


def pull(last: float) -> Shown:
    """The mean of 2, 3 and a number that the learner chooses."""
    mean = (2 + 3 + last) / 3  # TODO: use the library, on the learner's own run where there is one
    line = "".join("▲" if place == round(mean) else "·" for place in range(31))
    return Shown(text=f"2, 3 and {last:g}\n{line}\nmean {mean:.2f}", state={"mean": mean, "last": last})
