"""`groundup check`, `hint`, `solution`, `reset`: each says what it did, and what comes next."""

import os
import shutil
from pathlib import Path

import pytest

from groundup.common.places import progress_file, workspace_folder
from groundup.course.lessons.catalogue import load_course
from groundup.course.progress.progress import exercise_hash
from groundup.course.progress.store import Store

SMALL = Path(__file__).parents[1] / "course" / "small_course"
DOUBLE = SMALL / "0.1-doubling" / "exercises" / "double"


@pytest.fixture(autouse=True)
def _small_course(monkeypatch):
    monkeypatch.setenv("GROUNDUP_COURSE", str(SMALL))


def written(source: str = "starter.py", name: str = "double.py") -> Path:
    """The learner's file of the first exercise, with a text of the exercise's own."""
    file = workspace_folder() / "0.1-doubling" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(DOUBLE / source, file)
    return file


def events(kind):
    with Store(progress_file()) as store:
        return store.events(kind)


def test_check_takes_the_file_that_was_saved_last(groundup):
    written()
    result = groundup("check")
    assert result.code == 1
    assert "0.1/double" in result.out
    assert "Nothing is written yet" in result.out
    assert "groundup hint   (3 of 3 left)" in result.out
    written("mutants/wrong-way.py")
    result = groundup("check")
    assert result.code == 1
    assert "You squared it" in result.out
    written("solution.py")
    result = groundup("check")
    assert result.code == 0
    assert "Passed, in" in result.out
    assert "The first exercise of the course is yours." in result.out
    assert "Next: groundup learn goes on. Waiting in this lesson: Sum as you go." in result.out
    data = [event.data for event in events("attempt")]
    assert [(item["passed"], item["kind"], item["mutant"]) for item in data] == [
        (False, "untouched", ""), (False, "wrong", "wrong-way"), (True, "passed", "")]  # fmt: skip
    assert len({item["source"] for item in data}) == 3
    assert {item["exercise"] for item in data} == {exercise_hash(load_course(SMALL).exercise("0.1/double"))}


def test_celebrations_can_be_turned_off(groundup):
    with Store(progress_file()) as store:
        store.add("setting", "celebrations", value=False)
    written("solution.py")
    result = groundup("check")
    assert result.code == 0
    assert "is yours" not in result.out


def test_check_for_programs(groundup):
    written("mutants/wrong-way.py")
    result = groundup("check", "0.1/double", "--json")
    assert result.code == 1
    assert result.json["ok"] is False
    assert result.json["mutant"] == "wrong-way"
    assert result.json["file"].endswith("double.py")
    written("solution.py")
    assert groundup("check", "--json").json["ok"] is True


def test_check_where_there_is_nothing(groundup):
    result = groundup("check")
    assert result.code == 2
    assert "There is no file of yours" in result.err
    assert "groundup learn" in result.err
    result = groundup("check", "0.1/duble")
    assert result.code == 2
    assert "Did you mean '0.1/double'?" in result.err


@pytest.mark.parametrize(
    ("data", "says"),
    [(None, "There is no file"), (b"\0\1", "binary"), ("def f(): 'ä'".encode("utf-16"), "UTF-16"),
     (b"# \xe4\n", "not UTF-8"), (b"", "is empty")],
)  # fmt: skip
def test_a_file_that_is_no_text_is_told_and_is_no_attempt(groundup, data, says):
    file = written()
    file.unlink()
    if data is not None:
        file.write_bytes(data)
    result = groundup("check", "0.1/double")
    assert result.code == 2
    assert says in " ".join(result.out.split())
    assert events("attempt") == []


def test_windows_line_ends_are_fine(groundup):
    file = written()
    file.write_bytes(b"def double(x):\r\n    return 2 * x\r\n")
    assert groundup("check").code == 0


def test_a_renamed_file_is_recognised(groundup):
    file = written("solution.py", "duoble.py")
    result = groundup("check", file)
    assert result.code == 2
    assert "Did you mean double.py?" in result.err
    result = groundup("check", "0.1/double")
    assert "duoble.py beside it: was it renamed?" in " ".join(result.out.split())


def test_a_verdict_fits_a_narrow_terminal(groundup, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    written().unlink()
    result = groundup("check", "0.1/double")
    assert max(len(line) for line in result.out.split("\n") if "/" not in line) <= 60


def test_hints_come_one_by_one(groundup):
    written()
    assert "Hint 1 of 3" in groundup("hint").out
    assert "Hint 2 of 3" in groundup("hint").out
    assert "(1 of 3 left)" in groundup("check").out
    last = groundup("hint").out
    assert "Hint 3 of 3" in last
    assert "groundup solution" in last
    again = groundup("hint").out
    assert all(f"Hint {number} of 3" in again for number in (1, 2, 3))
    assert [event.data["number"] for event in events("hint")] == [1, 2, 3]


def test_the_solution_asks_to_be_sure_until_one_has_passed(groundup):
    written()
    result = groundup("solution")
    assert result.code == 2
    assert "You have not passed 0.1/double yet." in result.err
    assert "--yes" in result.err
    result = groundup("solution", "--yes")
    assert result.code == 0
    assert "return 2 * x" in result.out
    assert "Because that is what the word means." in result.out
    assert "return x + x" in result.out
    written("solution.py")
    groundup("check")
    assert groundup("solution").code == 0
    assert [event.data["passed"] for event in events("solution")] == [False, True]


def test_reset_keeps_the_old_text_and_says_where(groundup):
    file = written("solution.py")
    result = groundup("reset")
    assert result.code == 0
    assert "double.kept-1.py" in result.out
    assert file.read_bytes() == (DOUBLE / "starter.py").read_bytes()
    assert events("reset")[0].data["kept"] == str(file.with_name("double.kept-1.py"))
    assert "is the starter already" in groundup("reset").out
    assert groundup("check").code == 1  # the kept file is not taken for one of the exercise's


def test_reset_after_a_deletion_means_the_file_that_is_gone(groundup):
    other = workspace_folder() / "0.1-doubling" / "running_sum.py"
    file = written("mutants/wrong-way.py")
    groundup("check")
    other.write_text("mine", encoding="utf-8")
    file.unlink()
    assert "0.1/double: the starter is in" in groundup("reset").out
    assert other.read_text(encoding="utf-8") == "mine"
    assert file.exists()


def test_another_workspace(groundup, tmp_path):
    result = groundup("reset", "0.1/double", "--workspace", tmp_path / "desk")
    assert result.code == 0
    assert (tmp_path / "desk" / "0.1-doubling" / "double.py").exists()
    assert groundup("check", "--workspace", tmp_path / "desk").code == 1
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = groundup("check", "--workspace", tmp_path / "file")
    assert result.code == 2
    assert "your exercises need a folder" in result.err


def test_a_workspace_that_was_moved_is_said(groundup, tmp_path):
    written("solution.py")
    groundup("check")
    workspace_folder().rename(tmp_path / "moved")
    result = groundup("check")
    assert result.code == 2
    assert "not there any more" in result.err
    assert "--workspace" in result.err
    assert groundup("check", "--workspace", tmp_path / "moved").code == 0


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="rights do not bind the administrator")
def test_a_read_only_workspace_is_said(groundup):
    workspace_folder().mkdir(parents=True)
    workspace_folder().chmod(0o500)
    result = groundup("reset", "0.1/double")
    assert result.code == 2
    assert "cannot be written" in result.err
