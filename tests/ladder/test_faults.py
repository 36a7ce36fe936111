"""Faults: what each changes in the recipe and in the batches, and nothing else."""

import signal

import numpy as np
import pytest
import torch

from groundup.common.errors import GroundupError
from groundup.ladder.faults import (
    FAULTS,
    STUDIES,
    LeakedTargets,
    WindowsInOrder,
    check_faults,
    faults_of,
    with_fault,
)
from groundup.models.ablations import PARTS
from groundup.text.batches import ContiguousStreams, RandomWindows
from groundup.training import trainer
from groundup.training.events import StepEvent
from groundup.training.recipe import Recipe, parse_setting, preset_names
from groundup.training.run import Run
from groundup.training.trackers import hyperparameters
from groundup.training.trainer import train_run


def differences(one, other):
    """Dotted keys in which two recipes differ, with the values of the second."""
    found = {}
    for key, value in one.model_dump().items():
        theirs = other.model_dump()[key]
        if isinstance(value, dict):
            found |= {f"{key}.{part}": theirs[part] for part in value if value[part] != theirs[part]}
        elif value != theirs:
            found[key] = theirs
    return found


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("learning-rate-x100", {"training.learning_rate": pytest.approx(0.2)}),
        ("learning-rate-x0.01", {"training.learning_rate": pytest.approx(2e-5)}),
        ("constant-learning-rate", {"training.min_lr_ratio": 1.0}),
        ("no-warmup", {"training.warmup_ratio": 0.0}),
        ("no-clipping", {"training.max_grad_norm": 1e9}),
        ("start-too-large", {"model.init_std": pytest.approx(1.0)}),
        ("other-seed", {"seed": 2}),
    ],
)
def test_each_fault_changes_one_key(name, changed):
    recipe = Recipe.preset("gpt")
    assert differences(recipe, with_fault(recipe, name)) == changed


def test_every_fault_of_every_preset_makes_a_recipe_that_differs():
    shown = set()
    for model in preset_names():
        recipe = Recipe.preset(model)
        for name in faults_of(recipe):
            changed = differences(recipe, with_fault(recipe, name))
            assert bool(changed) != bool(FAULTS[name].wrap_batches), (model, name)
            shown.add(name)
    assert shown == set(FAULTS)


def test_every_part_and_fault_has_a_study():
    assert set(STUDIES) == set(PARTS) | set(FAULTS)
    for name, study in STUDIES.items():
        for words in (study.curves, study.recognise, study.practice):
            assert words.endswith("."), name


@pytest.mark.parametrize(
    ("model", "names", "says"),
    [
        ("gpt", ["lables-leaked"], "Did you mean 'labels-leaked'"),
        ("char-rnn", ["no-shuffling"], "changes nothing in this char-rnn"),
        ("transformer", ["start-too-large"], "It can have: learning-rate-x100"),
        ("gpt", ["no-warmup", "no-warmup"], "given twice"),
    ],
)
def test_wrong_faults_are_explained(model, names, says):
    with pytest.raises(GroundupError, match=says):
        check_faults(Recipe.preset(model), names)


# ---- the recipe keys ---------------------------------------------------------------------------------------


def test_parts_in_a_recipe_are_checked_saved_and_read_back():
    recipe = Recipe.preset("gpt", {"without": ["mask", "norm"]})
    assert Recipe.from_toml(recipe.to_toml()) == recipe
    assert Recipe.preset("gpt", dict([parse_setting("without=mask, norm")])) == recipe
    assert Recipe.from_toml(Recipe.preset("gpt").to_toml().replace("without = []\n", "")).without == ()
    for wrong, says in (("maks", "Did you mean 'mask'"), ("gates", "no gates"), ("mask,mask", "given twice")):
        with pytest.raises(GroundupError, match=says):
            Recipe.preset("gpt", {"without": wrong})


def test_trackers_are_given_parts_as_words(fox):
    run = Run.create(Recipe.preset("gpt", {"corpus": str(fox), "without": ["mask", "norm"]}), "one")
    assert hyperparameters(run)["without"] == "mask, norm"
    assert all(isinstance(value, int | float | str) for value in hyperparameters(run).values())


@pytest.mark.parametrize(("key", "fault"), [("shuffle", "no-shuffling"), ("leak", "labels-leaked")])
def test_a_key_that_is_a_fault_now_names_it(key, fault):
    with pytest.raises(GroundupError, match=f"no key 'training.{key}' any more.*--fault {fault}"):
        Recipe.preset("gpt", {f"training.{key}": True})


# ---- the batches -------------------------------------------------------------------------------------------


def test_windows_in_order_are_the_text_from_left_to_right_and_again():
    data = np.arange(26, dtype=np.uint16)
    batches = WindowsInOrder(
        RandomWindows(data, 2, 5, seed=9)
    )  # five windows fit; each is followed by one more target
    inputs = [batches.at(step)[0].tolist() for step in range(3)]
    assert inputs[0] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
    assert inputs[1] == [[10, 11, 12, 13, 14], [15, 16, 17, 18, 19]]
    assert inputs[2] == [[20, 21, 22, 23, 24], [0, 1, 2, 3, 4]]
    for step in range(7):
        inputs, targets = batches.at(step)
        assert torch.equal(targets, inputs + 1)


def test_leaked_batches_have_their_targets_as_inputs():
    data = np.arange(400, dtype=np.uint16)
    windows, streams = RandomWindows(data, 3, 7, seed=1), ContiguousStreams(data, 3, 7, seed=1)
    inputs, targets = LeakedTargets(windows).at(4)
    assert torch.equal(inputs, targets)
    assert torch.equal(targets, windows.at(4)[1])
    for step in (0, 1):
        inputs, targets, fresh = LeakedTargets(streams).at(step)
        assert torch.equal(inputs, streams.at(step)[1])
        assert fresh == (step == 0)


@pytest.mark.parametrize("fault", ["no-shuffling", "labels-leaked"])
def test_a_run_goes_on_with_the_batches_it_began_with(fault, fox, monkeypatch):
    monkeypatch.setattr(trainer, "STEP_EVENT_INTERVAL_S", 0.0)
    quick = {
        "corpus": str(fox),
        "budget": "6steps",
        "training.sequence_length": 16,
        "training.evaluations": 1,
        "training.precision": "float32",
    }
    recipe, wrap = Recipe.preset("gpt", quick), FAULTS[fault].wrap_batches

    def press_ctrl_c(event):
        if isinstance(event, StepEvent) and event.step == 3:
            signal.raise_signal(signal.SIGINT)

    unbroken, broken, plain = (Run.create(recipe, name) for name in ("unbroken", "broken", "plain"))
    assert train_run(unbroken, wrap_batches=wrap) == "budget"
    assert train_run(broken, press_ctrl_c, wrap) == "interrupted"
    with pytest.raises(GroundupError, match="ablate --resume"):
        train_run(Run.open("broken"))
    assert train_run(Run.open("broken"), wrap_batches=wrap) == "budget"
    train_run(plain)
    losses = [[event["loss"] for event in run.events("step")] for run in (unbroken, broken, plain)]
    assert losses[0] == losses[1] != losses[2]
