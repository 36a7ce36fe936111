"""A run that is stopped at any instant goes on to the same numbers as one that never stopped."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
import torch

from groundup.common.errors import GroundupError
from groundup.models import MODELS
from groundup.training import trainer
from groundup.training.checkpoint import load_checkpoint
from groundup.training.events import StepEvent
from groundup.training.interrupt import Interrupt
from groundup.training.run import Run
from groundup.training.trainer import train_run

TRAIN = """
import sys, time
from groundup.training import trainer
from groundup.training.events import StepEvent
from groundup.training.run import Run
trainer.SAVE_INTERVAL_S = 0.02   # save often, so that a kill falls into a save now and then
trainer.STEP_EVENT_INTERVAL_S = 0.0
steps = 0
def tell(event):
    global steps
    steps += isinstance(event, StepEvent)
    print(getattr(event, "kind", "notice"), flush=True)
    while steps == int(sys.argv[2]):     # one that is to be killed waits for it, on a machine of any speed
        time.sleep(1)
trainer.train_run(Run.open(sys.argv[1]), tell)
"""


def history(run):
    """Every event of the training itself, without what the clock decides."""
    timing = ("seconds", "tokens_per_second", "spent")
    return [
        {key: value for key, value in event.items() if key not in timing}
        for event in run.events()
        if event["event"] in ("step", "evaluation")
    ]


def assert_same_outcome(one, other):
    for which in ("last", "best"):
        (a, state_a), (b, state_b) = (
            load_checkpoint(run.folder / f"{which}.safetensors") for run in (one, other)
        )
        assert a.keys() == b.keys()
        for name in a:
            assert torch.equal(a[name], b[name]), name
        for key in ("step", "tokens", "evaluations", "best_bpb", "best_step", "without_gain"):
            assert state_a["position"][key] == state_b["position"][key]
    assert history(one) == history(other)


@pytest.fixture
def every_step(monkeypatch):
    monkeypatch.setattr(trainer, "STEP_EVENT_INTERVAL_S", 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("budget", ["24steps", "1536tokens"])
@pytest.mark.parametrize("name", list(MODELS))
def test_interrupted_and_resumed_equals_unbroken(name, budget, small_recipe, every_step):
    recipe = small_recipe(name, budget, gradient_accumulation_steps=1)
    unbroken = Run.create(recipe, "unbroken")
    assert train_run(unbroken) == "budget"

    broken = Run.create(recipe, "broken")
    for stop in (5, 11, 17):

        def press_ctrl_c(event, stop=stop):
            if isinstance(event, StepEvent) and event.step == stop:
                signal.raise_signal(signal.SIGINT)

        assert train_run(Run.open("broken"), press_ctrl_c) == "interrupted"
    assert train_run(Run.open("broken")) == "budget"
    assert_same_outcome(unbroken, broken)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("name", list(MODELS))
def test_killed_at_random_instants_and_resumed_equals_unbroken(name, small_recipe, every_step):
    recipe = small_recipe(name, "150steps")
    unbroken = Run.create(recipe, "unbroken")
    train_run(unbroken)

    Run.create(recipe, "killed")
    chance = random.Random(name)
    kills, wanted = 0, 2 if name in ("char-rnn", "gpt") else 1  # a process takes two seconds to start
    while not Run.open("killed").finished:
        waits_at = 65 if kills < wanted else -1
        process = subprocess.Popen(
            [sys.executable, "-c", TRAIN, "killed", str(waits_at)], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())},
        )  # fmt: skip
        if kills < wanted:
            for _ in range(chance.randint(1, 60)):
                while process.stdout.readline() != "step\n":
                    assert process.poll() is None
            time.sleep(chance.uniform(0, 0.05))
            process.kill()
            kills += 1
        process.communicate()
    assert kills == wanted
    assert_same_outcome(unbroken, Run.open("killed"))


class Clock:
    """Of a machine on which each step takes 0.02 seconds; thirty of them add up to a little less than 0.6."""

    def __init__(self):
        self.now = 100.0

    def perf_counter(self):
        self.now += 0.02
        return self.now

    monotonic = perf_counter


def test_a_budget_of_seconds_goes_on_from_the_time_already_spent(small_recipe, every_step, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(trainer, "time", clock)

    def press_ctrl_c(event):
        if isinstance(event, StepEvent) and event.seconds > 0.2:
            signal.raise_signal(signal.SIGINT)

    run = Run.create(small_recipe("gpt", "0.6s"))
    assert train_run(run, press_ctrl_c) == "interrupted"
    clock.now += 1000  # time that passes between is not training
    before = list(run.events("step"))[-1]["seconds"]
    assert before == pytest.approx(0.22)
    assert train_run(Run.open(run.name)) == "budget"
    resumed = next(run.events("resume"))
    assert resumed["seconds"] == before
    steps = list(run.events("step"))
    assert [event["seconds"] for event in steps[-2:]] == pytest.approx([0.6, 0.62])
    assert len([event for event in steps if event["seconds"] > before]) == 20
    assert len(list(run.events("evaluation"))) == 3


def test_the_first_ctrl_c_only_asks_and_the_second_stops():
    with Interrupt() as interrupt:
        signal.raise_signal(signal.SIGINT)
        assert interrupt.requested
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_events_after_the_last_save_are_cut(small_recipe, every_step):
    """What a killed process wrote after its last save happens again, so it must not stand twice."""
    run = Run.create(small_recipe("gpt", "24steps"))

    def press_ctrl_c(event):
        if isinstance(event, StepEvent) and event.step == 5:
            signal.raise_signal(signal.SIGINT)

    train_run(run, press_ctrl_c)
    with open(run.metrics_file, "a", encoding="utf-8") as file:
        file.write(
            json.dumps({"event": "step", "step": 6, "tokens": 1, "seconds": 1, "loss": 0.0}) + "\n{half"
        )
    train_run(Run.open(run.name))
    assert [event["step"] for event in run.events("step")] == list(range(1, 25))


@pytest.mark.parametrize("fact", ["batches", "precision", "precision_why"])
def test_a_run_whose_facts_are_incomplete_is_not_resumed(fact, small_recipe):
    """Such as one that an older version began: the error says what is missing, and what to do instead."""
    run = Run.create(small_recipe("gpt", "3steps"), "old")
    train_run(run)
    run.grow("+3steps")
    facts = run.folder / "run.toml"
    lines = facts.read_text(encoding="utf-8").splitlines(keepends=True)
    facts.write_text("".join(line for line in lines if not line.startswith(f"{fact} =")), encoding="utf-8")
    before = run.metrics_file.read_bytes()
    with pytest.raises(GroundupError, match=f"'old' cannot be resumed: its run.toml lacks {fact}") as error:
        train_run(Run.open("old"))
    assert f'groundup train --recipe "{run.folder / "recipe.toml"}"' in error.value.hint
    assert run.metrics_file.read_bytes() == before
    assert Run.open("old").summary()["steps"] == 3  # what it has learnt is still there
