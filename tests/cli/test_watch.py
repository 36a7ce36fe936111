"""`groundup watch`, in a real terminal: it checks what is saved, obeys its keys, and gives the terminal back."""

import os
import shutil
import signal
from pathlib import Path

import psutil
import pytest

from groundup.common.places import progress_file, workspace_folder
from groundup.course.progress.store import Store
from terminal import WAIT, Terminal, save

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals")
SMALL = Path(__file__).parents[1] / "course" / "small_course"
KEYS = "q quit"


@pytest.fixture(autouse=True)
def _small_course(monkeypatch):
    monkeypatch.setenv("GROUNDUP_COURSE", str(SMALL))


@pytest.fixture
def folder() -> Path:
    return workspace_folder() / "0.1-doubling"


def test_from_the_first_try_to_the_next_exercise(folder):
    with Terminal("watch") as terminal:
        terminal.until("Nothing is written yet")
        terminal.until(KEYS)
        save(folder / "double.py", "def double(x):\n    return x * x\n")
        terminal.until("You squared it")
        terminal.until(KEYS)
        terminal.press("h")
        terminal.until("Hint 1 of 3")
        terminal.press("s")
        terminal.until("y/n")
        terminal.press("n")
        terminal.until("Kept for later.")
        terminal.press("s")
        terminal.until("y/n")
        terminal.press("y")
        terminal.until("Another way")
        with open(folder / "double.py", "r+b") as file:  # in place, and never empty
            file.write(b"def double(x):\n    return 2 * x\n")
        terminal.until("Passed, in")
        terminal.until(KEYS)
        terminal.press("r")  # it has not moved on by itself
        terminal.until("0.1/double")
        terminal.until("Passed, in")
        terminal.until(KEYS)
        terminal.press("l")
        assert "✓" not in terminal.until("0.2/halve")
        terminal.press("n")
        terminal.until("0.1/running-sum")
        terminal.until("Nothing is written yet")
        terminal.until(KEYS)
        terminal.press("q")
        terminal.until("Go on with: groundup watch")
        assert terminal.ends() == 0
    with Store(progress_file()) as store:
        passed = [(event.about, event.data["passed"]) for event in store.events("attempt")]
        assert store.events("solution")[0].data == {"passed": False}
    assert passed == [("0.1/double", False), ("0.1/double", False), ("0.1/double", True), ("0.1/double", True),
                      ("0.1/running-sum", False)]  # fmt: skip


def test_whatever_happens_to_a_file_is_a_verdict(folder):
    file = folder / "double.py"
    with Terminal("watch", "0.1/double") as terminal:
        terminal.until(KEYS)
        file.unlink()
        terminal.until("It was deleted or moved")
        terminal.until(KEYS)
        file.write_bytes(b"a\0b")
        terminal.until("binary data")
        terminal.until(KEYS)
        save(file, "<<<<<<< HEAD\nx = 1\n=======\n>>>>>>> theirs\n")
        terminal.until("merge conflict")
        terminal.until(KEYS)
        file.rename(folder / "doubel.py")
        terminal.until("There is doubel.py beside")
        terminal.until(KEYS)
        file.mkdir()
        terminal.until("is a folder")
        terminal.until(KEYS)
        shutil.rmtree(folder)
        terminal.until("There is no file")
        terminal.until(KEYS)
        folder.mkdir()
        save(
            folder / "running_sum.py", "def running_sum(xs):\n    return xs\n"
        )  # another one: it turns to that
        terminal.until("0.1/running-sum")
        terminal.until(KEYS)
        terminal.press("\x03")
        terminal.until("Go on with: groundup watch")
        assert terminal.ends() == 0


def test_two_at_once(folder, groundup):
    with Terminal("watch") as first:
        first.until(KEYS)
        with Terminal("watch") as second:
            second.until("Another `groundup watch` is looking at")
            assert second.ends() == 2
        first.process.kill()  # it leaves its lock behind, which is stale now
        first.process.wait()
    with Terminal("watch") as third:
        third.until(KEYS)
        third.process.send_signal(signal.SIGTERM)
        assert third.ends() == 0


def test_it_stops_while_a_check_runs(folder):
    folder.mkdir(parents=True)
    (folder / "double.py").write_text(
        "def double(x):\n    print('here')\n    while True:\n        pass\n", encoding="utf-8"
    )
    with Terminal("watch") as terminal:
        terminal.until("0.1/double")
        children = psutil.Process(terminal.process.pid).children(recursive=True)
        terminal.press("\x03")
        terminal.until("Go on with: groundup watch")
        assert terminal.ends() == 0
        assert not psutil.wait_procs(children, timeout=WAIT)[1]
    with Store(progress_file()) as store:
        assert store.events("attempt") == []


def test_without_a_terminal_it_says_what_to_do(groundup):
    result = groundup("watch")
    assert result.code == 2
    assert "groundup check" in result.err
