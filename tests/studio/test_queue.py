"""The queue of trainings: real processes, which outlive the process that began them."""

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from groundup.common.errors import GroundupError
from groundup.common.places import runs_folder
from groundup.studio import processes, queue
from groundup.studio.processes import Job
from groundup.studio.status import status
from groundup.training.recipe import Recipe
from groundup.training.run import Run

TINY = {
    "model.width": 8,
    "training.batch_size": 2,
    "training.sequence_length": 8,
    "training.precision": "float32",
}
ENDLESS = "900Bsteps"  # on a machine of any speed


@pytest.fixture
def corpus(tmp_path) -> Path:
    file = tmp_path / "text.txt"
    file.write_text("the cat sat on the mat and looked at the rat. " * 60, encoding="utf-8")
    return file


@pytest.fixture
def new(corpus):
    """`new("a", "30steps")`: a run that is not trained yet. What still trains at the end is ended."""

    def make(name, budget, text=corpus):
        return Run.create(Recipe.preset("char-rnn", {**TINY, "corpus": str(text), "budget": budget}), name)

    yield make
    for job in queue.read().jobs:
        if job.pid is not None and processes.is_alive(job):
            psutil.Process(job.pid).kill()


def until(true, seconds=100):
    """Tick until something holds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        queue.tick()
        if true():
            return
        time.sleep(0.05)
    raise AssertionError(f"it did not happen: {queue.read()}")


def state(name):
    return queue.read().find(name).state


def trains(name):
    return any((runs_folder() / name).glob("metrics.jsonl")) and state(name) == "running"


@pytest.mark.slow
def test_one_at_a_time_then_the_next_and_a_failure_is_its_two_sentences(new, corpus):
    run = new("a", "20steps")
    other = corpus.with_name("short.txt")
    other.write_bytes(corpus.read_bytes())
    new("short", "20steps", other)
    other.write_text("too short", encoding="utf-8")  # since
    for name in ("a", "short"):
        queue.add(name)
    assert (state("a"), state("short")) == ("running", "waiting")
    assert status("short")["said"] == "It is the next to train."
    until(lambda: state("a") == "done")
    assert run.finished
    with pytest.raises(GroundupError, match="nothing to pause"):
        queue.ask("a", "pause")
    until(lambda: state("short") == "failed")
    job = queue.read().find("short")
    assert "holds only 9 bytes" in job.error
    assert "at least 100" in job.hint
    assert status("short")["what"] == job.error


@pytest.mark.slow
def test_pause_go_on_killed_from_outside_and_stop_and_keep(new):
    run = new("a", ENDLESS)
    new("b", ENDLESS)
    queue.add("a")
    queue.add("b")
    with pytest.raises(GroundupError, match="in the queue already"):
        queue.add("a")
    until(lambda: trains("a"))
    with pytest.raises(GroundupError, match="being trained right now"):
        queue.forget("a")
    queue.ask("a", "pause")
    until(lambda: state("a") == "paused")
    # The step in hand was finished and saved, and nothing is kept in memory. The next takes its turn.
    paused_at = list(run.events("end"))[-1]
    assert paused_at["reason"] == "interrupted"
    assert (run.folder / "last.safetensors").exists()
    assert state("b") == "running"
    queue.ask("a", "resume")
    assert state("a") == "waiting"
    queue.set_at_once(2)
    until(lambda: any(event["step"] > paused_at["step"] for event in run.events("step")))
    os.kill(queue.read().find("a").pid, signal.SIGKILL)
    until(lambda: state("a") == "failed")
    assert "ended from outside" in queue.read().find("a").error
    assert "can go on" in status("a")["hint"]
    queue.ask("b", "stop")
    until(lambda: state("b") == "stopped")
    queue.forget("a")
    assert queue.read().find("a") is None
    assert run.folder.is_dir()


def test_the_first_goes_before_those_that_wait():
    with queue.changing() as kept:
        kept.jobs = [Job("done", state="done"), *(Job(name, state="waiting") for name in "xyz")]
        kept.at_once = 0  # nothing is started
    queue.ask("z", "first")
    assert [job.name for job in queue.read().jobs] == ["done", "z", "x", "y"]


def test_a_number_that_came_again_is_another_process():
    mine = psutil.Process()
    assert processes.is_alive(Job("a", pid=mine.pid, started=mine.create_time()))
    assert not processes.is_alive(Job("a", pid=mine.pid, started=mine.create_time() - 60))


def test_a_damaged_queue_is_empty(home):
    queue.folder().mkdir(parents=True)
    (queue.folder() / "queue.json").write_text('{"jobs": [{"nonsense": 1}', encoding="utf-8")
    assert queue.read() == queue.Queue()
