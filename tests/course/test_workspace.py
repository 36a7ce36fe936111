"""The learner's own files: placed once, found by any name, kept whatever happens."""

import os
import shutil
from pathlib import Path

import pytest

from groundup.common.errors import GroundupError
from groundup.course.grading.grader import grade
from groundup.course.grading.workspace import Workspace
from groundup.course.lessons.catalogue import load_course

SMALL = Path(__file__).parent / "small_course"


@pytest.fixture
def exercises():
    return list(load_course(SMALL).exercises.values())


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "my work")


def test_a_starter_is_placed_once_and_never_again(workspace, exercises):
    file = workspace.place(exercises[0])
    assert file == workspace.folder / "0.1-doubling" / "double.py"
    assert file.read_bytes() == (exercises[0].folder / "starter.py").read_bytes().replace(b"\r\n", b"\n")
    file.write_text("mine", encoding="utf-8")
    assert workspace.place(exercises[0]) == file
    assert file.read_text(encoding="utf-8") == "mine"


def test_the_newest_is_what_was_saved_last(workspace, exercises):
    assert workspace.newest(exercises) is None
    for age, exercise in enumerate(exercises):
        os.utime(workspace.place(exercise), (1e9 - age, 1e9 - age))
    assert workspace.newest(exercises) == exercises[0]
    os.utime(workspace.file(exercises[2]), (2e9, 2e9))
    assert workspace.newest(exercises) == exercises[2]


def test_reset_keeps_every_text_aside(workspace, exercises):
    file = workspace.place(exercises[0])
    starter = file.read_bytes()
    assert workspace.reset(exercises[0]) is None  # nothing to keep
    kept = []
    for text in ("first", "second"):
        file.write_text(text, encoding="utf-8")
        kept.append(workspace.reset(exercises[0]))
    assert [path.name for path in kept] == ["double.kept-1.py", "double.kept-2.py"]
    assert [path.read_text(encoding="utf-8") for path in kept] == ["first", "second"]
    assert file.read_bytes() == starter
    file.unlink()
    assert workspace.reset(exercises[0]) is None
    assert file.read_bytes() == starter


def test_a_full_disk_leaves_what_was_there(workspace, exercises, monkeypatch):
    file = workspace.place(exercises[0])
    file.write_text("mine", encoding="utf-8")

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for do in (workspace.reset, Workspace(workspace.folder / "new").place):
        with pytest.raises(GroundupError, match="No space left on device") as error:
            do(exercises[0])
        assert "--workspace" in error.value.hint
    assert file.read_text(encoding="utf-8") == "mine"
    assert [path.name for path in file.parent.iterdir()] == ["double.py"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="rights do not bind the administrator")
def test_a_read_only_folder_is_said(workspace, exercises):
    workspace.folder.mkdir(mode=0o500)
    with pytest.raises(GroundupError, match="Permission denied"):
        workspace.place(exercises[0])


def test_a_file_where_a_folder_belongs_is_said(tmp_path, exercises):
    (tmp_path / "work").write_text("", encoding="utf-8")
    with pytest.raises(GroundupError, match="cannot be written"):
        Workspace(tmp_path / "work").place(exercises[0])


def test_a_folder_where_the_file_belongs_is_kept_aside(workspace, exercises):
    file = workspace.file(exercises[0])
    file.mkdir(parents=True)
    (file / "inside.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(GroundupError, match="is a folder"):
        workspace.place(exercises[0])
    kept = workspace.reset(exercises[0])
    assert (kept / "inside.txt").read_text(encoding="utf-8") == "mine"
    assert file.is_file()


def test_any_path_finds_its_exercise(workspace, exercises, monkeypatch):
    file = workspace.place(exercises[1])
    monkeypatch.chdir(file.parent)
    for given in (str(file), "running_sum.py", "./running_sum.py", "../0.1-doubling/running_sum.py",
                  "0.1-doubling/running_sum.py", "0.1/running-sum", "running-sum"):  # fmt: skip
        assert workspace.find(given, exercises) == (exercises[1], file), given
    monkeypatch.chdir(workspace.folder.parent)
    assert workspace.find("running_sum.py", exercises) == (exercises[1], file)
    assert workspace.find("double.py", exercises)[0] == exercises[0]  # not placed yet: still known


def test_a_link_to_the_workspace_is_the_workspace(workspace, exercises, tmp_path):
    file = workspace.place(exercises[0])
    try:
        (tmp_path / "link").symlink_to(workspace.folder, target_is_directory=True)
    except OSError:
        pytest.skip("this system makes no links")
    assert workspace.find(str(tmp_path / "link" / "0.1-doubling" / "double.py"), exercises)[1] == file


def test_a_copy_elsewhere_is_taken_by_its_name(workspace, exercises, tmp_path):
    copy = tmp_path / "elsewhere" / "double.py"
    copy.parent.mkdir()
    shutil.copy(workspace.place(exercises[0]), copy)
    assert workspace.find(str(copy), exercises) == (exercises[0], copy)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("0.1-doubling/running_sums.py", "Did you mean running_sum.py?"),
        ("0.1/runing-sum", "Did you mean '0.1/running-sum'?"),
        ("letters.txt", "There is no exercise"),
        ("quite_else.py", "Those lie below"),
    ],
)
def test_a_name_that_is_nearly_right_is_offered(workspace, exercises, given, says):
    workspace.place(exercises[1]).rename(workspace.folder / "0.1-doubling" / "running_sums.py")
    with pytest.raises(GroundupError) as error:
        workspace.find(given, exercises)
    assert says in str(error.value)


def test_a_conflict_of_git_is_named_by_the_verdict(workspace, exercises):
    file = workspace.place(exercises[0])
    file.write_text("<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> theirs\n", encoding="utf-8")
    verdict = grade(exercises[0], file)
    assert verdict.kind == "syntax"
    assert "Line 1 marks a merge conflict of git" in verdict.says
