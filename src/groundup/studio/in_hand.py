"""Which course is in hand: the one in which something happened last, of those that are not done; before that, ours."""

from collections.abc import Sequence

from groundup.course.lessons.catalogue import Course
from groundup.course.progress.progress import Progress
from groundup.course.progress.store import Store


def in_hand(courses: Sequence[Course], store: Store) -> Progress:
    """What was done in that course."""
    return latest([Progress(course, store) for course in courses])


def latest(every: Sequence[Progress]) -> Progress:
    """The one of them that is in hand."""
    begun = [one for one in every if one.touched is not None]
    open_ones = [one for one in begun if one.here().lesson is not None]
    return max(open_ones or begun, key=lambda one: one.touched.number if one.touched else 0, default=every[0])
