"""The process in which one submission is checked, and which ends with it. Started by grader.py, once per check.

It talks through the pipes it was started with, moved out of the learner's reach: requests come in where standard
input was, messages leave where standard output was. Each message begins with a secret that only the request held,
so nothing that a submission prints is taken for a verdict. What the submission prints goes to standard error.

In order:  modules are imported (a warm worker waits here) · the request · the check's file is run · "ready", and the
clock starts · limits · the learner's file · names and signatures · the checks · after a failure, the mutants.
"""

import ast
import builtins
import importlib
import io
import json
import linecache
import os
import sys
import threading
import traceback
import types
import warnings
from dataclasses import replace
from typing import Any

from groundup.common.process import take_pipes
from groundup.course.grading import checks, compare, mistakes, sandbox
from groundup.course.grading.compare import PASSED, Finding

MAX_PRINTED_CHARACTERS = 8000  # of what a submission prints; the rest is counted

_write, _exit, _dumps = os.write, os._exit, json.dumps


class Channel:
    """Where messages leave."""

    def __init__(self, pipe: int) -> None:
        self.pipe, self.secret, self.lock = pipe, "", threading.RLock()

    def emit(self, **message: Any) -> None:
        rest = (self.secret + _dumps(message) + "\n").encode()
        with self.lock:
            while rest:
                rest = rest[_write(self.pipe, rest) :]

    def emit_last(self, **message: Any) -> None:
        """Emit a message and end the process, even if threads still run in it."""
        with self.lock:
            self.emit(**message)
            _exit(0)


class LimitedOutput(io.TextIOWrapper):
    """Standard output and error: the beginning passes at once, the rest is counted."""

    lines, room = 0, MAX_PRINTED_CHARACTERS

    def write(self, text: str) -> int:
        if "\n" in text:
            LimitedOutput.lines += text.count("\n")
        if LimitedOutput.room > 0:
            super().write(text[: LimitedOutput.room])
            LimitedOutput.room -= len(text)
        return len(text)


class NoInput(io.TextIOBase):
    """Standard input."""

    def read(self, *_: Any) -> str:
        raise mistakes.Refused("this waits for input from the keyboard. Take the value as an argument.")

    readline = read  # type: ignore[assignment]


def main() -> None:
    incoming, outgoing = take_pipes()
    requests, channel = os.fdopen(incoming, "rb"), Channel(outgoing)
    for name in sys.argv[1:]:
        try:
            importlib.import_module(name)
        except ImportError as error:
            channel.emit_last(absent=name, why=str(error))
    channel.emit(up=True)
    request = requests.readline()
    if request:  # the parent may have ended, or want nothing
        Session(json.loads(request), channel, requests).run()


