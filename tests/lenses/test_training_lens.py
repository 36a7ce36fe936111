"""Training: the curves are the run's events; updates are what a step really did; dead units are really dead."""

import json

import numpy as np
import pytest
import torch
from made_runs import recipe, told, trained
from small_models import RECURRENT, assert_drawn, small

from groundup.common.errors import GroundupError
from groundup.lenses import training
from groundup.lenses.hooked_model import hooked_model
from groundup.models import MODELS, build
from groundup.training import trainer
from groundup.training.optimizer import Update, matrices
from groundup.training.run import Run
from groundup.training.trainer import train_run
from made_trainers import make_trainer


@pytest.fixture
def every_step(monkeypatch):
    monkeypatch.setattr(trainer, "STEP_EVENT_INTERVAL_S", -1.0)


@pytest.fixture
def text(tmp_path):
    return told(tmp_path, 20_000)


@pytest.mark.usefixtures("every_step")
def test_the_curves_are_the_events(text):
    run = trained("gpt", text, 20, evaluations=4)
    trace = training.trace(run.name)
    steps, scores = list(run.events("step")), list(run.events("evaluation"))
    assert trace.steps.tolist() == list(range(1, 21))
    assert trace.losses.tolist() == [event["loss"] for event in steps]
    assert trace.gradient_norms.tolist() == [event["gradient_norm"] for event in steps]
    assert trace.learning_rates.tolist() == [event["learning_rate"] for event in steps]
    assert trace.bpb.tolist() == [event["bpb"] for event in scores]
    assert trace.samples == [event["sample"] for event in scores]
    assert trace.state == "budget"
    assert set(trace.update_ratios) == {"token_embedding", "position_embedding", "blocks.0", "blocks.1"}
    for name, values in trace.update_ratios.items():
        assert values.tolist() == [event["update_ratio"][name] for event in steps]
    assert trace.dead_tokens > 100
    assert set(trace.dead) == {"blocks.0.mlp", "blocks.1.mlp"}
    assert_drawn(trace)


@pytest.mark.parametrize("name", list(MODELS))
def test_an_update_ratio_is_how_far_the_step_moved(name, text):
    """Against a whole copy of the weights before and after."""
    run = Run.create(recipe(name, text, 5))
    one = make_trainer(run)
    one.step(1e-3)
    before = {key: p.detach().clone() for key, p in one.model.named_parameters()}
    update = Update(one.model)
    one.step(1e-3)
    after = dict(one.model.named_parameters())
    ratios = update.ratios()
    groups = matrices(one.model)
    assert set(ratios) == set(groups)
    names = {id(p): key for key, p in one.model.named_parameters()}
    for group, ratio in ratios.items():
        keys = [names[id(matrix)] for matrix in groups[group]]
        moved = torch.cat([(after[key] - before[key]).flatten() for key in keys]).norm()
        assert ratio == pytest.approx(
            (moved / torch.cat([before[k].flatten() for k in keys]).norm()).item(), rel=1e-4
        )
        assert ratio > 0
    assert sum(len(group) for group in groups.values()) == sum(p.dim() >= 2 for p in one.model.parameters())


def test_measuring_updates_changes_nothing_of_the_training(text, monkeypatch):
    plain = trained("char-rnn", text, 12)
    monkeypatch.setattr(trainer, "STEP_EVENT_INTERVAL_S", -1.0)
    watched = trained("char-rnn", text, 12)
    assert len(list(watched.events("step"))) == 12
    for one, other in zip(plain.model("last").parameters(), watched.model("last").parameters(), strict=True):
        assert torch.equal(one, other)
    assert "update_ratio" in list(plain.events("step"))[-1], "the last step is always measured"


def test_only_steps_that_are_told_of_are_measured(text, monkeypatch):
    """So that the copy of the weights costs next to nothing."""
    made = []
    monkeypatch.setattr(trainer, "Update", lambda model: made.append(1) or Update(model))
    monkeypatch.setattr(trainer, "STEP_EVENT_INTERVAL_S", 1e9)
    run = trained("gpt", text, 30)
    assert len(made) == 1
    assert [event["step"] for event in run.events("step")] == [30]


