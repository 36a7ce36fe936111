"""The process in which a lesson's own code is checked; process.py starts it, a line of JSON is a message.

python -m groundup.course.authoring.child FOLDER '{"lesson": "0.1", "write": false}'
"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from groundup.common.errors import GroundupError
from groundup.course.authoring.code import check_code, check_fences, check_starters
from groundup.course.authoring.experiments import check_experiments, check_pictures
from groundup.course.authoring.generated import check_fixtures, check_numbers
from groundup.course.authoring.targets import Fault, Target, fault_of
from groundup.course.lessons.lesson import LESSON_FILE, load_lesson


def main() -> None:
    folder, job = Path(sys.argv[1]), json.loads(sys.argv[2])
    messages = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # whatever a lesson prints is not a message

    def say(**message: Any) -> None:
        messages.write(json.dumps(message, ensure_ascii=False) + "\n")

    calls = refuse_network()
    target = Target(folder, job["lesson"])
    for doing, rule in _rules(target, job["write"], job.get("quick", False)):
        say(doing=doing)
        try:
            for fault in rule():
                say(fault=fault.to_json())
        except GroundupError as error:
            say(fault=fault_of(error, folder / LESSON_FILE).to_json())
        if calls:
            says = (
                f"what runs here ({doing}) reached for the network ({calls[0]}). A lesson works without one."
            )
            say(fault=Fault(folder / LESSON_FILE, says).to_json())
            calls.clear()
    say(end=True)
    messages.flush()
    os._exit(0)  # threads that a lesson left behind do not matter


def _rules(target: Target, write: bool, quick: bool) -> Iterator[tuple[str, Callable[[], Iterable[Fault]]]]:
    """As generators: what comes later sees what was written before."""
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
    """From now on no connection is made. Returns a list that every attempt is added to."""
    calls: list[str] = []

    def hook(event: str, arguments: tuple) -> None:
        if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "urllib.Request"):
            calls.append(" ".join(str(one) for one in arguments if isinstance(one, str | tuple)) or event)
            raise OSError("a lesson has no network")

    sys.addaudithook(hook)
    return calls


if __name__ == "__main__":
    main()
