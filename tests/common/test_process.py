"""Child processes: what is asked and answered, limits, and that nothing is left behind."""

import math
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from groundup.common.errors import GroundupError
from groundup.common.process import (
    ONE_THREAD,
    ChildError,
    ChildPool,
    ChildProcess,
    child_environment,
    run_program,
    start_detached,
)

CHILD = """
import os, subprocess, sys, time
from groundup.common.errors import GroundupError
from groundup.common.process import serve

def answer(request):
    if "refuse" in request:
        raise GroundupError("It is refused.", "Ask for something else.")
    if "count" in request:
        yield from range(request["count"])
    if "eval" in request:
        yield eval(request["eval"])
    if "print" in request:
        print(request["print"])
        os.write(1, b'{"reply": "forged"}\\n')
        input()
    if "start" in request:
        yield subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"]).pid
    if "fill" in request:
        kept = bytearray(os.urandom(2**20)) * request["fill"]
        time.sleep(1000)
    if "end" in request:
        os._exit(request["end"])
    time.sleep(request.get("sleep", 0))

def main():
    serve(answer)
"""


@pytest.fixture
def start(tmp_path):
    """`start()`: a child that does what the requests above say. All of them are ended after the test."""
    (tmp_path / "child_of_tests.py").write_text(CHILD, encoding="utf-8")
    children = []

    def start(**options) -> ChildProcess:
        environment = child_environment(**ONE_THREAD, PYTHONPATH=str(tmp_path))
        children.append(ChildProcess("child_of_tests", environment=environment, **options))
        return children[-1]

    yield start
    for child in children:
        child.kill()


def gone(pid: int, seconds: float = 60.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_replies_come_in_order_one_request_after_another(start):
    child = start()
    assert list(child.ask({"count": 3})) == [0, 1, 2]
    with pytest.raises(GroundupError, match=r"It is refused\. Ask for something else\."):
        list(child.ask({"refuse": True}))
    big = "x" * 3_000_000
    assert list(child.ask({"eval": f"'{big}\\N{{SNOWMAN}}'"})) == [big + "\N{SNOWMAN}"]
    assert not child.busy
    assert list(child.ask({"eval": "__import__('os').environ['OMP_NUM_THREADS']"})) == ["1"]


def test_what_it_prints_is_no_message_and_its_input_is_empty(start):
    child = start(max_output_bytes=10)
    with pytest.raises(ChildError, match="ended"):  # by the EOFError
        list(child.ask({"print": "hello there"}))
    child.kill()
    assert child.output == b"hello ther"


def test_limits_of_time_and_memory(start):
    child = start()
    list(child.ask({}))
    with pytest.raises(ChildError, match="time"):
        list(child.ask({"sleep": 1000}, seconds=0.2))
    assert child.busy
    with pytest.raises(ChildError, match="memory"):
        list(start().ask({"fill": 300}, max_memory=200 * 2**20))


def test_an_end_is_said_to_each_who_asks(start):
    child = start()
    with pytest.raises(ChildError, match="ended"):
        list(child.ask({"end": 3}))
    assert child.wait(60.0) == 3
    with pytest.raises(ChildError, match="ended"):
        list(child.ask({}))
    assert math.isclose(child.memory(), 0)


def test_kill_ends_what_it_started_and_deletes_its_folder(start):
    child = start(folder_variables=("HOME",))
    (home,) = child.ask({"eval": "os.environ['HOME'], os.getcwd(), os.listdir()"})
    assert home == [child.folder.name, str(Path(child.folder.name).resolve()), []]
    (grandchild,) = child.ask({"start": True})
    child.kill()
    child.kill()
    assert gone(child.process.pid)
    assert gone(grandchild)
    assert not Path(child.folder.name).exists()


def test_a_child_ends_with_its_parent_in_the_middle_of_its_work_and_a_detached_one_does_not(tmp_path):
    (tmp_path / "child_of_tests.py").write_text(CHILD, encoding="utf-8")
    code = """
import sys, time
from groundup.common.process import ChildProcess, start_detached
child = ChildProcess("child_of_tests")
(one,) = child.ask({"eval": "os.getpid()"})
child.send({"sleep": 1000})
print(one, start_detached([sys.executable, "-c", "import time; time.sleep(1000)"]).pid, flush=True)
time.sleep(1000)
"""
    environment = child_environment(PYTHONPATH=str(tmp_path))
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment)
    child, detached = map(int, parent.stdout.readline().split())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone(child)
    assert psutil.pid_exists(detached)
    psutil.Process(detached).kill()


def test_a_detached_process_writes_into_its_log(tmp_path):
    with open(tmp_path / "log", "wb") as log:
        code = "import os; print(os.getcwd())"
        process = start_detached([sys.executable, "-c", code], log=log, folder=tmp_path)
    assert process.wait(60) == 0
    assert (tmp_path / "log").read_text().strip() == str(tmp_path.resolve())
    if os.name == "posix":
        assert os.getpgid(0) != process.pid


def test_a_pool_keeps_idle_children_and_replaces_those_that_are_cut_off(start):
    pool = ChildPool(start, spare=1)
    first = pool.take()
    assert list(first.ask({"count": 1})) == [0]
    pool.give_back(first)
    assert pool.take() is first
    second = pool.take()
    next(iter(second.ask({"count": 2})))  # the rest is not waited for
    pool.give_back(second)
    assert not second.alive()
    (third,) = pool.waiting
    third.process.kill()
    third.wait()
    fourth = pool.take()
    assert fourth is not third
    pool.give_back(fourth)
    pool.close()
    assert not any(child.alive() for child in (first, second, third, fourth))
    pool.give_back(first)  # one that was at work when the pool was closed
    assert not pool.working


def test_a_program_runs_as_with_python_c():
    source = "import sys\nprint(__name__)\ndef fail():\n    1 / 0\nfail()"
    expected = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False)
    assert run_program(source, 60.0) == expected.stdout + expected.stderr
    broken = subprocess.run([sys.executable, "-c", "x ="], capture_output=True, text=True, check=False)
    assert run_program("x =", 60.0) == broken.stderr
    assert run_program("while True: pass", 0.5) is None