class Session:
    """One submission."""

    def __init__(self, job: dict[str, Any], channel: Channel, requests: io.BufferedIOBase) -> None:
        self.job, self.channel, self.requests = job, channel, requests
        channel.secret = job.pop("secret")
        self.file: str = job["file"]
        self.done = threading.Event()
        self.verdict_sent = False
        self.guard: sandbox.IntegrityGuard
        self.work: checks.Work | None = None

    def run(self) -> None:
        self.checks = self._load_checks()
        self.channel.emit(ready=True, titles=[check.title for check in self.checks])
        self._close()
        finding = self._judge()
        if changed := self.guard.violations():
            finding = _tampered(changed)
        sandbox.release_memory_reserve()
        message = finding.message()  # it asks the learner's objects for their repr, which may never return
        self.verdict_sent = True
        threads = sum(not thread.daemon and thread.is_alive() for thread in threading.enumerate()) - 1
        self.channel.emit(verdict=message, lines=LimitedOutput.lines, threads=threads)
        if finding.check is not None:
            self._recognise(finding)
        self.done.set()
        self.channel.emit_last(end=True)

    # ---- before -----------------------------------------------------------------------------------------------

    def _load_checks(self) -> tuple[checks.Check, ...]:
        place = self.job["check_file"]
        names: dict[str, Any] = {"__name__": "check", "__file__": place}
        _remember(place, self.job["check"])
        try:
            exec(compile(self.job["check"], place, "exec"), names)
            self.names_of_check = names
            listed = names.get("CHECKS")
            if isinstance(listed, list | tuple) and all(isinstance(item, checks.Check) for item in listed):
                return tuple(listed)
            self.channel.emit_last(broken=f"{place} needs a list CHECKS, of checks alone")
        except BaseException as error:
            text = traceback.format_exception_only(error)[-1].strip()
            lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == place]
            self.channel.emit_last(broken=f"{place}{f', line {lines[-1]}' if lines else ''}: {text}")
        return ()

    def _close(self) -> None:
        """Everything that a submission finds different from ordinary Python."""
        job, folder = self.job, os.getcwd()
        sys.stdin, sys.dont_write_bytecode = NoInput(), True
        for name in ("stdout", "stderr"):
            setattr(
                sys,
                name,
                LimitedOutput(os.fdopen(2, "wb", 0, closefd=False), "utf-8", "replace", write_through=True),
            )
        warnings.showwarning = self._warn  # type: ignore[assignment]
        os._exit = _no_exit  # type: ignore[assignment]
        allow = sys.setrecursionlimit  # beyond this, C's own stack overflows and Python crashes
        sys.setrecursionlimit = lambda depth: allow(min(depth, 10_000))
        self.guard = sandbox.IntegrityGuard(self.names_of_check)
        sandbox.limit_resources(job["megabytes"], job["seconds"])
        threading.Thread(target=self._watch_the_clock, daemon=True).start()
        sandbox.restrict_system_calls(folder)
        sandbox.install_audit_hook(folder, job["closed"])
        self.importer = sandbox.make_importer(job["needs"])

    def _warn(self, message: Any, category: type, filename: str, lineno: int, *_: Any) -> None:
        where = f"line {lineno}: " if filename == self.file else ""
        print(f"{where}{category.__name__}: {message}", file=sys.stderr)

    def _watch_the_clock(self) -> None:
        """When the time is over: say where the learner's code is, and end."""
        main_thread = threading.main_thread().ident
        if self.done.wait(self.job["seconds"]):
            return
        if self.verdict_sent:
            self.channel.emit_last(end=True)
        frame, line = sys._current_frames().get(main_thread or 0), None
        while frame is not None and line is None:
            line = frame.f_lineno if frame.f_code.co_filename == self.file else None
            frame = frame.f_back
        finding = Finding("time", case=self._case(), line=line)
        self.channel.emit_last(verdict=finding.message(), lines=LimitedOutput.lines, threads=0)

    # ---- the submission ---------------------------------------------------------------------------------------

    def _judge(self) -> Finding:  # noqa: PLR0911 (each stage can end it)
        job, source = self.job, self.job["source"]
        starter = ast.parse(job["starter"])
        try:
            tree = ast.parse(source, self.file)
            code = compile(source, self.file, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return _finding_of(mistakes.unreadable(error, source))
        if ast.dump(tree) == ast.dump(starter):
            first = " and ".join(f"`{name}`" for name in job["defines"])
            return Finding(
                "untouched", f"Nothing is written yet: this is still the starter. Begin with {first}."
            )
        try:
            for name, text in job["earlier"]:
                self._import_earlier(name, text)
            names = self._run_file(source, code)
        except BaseException as error:
            return self._stopped(error)
        if changed := self.guard.violations():
            return _tampered(changed)
        mistake = mistakes.missing(job["defines"], names)
        for name in job["defines"]:
            mistake = mistake or mistakes.signature(starter, name, names[name])
        if mistake:
            return _finding_of(mistake)
        self.work = checks.Work(names, source)
        for number in range(len(self.checks)):
            self.channel.emit(begin=number)
            finding = self._check(number)
            if changed := self.guard.violations():
                return _tampered(changed)
            if finding is not PASSED:
                return replace(finding, check=number)
        return PASSED

    def _run_file(self, source: str, code: types.CodeType | None = None) -> dict[str, Any]:
        """A module made of a text: the learner's, or a mutant's."""
        module = types.ModuleType("yours")
        module.__file__ = self.file
        module.__dict__["__builtins__"] = dict(vars(builtins), __import__=self.importer)
        sys.modules["yours"] = module  # dataclasses look it up
        _remember(self.file, source)
        exec(code or compile(source, self.file, "exec", dont_inherit=True), module.__dict__)
        return module.__dict__

    def _import_earlier(self, name: str, source: str) -> None:
        """An exercise that this one builds on: `from earlier.softmax import softmax`."""
        package = sys.modules.setdefault("earlier", types.ModuleType("earlier"))
        package.__dict__.setdefault("__path__", [])
        module = types.ModuleType(f"earlier.{name}")
        sys.modules[module.__name__] = module
        setattr(package, name, module)
        _remember(f"earlier/{name}.py", source)
        exec(compile(source, f"earlier/{name}.py", "exec", dont_inherit=True), module.__dict__)

    def _check(self, number: int) -> Finding:
        assert self.work is not None
        try:
            failure = self.checks[number].run(self.work)
        except BaseException as error:
            return self._stopped(error)
        return PASSED if failure is None else Finding("wrong", failure=failure)

    def _case(self) -> str:
        """The call in which it is."""
        return str(self.work.last) if self.work and not self.work.last.done else ""

    def _stopped(self, error: BaseException) -> Finding:
        """An exception: in the learner's file, or in the check, over what the learner's function gave."""
        changed = self.guard.violations()
        sandbox.release_memory_reserve()
        if changed:
            return _tampered(changed)
        text = f"{type(error).__name__}: {mistakes.text_of(error)}".removesuffix(": ")
        if mistake := mistakes.raised(error, self.file, self.job["megabytes"]):
            return replace(_finding_of(mistake), case=self._case(), error=text)
        call = self.work.last if self.work else None
        if call is None or not call.name:
            return Finding("error", f"The check itself stopped ({text}). That is our mistake, not yours.")
        if call.done and call.got is None:
            says = "Nothing came back: is there a `return`?"
            return Finding("error", says, str(call), error=text, got="None")
        what = "cannot use what came back" if call.done else f"cannot call `{call.name}`"
        got = compare.show_whole(call.got) if call.done else ""
        return Finding("error", f"The check {what} ({text}).", str(call), error=text, got=got)

    # ---- the mutants ------------------------------------------------------------------------------------------

    def _recognise(self, finding: Finding) -> None:
        """Name the known mistake that fails the same check on the same case with the same result.

        If several do, the other checks decide; if they cannot, the first that the exercise declares.
        """
        self.channel.emit(ask="mutants")
        mutants = json.loads(self.requests.readline() or "[]")
        LimitedOutput.room = 0
        assert finding.check is not None
        yours = self.work
        alike = [
            (name, source) for name, source in mutants if finding.like(self._of_mutant(source, finding.check))
        ]
        if alike:
            self.channel.emit(mutant=alike[0][0])
        for number in range(len(self.checks)):
            if len(alike) < 2:
                return
            if number == finding.check:
                continue
            self.work = yours
            own_finding = self._check(number)
            closer = [
                m
                for m in alike
                if own_finding is (of := self._of_mutant(m[1], number)) or own_finding.like(of)
            ]
            alike = closer or alike
            self.channel.emit(mutant=alike[0][0])

    def _of_mutant(self, source: str, number: int) -> Finding:
        try:
            self.work = checks.Work(self._run_file(source), source)
        except BaseException as error:
            return self._stopped(error)
        return self._check(number)


def _finding_of(mistake: mistakes.Mistake) -> Finding:
    return Finding(mistake.kind, mistake.says, line=mistake.line, column=mistake.column)


def _tampered(changed: list[str]) -> Finding:
    names = ", ".join(f"`{name}`" for name in changed[:3])
    return Finding(
        "tampered", f"Your file changes {names}, which the checks rest on. Take a name of your own."
    )


def _no_exit(code: int = 0) -> None:
    """Stands in for `os._exit`, so that the line can be told."""
    raise SystemExit(code)


def _remember(file: str, source: str) -> None:
    """Let Python quote lines of a text that is in no file."""
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
