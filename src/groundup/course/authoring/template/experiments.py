"""The experiments of this lesson: settings go in, an `ExperimentResult` comes out, for the terminal and the studio."""

from groundup.course.lessons.parts import ExperimentResult


def pull(last: float) -> ExperimentResult:
    """The mean of 2, 3 and a number that the learner chooses."""
    mean = (2 + 3 + last) / 3  # TODO: use the library, on the learner's own run where there is one
    line = "".join("▲" if place == round(mean) else "·" for place in range(31))
    return ExperimentResult(
        text=f"2, 3 and {last:g}\n{line}\nmean {mean:.2f}", state={"mean": mean, "last": last}
    )
