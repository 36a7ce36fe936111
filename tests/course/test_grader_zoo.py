"""A zoo of submissions, hostile and mistaken: each gets its own message, exactly as it stands in zoo/*.toml."""

import re
import shutil
import sys
import tomllib
from pathlib import Path

import pytest

from groundup.course.grading import grader
from groundup.course.grading.grader import grade
from groundup.course.grading.verdict import Verdict
from groundup.course.lessons.exercise import Exercise

ZOO = Path(__file__).parent / "zoo"
SOFTMAX = Exercise("0.9", ZOO / "lessons" / "0.9-zoo" / "exercises" / "softmax")


def animals():
    for cage in ("mistaken", "hostile"):
        for one in tomllib.loads((ZOO / f"{cage}.toml").read_text(encoding="utf-8"))["submission"]:
            one["cage"] = cage
            slow = "quick" in one or "million" in one["name"]
            if sys.platform != "linux" and one["kind"] == "memory":
                continue  # the parent's watch is all there is, and a shared machine might suffer first
            yield pytest.param(one, id=one["name"], marks=[pytest.mark.slow] if slow else [])


@pytest.fixture
def hurried(tmp_path) -> Exercise:
    """The same exercise with a time limit of two seconds."""
    shutil.copytree(ZOO / "lessons", tmp_path / "lessons")
    folder = tmp_path / "lessons" / "0.9-zoo" / "exercises" / "softmax"
    toml = (folder / "exercise.toml").read_text(encoding="utf-8")
    (folder / "exercise.toml").write_text(toml.replace("seconds = 60.0", "seconds = 2.0"), encoding="utf-8")
    return Exercise("0.9", folder)


@pytest.mark.slow
@pytest.mark.parametrize("animal", list(animals()))
def test_each_submission_gets_its_own_message(animal, hurried, no_process_left, monkeypatch):
    exercise = hurried if animal.get("quick") else SOFTMAX
    if "at line" in animal["says"]:  # a busy machine may be long about saying where it is
        monkeypatch.setattr(grader, "GRACE", 60.0)
    code = animal["code"].replace("RIGHT\n", exercise.code("solution.py"))
    verdict = grade(exercise, code.replace("SOLUTION", (exercise.folder / "solution.py").as_posix()))
    if sys.platform != "linux" and animal["cage"] == "hostile":  # no limit on memory, no fork: other words
        assert verdict.ok is (animal["kind"] == "passed")
        return
    says = re.sub(r"at line \d+|[\d,]{4,} lines", lambda m: re.sub(r"[\d,]+", "N", m[0]), verdict.says)
    if not animal.get("quick"):
        says = verdict.says
    assert (verdict.kind, says, verdict.mutant) == (animal["kind"], animal["says"], animal.get("mutant", ""))
    assert verdict.remarks == [animal["remark"]] if "remark" in animal else not verdict.remarks
    for name in ("got", "printed"):
        assert getattr(verdict, name) == animal.get(name, getattr(verdict, name))
    assert len(verdict.printed) <= 40_000
    assert verdict == Verdict.from_json(verdict.to_json())
    assert "Traceback" not in verdict.text()
    assert len(verdict.passed) + bool(verdict.failed) + verdict.waiting == 5


def test_there_are_at_least_forty_each_with_a_name_of_its_own():
    names = [param.id for param in animals()]
    assert len(names) == len(set(names)) >= 40