def test_runs_of_before_updates_were_measured_and_damaged_lines(text):
    run = trained("gpt", text, 3)
    lines = [json.loads(line) for line in run.metrics_file.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        line.pop("update_ratio", None)
    broken = ['{"event": "step", "step": 2}', "not json", '{"event": "step", "lo']
    run.metrics_file.write_text("\n".join([json.dumps(line) for line in lines] + broken), encoding="utf-8")
    trace = training.trace(run, units=False)
    assert trace.update_ratios == {}
    assert trace.steps.tolist() == [event["step"] for event in lines if event["event"] == "step"]
    assert trace.dead == {}
    assert_drawn(trace)


def test_a_run_without_events_is_explained(text):
    run = Run.create(recipe("gpt", text, 3), "mine")
    with pytest.raises(GroundupError, match=r"no events.*groundup resume mine"):
        training.trace("mine")
    train_run(run)
    run.metrics_file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(GroundupError, match="no events"):
        training.trace("mine")


def test_a_text_that_has_gone_only_leaves_out_the_units(text):
    run = trained("gpt", text, 3)
    text.unlink()
    trace = training.trace(run)
    assert trace.dead == {}
    assert trace.losses.tolist() == [event["loss"] for event in run.events("step")]


@pytest.mark.parametrize("kind", ["transformer", "gpt"])
def test_dead_units_are_those_that_never_rise_above_zero(kind):
    model, tokenizer = small(kind)
    tokens = torch.tensor(tokenizer.encode("to be, or not to be: that is the question."))
    assert training.dead_units(hooked_model((model, tokenizer)), tokens)["blocks.1.mlp"] < 0.3
    with torch.no_grad():
        model.blocks[1].feed_forward.up.bias[:24] = -100.0
    dead = training.dead_units(hooked_model((model, tokenizer)), tokens)
    assert dead["blocks.1.mlp"] >= 0.5
    assert dead["blocks.0.mlp"] < 0.3


@pytest.mark.parametrize("kind", RECURRENT)
def test_dead_units_of_recurrent_models_never_change(kind):
    model, tokenizer = small(kind)
    tokens = torch.tensor(tokenizer.encode("to be, or not to be: that is the question."))
    assert training.dead_units(hooked_model((model, tokenizer)), tokens) == {"cells": 0.0}
    top = model.cells.layers - 1
    with torch.no_grad():
        w = model.cells.weights(top)
        for matrix in (w.ih, w.hh):
            matrix.zero_()
        w.bias_ih.fill_(50.0)  # saturates, and for the GRU the state never moves
        w.bias_hh.zero_()
    if kind == "lstm-attention":  # its cell still counts up, until its tanh is full
        tokens = tokens.repeat(4)
        assert training.dead_units(hooked_model((model, tokenizer)), tokens)["cells"] in (0.0, 1.0)
    else:
        assert training.dead_units(hooked_model((model, tokenizer)), tokens) == {"cells": 1.0}


def test_usual_ratios_leave_out_warm_up_and_decay():
    def course(values):
        return np.array(values, dtype=float)

    nothing = course([])
    trace = training.TrainingTrace(
        run="", kind="gpt", budget="", state="", max_grad_norm=1.0, vocab_size=9, highest_rate=1.0,
        steps=course([1, 2, 3, 4]),
        seconds=nothing, losses=nothing, learning_rates=course([0.1, 1.0, 0.9, 0.2]), gradient_norms=nothing,
        update_ratios={"a": course([9, 2, 4, 9]), "b": course([9, np.nan, 3, 9])}, evaluation_steps=nothing,
        evaluation_spent=nothing, bpb=nothing, validation_losses=nothing, samples=[], diverged_at=None,
        last_loss=0.0, last_gradient_norm=0.0,
    )  # fmt: skip
    assert trace.usual_ratios() == {"a": 3.0, "b": 3.0}


def test_a_fresh_model_has_no_dead_units():
    torch.manual_seed(0)
    model, tokenizer = small("transformer")
    fresh = build(model.config, tokenizer.vocab_size).eval()
    tokens = torch.tensor(tokenizer.encode("to be, or not to be: that is the question.") * 4)
    assert max(training.dead_units(hooked_model((fresh, tokenizer)), tokens).values()) < 0.25
