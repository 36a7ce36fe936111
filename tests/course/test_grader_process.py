"""The process of a check: warm, in threads, closed off; and the file that goes into it, as editors leave it."""

import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from groundup.course.grading import sandbox
from groundup.course.grading.grader import Grader, grade
from groundup.course.grading.workspace import UnreadableFile, read_submission
from groundup.course.lessons.exercise import Exercise

SOFTMAX = Exercise("0.9", Path(__file__).parent / "zoo" / "lessons" / "0.9-zoo" / "exercises" / "softmax")


def test_line_ends_marks_and_declared_encodings_do_not_matter(tmp_path):
    file = tmp_path / "softmax.py"
    code = SOFTMAX.code("solution.py")
    latin = "# -*- coding: latin-1 -*-\n# Größe\n" + code
    for data in (
        code.replace("\n", "\r\n").encode(), code.replace("\n", "\r").encode(), b"\xef\xbb\xbf" + code.encode(),
        latin.encode("latin-1"), ("# Größe ∂ 😀\n" + code).encode(),
    ):  # fmt: skip
        file.write_bytes(data)
        assert "\r" not in read_submission(file)
    file.write_bytes(latin.replace("\n", "\r\n").encode("latin-1"))
    assert grade(SOFTMAX, file).ok


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("# Größe\n".encode("utf-16"), "softmax.py was saved as UTF-16. Save it as UTF-8."),
        ("x = 1\n# Größe\n".encode("latin-1"), "Line 2 of softmax.py is not UTF-8. Save the file as UTF-8."),
        (b"\x7fELF\0\0\1", "softmax.py is no text, but binary data."),
        (
            b"# coding: klingon\n",
            "softmax.py names an encoding at its top that does not exist. Delete that line.",
        ),
        (b" \n\n", "softmax.py is empty. `groundup reset` writes the starter again."),
        (b"#" * 2**21, "softmax.py has 2 MB; a page of code is expected."),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, data, says):
    file = tmp_path / "softmax.py"
    file.write_bytes(data)
    verdict = grade(SOFTMAX, file)
    assert verdict.kind == "file"
    assert verdict.says.startswith(says)


def test_a_file_that_is_gone_renamed_or_a_folder(tmp_path):
    file = tmp_path / "softmax.py"
    assert "It was deleted or moved: `groundup reset` writes" in grade(SOFTMAX, file).says
    (tmp_path / "softmax (copy).py").write_text("x = 1", encoding="utf-8")
    assert "There is softmax (copy).py beside it: was it renamed?" in grade(SOFTMAX, file).says
    file.mkdir()
    assert "softmax.py is a folder, not a file." in grade(SOFTMAX, file).says
    with pytest.raises(UnreadableFile, match="There is no file"):
        read_submission(tmp_path / "no-folder" / "softmax.py")


def test_a_warm_worker_is_used_once_and_replaced(no_process_left):
    with Grader(warm=True) as grader:
        grader.prepare(SOFTMAX)
        (first,) = grader._waiting.values()
        assert grade_kinds(grader) == ["passed", "wrong"]
        (third,) = grader._waiting.values()
        assert third is not first
        assert not first.alive()
        third.process.kill()  # it may be gone when it is wanted
        third.process.wait()
        assert grade_kinds(grader) == ["passed", "wrong"]
    assert not Path(first.folder.name).exists()


def grade_kinds(grader):
    return [grader.grade(SOFTMAX, SOFTMAX.code(name)).kind for name in ("solution.py", "mutants/overflow.py")]


def test_two_threads_may_grade_at_once():
    found = {}
    with Grader(warm=True) as grader:

        def work(name):
            found[name] = grader.grade(SOFTMAX, SOFTMAX.code(name)).mutant

        names = ["mutants/overflow.py", "mutants/not-divided.py", "mutants/in-place.py"]
        threads = [threading.Thread(target=work, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == {f"mutants/{name}.py": name for name in ("overflow", "not-divided", "in-place")}


def test_it_works_in_an_empty_folder_that_is_deleted_and_finds_a_stripped_environment(monkeypatch):
    monkeypatch.setenv("SECRET_OF_MINE", "1")
    code = "import os\nprint(os.getcwd(), os.listdir(), 'SECRET_OF_MINE' in os.environ, sep='|')\n"
    where, inside, secret = grade(SOFTMAX, code + SOFTMAX.code("solution.py")).printed.strip().split("|")
    assert Path(where).parent == Path(tempfile.gettempdir()).resolve()
    assert not Path(where).exists()
    assert (inside, secret) == ("[]", "False")


@pytest.mark.skipif(sys.platform != "linux", reason="seccomp and Landlock are Linux's")
def test_on_linux_the_kernel_itself_refuses(tmp_path):
    """Without the audit hook: what is refused here, code of C cannot do either."""
    code = f"""
import os, socket, threading
from groundup.course.grading import sandbox
print(sandbox.restrict_system_calls({str(tmp_path)!r}))
for act in (os.fork, socket.socket, lambda: os.execv("/bin/true", ["true"]), lambda: os.kill(1, 0),
            lambda: open({str(tmp_path.parent / "elsewhere")!r}, "w"), lambda: open({str(tmp_path / "here")!r}, "w")):
    try:
        print(type(act()).__name__)
    except PermissionError:
        print("refused")
thread = threading.Thread(target=print, args=("a thread",))
thread.start()
thread.join()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    inforce, *rest = done.stdout.splitlines()
    if inforce != "['landlock', 'seccomp']":
        pytest.skip(f"this kernel gives {inforce}")
    assert rest == ["refused"] * 5 + ["TextIOWrapper", "a thread"]


def test_the_seal_names_what_was_changed_and_puts_it_back():
    import json

    own = {"f": len, "limit": 1.0}
    guard = sandbox.IntegrityGuard(own)
    assert guard.violations() == []
    real = json.dumps
    json.dumps = print
    own["limit"] = 2.0
    assert sorted(guard.violations()) == ["check.limit", "json.dumps"]
    assert json.dumps is real
    assert own["limit"] == 1.0
    assert guard.violations() == []
