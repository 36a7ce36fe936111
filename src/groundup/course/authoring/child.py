"""The process in which a lesson's own code is checked; check.py starts it."""

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from groundup.common.errors import GroundupError
from groundup.common.process import serve
from groundup.course.authoring.code import check_code, check_fences, check_starters
from groundup.course.authoring.experiments import check_experiments, check_pictures
from groundup.course.authoring.generated import check_fixtures, check_numbers
from groundup.course.authoring.targets import LessonFault, Target, fault_of
from groundup.course.lessons.lesson import LESSON_FILE, load_lesson


def main() -> None:
    attempts = refuse_network()
    serve(lambda request: _check(request, attempts))


def _check(request: dict[str, Any], attempts: list[str]) -> Iterator[dict[str, Any]]:
    """The part that is checked, as `doing`, and then each `fault` of it."""
    target = Target(Path(request["folder"]), request["lesson"])
    file = target.folder / LESSON_FILE
    for doing, rule in _rules(target, request["write"], request["quick"]):
        yield {"doing": doing}
        try:
            for fault in rule():
                yield {"fault": fault.to_json()}
        except GroundupError as error:
            yield {"fault": fault_of(error, file).to_json()}
        if attempts:
            says = f"what runs here ({doing}) reached for the network ({attempts[0]}). A lesson works without one."
            yield {"fault": LessonFault(file, says).to_json()}
            attempts.clear()


def _rules(
    target: Target, write: bool, quick: bool
) -> Iterator[tuple[str, Callable[[], Iterable[LessonFault]]]]:
    """The parts with their checks. A later one runs when an earlier one has written its files."""
    folder = target.folder
    if not quick:  # making them trains
        yield "fixtures", lambda: check_fixtures(folder, write)  # first: numbers.py may read them
    yield "numbers", lambda: check_numbers(folder, write)
    yield "starters", lambda: check_starters(target.exercises())
    try:
        lesson = load_lesson(folder)
    except GroundupError:
        return  # said by the rules on its text
    yield "code", lambda: [*check_code(lesson), *check_fences(lesson)]
    yield "experiments", lambda: check_experiments(lesson)
    yield "pictures", lambda: check_pictures(lesson)


def refuse_network() -> list[str]:
    """Refuse every connection of this process. Returns a list to which each attempt is added."""
    attempts: list[str] = []

    def hook(event: str, arguments: tuple) -> None:
        if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "urllib.Request"):
            attempts.append(" ".join(str(one) for one in arguments if isinstance(one, str | tuple)) or event)
            raise OSError("a lesson has no network")

    sys.addaudithook(hook)
    return attempts
