"""Grading: a learner's file and an exercise's checks go into a process of their own, a verdict comes out.

    verdict = grade(exercise, Path("workspace/0.1-slopes/numerical_derivative.py"))
    print(verdict.text())

The process (child.py) has its own group, a time limit, limits on memory, output, files and processes, no network, and
an empty folder to work in that is deleted afterwards. It is killed, whatever runs in it, as soon as the verdict is
there or the time is over. What exactly is enforced on which system: fence.py.
"""

import os
import secrets
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from groundup.common.errors import GroundupError
from groundup.common.formatting import make_printable
from groundup.common.places import home
from groundup.common.process import ONE_THREAD, ChildError, ChildProcess
from groundup.course.grading.verdict import HeatMap, SourceLine, Verdict
from groundup.course.grading.workspace import UnreadableFile, read_submission
from groundup.course.lessons.exercise import Exercise

START = 120.0  # seconds for Python and the exercise's modules to be there; torch takes long on a busy machine
GRACE = 0.7  # seconds after the time limit in which the child may still say where it is
MANY_LINES = 1000
MAX_OUTPUT_BYTES = 40_000  # of what a submission prints; the rest is dropped


def grade(exercise: Exercise, file: Path | str, *, workspace: Path | None = None) -> Verdict:
    """The verdict on a learner's file (a path), or on a text. The process starts cold.

    `workspace`: where the learner's solutions of earlier exercises are looked for; one that passes is used by an
    exercise that builds on it, else the reference. Raises GroundupError where the exercise itself is broken.
    """
    with Grader() as grader:
        return grader.grade(exercise, file, workspace=workspace)


class Grader:
    """Grades one submission after another. `warm`: keep a process at hand that has imported what the last exercise
    needed. It is used for one check, then replaced."""

    def __init__(self, *, warm: bool = False) -> None:
        self.warm = warm
        self._waiting: dict[tuple[str, ...], ChildProcess] = {}
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], bool] = {}

    def __enter__(self) -> "Grader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process that waits."""
        with self._lock:
            while self._waiting:
                self._waiting.popitem()[1].kill()

    def prepare(self, exercise: Exercise) -> None:
        """Start the process for an exercise that will be checked soon (if `warm`)."""
        modules = tuple(exercise.about.needs)
        if not self.warm:
            return
        with self._lock:
            if modules not in self._waiting:
                while self._waiting:  # one at a time: a process with torch holds 250 MB
                    self._waiting.popitem()[1].kill()
                self._waiting[modules] = _start(modules)

    def grade(self, exercise: Exercise, file: Path | str, *, workspace: Path | None = None) -> Verdict:
        """See `grade`. May be called from several threads."""
        try:
            source = read_submission(file) if isinstance(file, Path) else file
        except UnreadableFile as error:
            return Verdict(exercise.id, "file", error.says)
        job = {
            "source": source, "file": file.name if isinstance(file, Path) else exercise.file_name,
            "check": exercise.code("check.py"), "check_file": str(exercise.folder / "check.py"),
            "starter": exercise.code("starter.py"), "defines": exercise.about.defines, "needs": exercise.about.needs,
            "earlier": self._earlier(exercise, workspace), "seconds": exercise.about.seconds,
            "megabytes": exercise.about.megabytes,
            "closed": [str(one) for one in exercise.folder.parents[2].glob("*/exercises")],
        }  # fmt: skip
        with self._lock:
            worker = self._waiting.pop(tuple(exercise.about.needs), None)
        if worker is None or not worker.alive():
            worker = _start(tuple(exercise.about.needs))
        try:
            return Report(exercise, source, worker).of(job)
        finally:
            worker.kill()
            self.prepare(exercise)

    def _earlier(
        self, exercise: Exercise, workspace: Path | None, above: tuple[str, ...] = ()
    ) -> list[tuple[str, str]]:
        """Names and texts of what it builds on, those first that others build on."""
        sources: dict[str, str] = {}
        for dependency in exercise.earlier():
            if dependency.id in (*above, exercise.id):
                raise GroundupError(
                    f"The exercises {dependency.id} and {exercise.id} build on each other.", "Mend builds_on."
                )
            sources |= dict(self._earlier(dependency, workspace, (*above, exercise.id)))
            sources[dependency.file_name.removesuffix(".py")] = self._own(
                dependency, workspace
            ) or dependency.code("solution.py")
        return list(sources.items())

    def _own(self, exercise: Exercise, workspace: Path | None) -> str | None:
        """The learner's solution, if it passes. Each text is checked once."""
        if workspace is None or not (file := exercise.file_in(workspace)).exists():
            return None
        with suppress(UnreadableFile):
            source = read_submission(file)
            key = (str(exercise.folder), source)
            if key not in self._known:
                self._known[key] = grade(exercise, source, workspace=workspace).ok
            return source if self._known[key] else None
        return None


