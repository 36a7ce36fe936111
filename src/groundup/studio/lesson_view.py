"""What the page of a lesson shows: its blocks as steps, each with what the learner has said there before."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from markupsafe import Markup

from groundup.common.errors import GroundupError
from groundup.common.places import with_tilde, workspace_folder
from groundup.course.grading.workspace import Unreadable, Workspace, read_submission
from groundup.course.lessons.catalogue import Course
from groundup.course.lessons.code import library_source
from groundup.course.lessons.exercise import Exercise as ExerciseFolder
from groundup.course.lessons.items import (
    Block,
    Code,
    Exercise,
    Explain,
    Picture,
    Predict,
    Prose,
    Quiz,
    Recap,
    Widget,
)
from groundup.course.lessons.lesson import Lesson, sections
from groundup.course.lessons.parts import run_for
from groundup.course.lessons.predictions import distance, steps
from groundup.course.progress.answers import said
from groundup.course.progress.attempts import seen_hints
from groundup.course.progress.placement import load_placement
from groundup.course.progress.progress import Progress
from groundup.course.progress.store import Store
from groundup.studio.markdown import html as markdown
from groundup.studio.pages import STATIC, templates
from groundup.studio.python_code import coloured, coloured_lines
from groundup.studio.shown import stamp
from groundup.studio.sketch import sketch_of


@dataclass(frozen=True)
class Step:
    """A block, or a part of one that begins with a heading of its own."""

    block: int
    """Index of the block."""
    kind: str
    anchor: str
    """Its id on the page."""
    title: str = ""
    """Its heading, where it begins a section."""
    done: bool = False
    first: bool = True
    """Whether the block begins with it."""
    html: Markup | str = ""


@dataclass(frozen=True)
class View:
    """A lesson, seen by a learner."""

    course: Course
    lesson: Lesson
    store: Store

    def steps(self) -> list[Step]:
        progress = Progress(self.course, self.store)
        done = progress.blocks_done(self.lesson)
        found: list[Step] = []
        for index, block in enumerate(self.lesson.blocks):
            if isinstance(block, Prose):
                found += self._prose(index, block, index in done)
                continue
            title = "In one sentence" if isinstance(block, Recap) else ""
            html = self._html(index, progress)
            found.append(Step(index, block.kind, f"block-{index}", title, index in done, html=html))
        return found

    def _prose(self, index: int, block: Prose, done: bool) -> list[Step]:
        steps = []
        for part, text in enumerate(sections(block.text)):
            title, _, rest = text.partition("\n") if text.startswith("## ") else ("", "", text)
            anchor = f"block-{index}" + (f"-{part + 1}" if part else "")
            heading = title.removeprefix("## ").strip()
            steps.append(Step(index, "prose", anchor, heading, done, part == 0, markdown(rest)))
        return steps

    def html(self, index: int) -> str:
        """One block as it stands now: what the page puts in the place of what it shows."""
        return self._html(index, Progress(self.course, self.store))

    def _html(self, index: int, progress: Progress) -> Markup:
        template = templates.get_template(f"blocks/{self.lesson.blocks[index].kind}.html")
        return Markup(template.render(self._values(index, progress)))

    def _values(self, index: int, progress: Progress) -> dict[str, Any]:
        """What a block's template needs."""
        block = self.lesson.blocks[index]
        kinds: dict[type[Block], Callable[[Any, Progress], dict[str, Any]]] = {
            Predict: self._predict, Quiz: self._quiz, Explain: self._explain, Widget: self._widget,
            Code: self._code, Picture: self._picture, Exercise: self._exercise,
        }  # fmt: skip
        of_kind = kinds.get(type(block))
        return {"lesson": self.lesson, "block": block, "index": index} | (
            of_kind(block, progress) if of_kind else {}
        )

    # ---- what is asked --------------------------------------------------------------------------------------

    def _predict(self, block: Predict, progress: Progress) -> dict[str, Any]:
        data = said(self.store, "predicted", self.lesson, block.id)
        values: dict[str, Any] = {"said": data, "steps": steps(block), "so_far": ""}
        if data:
            values["so_far"] = progress.so_far(data.get("sure"))
        if block.form == "sketch":
            values["sheet"] = sketch_of(block)
            values["off"] = distance(block, [(x, y) for x, y in data["given"]]) if data else None
        return values

    def _quiz(self, block: Quiz, progress: Progress) -> dict[str, Any]:
        return {"said": said(self.store, "answered", self.lesson, block.id)}

    def _explain(self, block: Explain, progress: Progress) -> dict[str, Any]:
        return {"said": said(self.store, "explained", self.lesson, block.id)}

    # ---- what is tried --------------------------------------------------------------------------------------

    def _widget(self, block: Widget, progress: Progress) -> dict[str, Any]:
        return {
            "reached": progress.answered(self.lesson.id, block.id) is not None,
            "module": _static(f"widgets/{block.use.replace('-', '_')}.js"),
            "whole": [name for name, value in block.settings.items() if type(value) is int],
            "fixture": _static(f"widgets/fixtures/{self.lesson.id}.{block.id}.json"),
            "own": block.source.removeprefix("run:") if block.source.startswith("run:") else "",
            "run": run_for(block.source),
        }

    def _picture(self, block: Picture, progress: Progress) -> dict[str, Any]:
        at = f"/api/lesson/{self.lesson.id}/picture/{block.id}"
        return {"light": f"{at}/light.png?{self._stamp}", "dark": f"{at}/dark.png?{self._stamp}"}

    @cached_property
    def _stamp(self) -> int:
        return stamp(self.lesson.folder)

    def _code(self, block: Code, progress: Progress) -> dict[str, Any]:
        found = library_source(block.show)
        plain = found.text.split("\n")
        notes: dict[int, list[str]] = {}
        for note in block.notes:
            # One about a line that is not there stands at the end: its text is not lost.
            at = next((at for at, line in enumerate(plain) if note.at in line), len(plain) - 1)
            notes.setdefault(at, []).append(note.text)
        lines = [
            (found.first + at, line, notes.get(at, [])) for at, line in enumerate(coloured_lines(found.text))
        ]
        return {"lines": lines, "file": found.file.name, "run_code": coloured(block.run.strip())}

    # ---- what is written ------------------------------------------------------------------------------------

    def _exercise(self, block: Exercise, progress: Progress) -> dict[str, Any]:
        return exercise_values(progress, self.course.exercise(f"{self.lesson.id}/{block.id}"))


