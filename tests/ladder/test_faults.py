"""Faults: what each changes in the recipe and in the batches, and nothing else."""

import numpy as np
import pytest
import torch

from groundup.common.errors import GroundupError
from groundup.ladder.faults import FAULTS, STUDIES, check_faults, faults_of, with_fault
from groundup.models.ablations import PARTS
from groundup.text.batches import ContiguousStreams, Leaked, RandomWindows, WindowsInOrder
from groundup.training.recipe import Recipe, parse_setting, preset_names
from groundup.training.run import Run
from groundup.training.trackers import hyperparameters
from groundup.training.trainer import Trainer


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
        ("no-shuffling", {"training.shuffle": False}),
        ("labels-leaked", {"training.leak": True}),
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
            assert differences(recipe, with_fault(recipe, name)), (model, name)
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


def test_a_recurrent_model_cannot_be_unshuffled():
    with pytest.raises(GroundupError, match="reads its text in order anyway"):
        Recipe.preset("char-rnn", {"training.shuffle": False})


# ---- the batches -------------------------------------------------------------------------------------------


def test_windows_in_order_are_the_text_from_left_to_right_and_again():
    data = np.arange(26, dtype=np.uint16)
    batches = WindowsInOrder(data, 2, 5, seed=9)  # five windows fit; each is followed by one more target
    inputs = [batches.at(step)[0].tolist() for step in range(3)]
    assert inputs[0] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
    assert inputs[1] == [[10, 11, 12, 13, 14], [15, 16, 17, 18, 19]]
    assert inputs[2] == [[20, 21, 22, 23, 24], [0, 1, 2, 3, 4]]
    for step in range(7):
        inputs, targets = batches.at(step)
        assert torch.equal(targets, inputs + 1)
    with pytest.raises(GroundupError, match="too few"):
        WindowsInOrder(data[:5], 2, 5, seed=9)


def test_leaked_batches_have_their_targets_as_inputs():
    data = np.arange(400, dtype=np.uint16)
    windows, streams = RandomWindows(data, 3, 7, seed=1), ContiguousStreams(data, 3, 7, seed=1)
    inputs, targets = Leaked(windows).at(4)
    assert torch.equal(inputs, targets)
    assert torch.equal(targets, windows.at(4)[1])
    for step in (0, 1):
        inputs, targets, fresh = Leaked(streams).at(step)
        assert torch.equal(inputs, streams.at(step)[1])
        assert fresh == (step == 0)


@pytest.mark.parametrize(
    ("model", "fault", "kind"),
    [("gpt", None, RandomWindows), ("gpt", "no-shuffling", WindowsInOrder), ("gpt", "labels-leaked", Leaked),
     ("char-rnn", None, ContiguousStreams), ("char-rnn", "labels-leaked", Leaked)],
)  # fmt: skip
def test_the_trainer_reads_what_the_recipe_says(model, fault, kind, fox):
    recipe = Recipe.preset(model, {"corpus": str(fox), "training.sequence_length": 16})
    trainer = Trainer(Run.create(with_fault(recipe, fault) if fault else recipe, "one"), lambda event: None)
    trainer.prepare_data(trainer.run.corpus())
    assert type(trainer.batches) is kind
    trainer.prepare_model()
    if fault == "labels-leaked":
        inputs, targets, *_ = trainer.batches.at(0)
        assert torch.equal(inputs, targets)