def _start(modules: tuple[str, ...]) -> ChildProcess:
    """A process for one submission, which imports modules and then waits for its request.

    It finds nothing of the learner's own environment but where the library keeps its texts, and computes with one
    thread, so that the numbers are the same on every machine.
    """
    names = ("SYSTEMROOT", "PATH", "LD_LIBRARY_PATH")
    environment = {name: os.environ[name] for name in names if name in os.environ} | ONE_THREAD
    environment |= {"GROUNDUP_HOME": str(home()), "PYTHONHASHSEED": "0", "PYTHONNOUSERSITE": "1"}
    return ChildProcess(
        "groundup.course.grading.child", *modules, environment=environment, max_output_bytes=MAX_OUTPUT_BYTES,
        folder_variables=("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP", "MPLCONFIGDIR"),
    )  # fmt: skip


class Report:
    """What a worker says about one submission, put together."""

    def __init__(self, exercise: Exercise, source: str, worker: ChildProcess) -> None:
        self.exercise, self.about, self.source, self.worker = exercise, exercise.about, source, worker
        self.titles: list[str] = []
        self.doing = -1
        self.result: dict[str, Any] | None = None
        self.mutant = ""
        self.lines = self.threads = 0

    def of(self, job: dict[str, Any]) -> Verdict:
        worker, secret = self.worker, secrets.token_hex(16)
        try:
            self._wait_for("up")
            worker.secret = secret.encode()
            worker.send(job | {"secret": secret})
            self.titles = self._wait_for("ready")["titles"]
        except ChildError as error:
            raise self._not_started(error) from None
        started = time.monotonic()
        max_memory = worker.memory() + (self.about.megabytes + 128) * 2**20
        end, code = "", None
        try:
            message: dict[str, Any] = {}
            while "end" not in message:
                message = worker.receive(started + self.about.seconds + GRACE, max_memory)
                self._take(message, time.monotonic() - started)
        except ChildError as error:
            end = error.reason
        taken = time.monotonic() - started
        if end == "ended":
            code = worker.wait(1.0)
        worker.kill()
        if self.result is None:
            self.result = {"kind": end, "code": code, "taken": taken}
        return self._verdict()

    def _wait_for(self, name: str) -> dict[str, Any]:
        """The message with this name. Raises GroundupError for an exercise that cannot be checked at all."""
        message = self.worker.receive(time.monotonic() + START)
        if "absent" in message:
            raise GroundupError(
                f"The exercise {self.exercise.id} needs {message['absent']}, which is not there ({message['why']}).",
                "Install it beside groundup.",
            )
        if "broken" in message:
            raise GroundupError(
                f"The exercise {self.exercise.id} is broken: {message['broken']}.", "Mend that file."
            )
        assert name in message
        return message

    def _not_started(self, error: ChildError) -> GroundupError:
        if error.reason == "time":
            return GroundupError(
                f"The checks of {self.exercise.id} did not start within {START:.0f} s.",
                "Try again when the machine is quiet.",
            )
        self.worker.kill()
        last_line = bytes(self.worker.output).decode("utf-8", "replace").strip().split("\n")[-1]
        return GroundupError(
            f"The process for {self.exercise.id} did not start ({last_line}).",
            "`groundup doctor` may know why.",
        )

    def _take(self, message: dict[str, Any], taken: float) -> None:
        match message:
            case {"begin": number}:
                self.doing = number
            case {"verdict": verdict}:
                self.result = verdict | {"taken": taken}
                self.lines, self.threads = message["lines"], message["threads"]
            case {"ask": "mutants"}:
                self.worker.send(
                    [[m.name, self.exercise.code(f"mutants/{m.name}.py")] for m in self.about.mutants]
                )
            case {"mutant": name}:
                self.mutant = name

    # ---- the sentences that only the parent can say -----------------------------------------------------------

    def _verdict(self) -> Verdict:
        result = self.result
        assert result is not None
        kind, line, says = result["kind"], result.get("line"), result.get("says", "")
        if kind == "time":
            says = self._over_time(line)
        elif kind == "memory" and not says:
            says = (
                f"It needed more than the {self.about.megabytes:,} MB of memory that this exercise may take."
            )
        elif kind == "ended" and not says:
            kind, says = _how_it_ended(result["code"])
        mutant = next((m for m in self.about.mutants if m.name == self.mutant), None)
        doing = -1 if kind == "tampered" else self.doing  # then what passed before means nothing
        in_check = kind != "passed" and doing >= 0
        passed = self.titles if kind == "passed" else self.titles[: max(0, doing)]
        picture = result.get("picture")
        return Verdict(
            exercise=self.exercise.id, kind=kind, says=mutant.says if mutant else says, passed=list(passed),
            failed=self.titles[doing] if in_check else "",
            waiting=len(self.titles) - len(passed) - int(in_check),
            case=result.get("case") or "", got=result.get("got") or "", expected=result.get("expected") or "",
            picture=HeatMap(**picture) if picture else None,
            line=self._line(line, result.get("column")),
            mutant=mutant.name if mutant else "", otherwise=says if mutant else "",
            printed=self._printed(), remarks=self._remarks(), seconds=round(result["taken"], 6),
        )  # fmt: skip

    def _over_time(self, line: int | None) -> str:
        says = f"After {self.about.seconds:g} s it was still running{f', at line {line}' if line else ''}."
        if self.lines >= MANY_LINES:
            return f"{says} It had printed {self.lines:,} lines: a print in a loop takes time."
        return f"{says} Is there a loop that never ends, or more work than is needed?"

    def _line(self, number: int | None, column: int | None) -> SourceLine | None:
        lines = self.source.split("\n")
        if not number or number > len(lines):
            return None
        text = lines[number - 1]
        return (
            SourceLine(number, text, column) if len(text) <= 120 else SourceLine(number, text[:117] + "...")
        )

    def _printed(self) -> str:
        return make_printable(bytes(self.worker.output).decode("utf-8", "replace"))

    def _remarks(self) -> list[str]:
        remarks = []
        if self.lines >= MANY_LINES and self.result and self.result["kind"] != "time":
            remarks.append(
                f"It printed {self.lines:,} lines; only the beginning is kept. Is there a print in a loop?"
            )
        if self.threads > 0:
            remarks.append("It left a thread running, which was ended.")
        return remarks


def _how_it_ended(code: int | None) -> tuple[str, str]:
    """Kind and sentence for a process that ended without a verdict. `code` as of subprocess: -9 is signal 9."""
    if code is None:
        return (
            "ended",
            "Your code closed the files through which Python talks to the outside. Leave those open.",
        )
    if code == -signal.SIGSEGV:
        return (
            "ended",
            "Python crashed (a segmentation fault): in code of C, or because a recursion goes too deep.",
        )
    names = {-number: number.name for number in signal.Signals}
    if code in (-getattr(signal, "SIGXCPU", 0), -getattr(signal, "SIGALRM", 0)):
        return "time", "It used up its time."
    if code == -getattr(signal, "SIGKILL", 0):
        return "memory", "The operating system ended it. Most likely the machine's memory ran out."
    how = f"by signal {names[code]}" if code in names else f"with exit code {code}"
    return (
        "ended",
        f"Your code ended Python itself, {how}, before a verdict was there. Let the function return instead.",
    )