def _static(path: str) -> str:
    """The address of a file of ours; empty where it is not there."""
    return f"/static/{path}" if (STATIC / path).is_file() else ""


def exercise_values(progress: Progress, exercise: ExerciseFolder) -> dict[str, Any]:
    """For `blocks/exercise.html`, which stands in lessons and wherever else code is written."""
    attempts = progress.attempts(exercise.id)
    passed = exercise.id in progress.passed
    workspace = Workspace(workspace_folder())
    file = own_file(exercise, workspace)
    return {
        "exercise": exercise,
        "state": progress.exercise_state(exercise.id),
        "passed": passed,
        "file": file,
        "path": with_tilde(workspace.file(exercise)),
        "hints": seen_hints(progress, exercise),
        "last": attempts[-1].data.get("says", "") if attempts and not passed else "",
        "codemirror": bool(_static("vendor/editor.js")),
    }


@dataclass(frozen=True)
class OwnFile:
    """The learner's file of an exercise as it lies there."""

    text: str
    """With plain line ends. The starter, where there is no file yet."""
    stamp: str
    """Of its bytes; empty where there is no file yet."""
    wrong: str = ""
    """Why it cannot be read."""


def own_file(exercise: ExerciseFolder, workspace: Workspace) -> OwnFile:
    file = workspace.file(exercise)
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return OwnFile(exercise.code("starter.py"), "")
    except OSError:
        data = b""
    stamped = hashlib.sha256(data).hexdigest()
    if file.is_file() and not data.strip():
        return OwnFile("", stamped)
    try:
        return OwnFile(read_submission(file), stamped)
    except Unreadable as error:
        return OwnFile("", stamped, error.says)


def find_exercise(course: Course, identity: str) -> ExerciseFolder:
    """An exercise of a lesson or of the placement. Raises GroundupError where there is none."""
    if identity in course.exercises:
        return course.exercise(identity)
    placement = load_placement(course)
    tasks = [placement.exercise(question) for question in placement.questions] if placement else []
    if found := next((task for task in tasks if task.id == identity), None):
        return found
    raise GroundupError(f"There is no exercise '{identity}'.", "Load the page again: it may have changed.")
