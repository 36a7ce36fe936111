"""Diagnosis: each mistake is made for real, in a small training, and named; healthy trainings are left in peace."""

from dataclasses import replace

import pytest
from made_runs import english, recipe, told, trained
from small_models import assert_drawn

from groundup.common.errors import GroundupError
from groundup.ladder.faults import LeakedTargets
from groundup.lenses import diagnosis, training
from groundup.models import MODELS
from groundup.training import trainer
from groundup.training.run import Run
from groundup.training.trainer import train_run


@pytest.fixture(autouse=True)
def _every_step(monkeypatch):
    """However fast the machine is, every step is told of. Samples are short: they are not read."""
    monkeypatch.setattr(trainer, "STEP_EVENT_INTERVAL_S", -1.0)
    monkeypatch.setattr(trainer, "SAMPLE_TOKENS", 4)


@pytest.fixture
def text(tmp_path):
    return english(tmp_path)


def names(trace):
    return [finding.name for finding in trace.findings]


def first(run):
    trace = training.trace(run)
    return trace, trace.findings[0]


@pytest.mark.slow
@pytest.mark.parametrize("model", list(MODELS))
def test_healthy_trainings_are_left_in_peace(model, text):
    """All five models, on English, with the learning rates that suit them."""
    trace, found = first(trained(model, text, 450 if model == "gpt" else 300))
    assert names(trace) == ["healthy"], found
    assert f"{trace.bpb[-1]:.3f} bits per byte" in found.evidence
    assert found.since is None


@pytest.mark.slow
def test_over_fitting(tmp_path):
    """A model of 100,000 weights on one page, read a dozen times."""
    size = {"width": 64, "init_std": 0.08}
    rates = {"learning_rate": 6e-3, "min_lr_ratio": 1.0}
    run = trained("gpt", told(tmp_path, 6_000), 300, size=size, evaluations=10, **rates)
    trace, found = first(run)
    assert names(trace) == ["over-fitting"]
    assert found.since == trace.evaluation_steps[trace.bpb.argmin()]
    assert trace.bpb[-1] > 1.02 * trace.bpb.min()
    assert f"{trace.bpb.min():.3f} up to {trace.bpb[-1]:.3f}" in found.evidence
    assert "patience" in found.advice
    assert_drawn(trace)


def test_a_loss_that_is_no_number(text):
    run = Run.create(recipe("gpt", text, 50, learning_rate=1e5, max_grad_norm=1e9), "mine")
    with pytest.raises(GroundupError, match="diverged"):
        train_run(run)
    trace, found = first("mine")
    assert names(trace)[0] == "diverged"
    assert trace.state == "diverged"
    assert found.since == trace.diverged_at == next(run.events("diverged"))["step"]
    assert f"{max(trace.gradient_norms.max(), trace.last_gradient_norm):.3g}" in found.what
    assert_drawn(trace)


def test_what_was_learnt_is_lost_again(text, monkeypatch):
    """From half-way on, every step is a thousand times too long, as after a fault of a schedule."""
    real = trainer.learning_rate
    monkeypatch.setattr(
        trainer, "learning_rate", lambda spent, r: real(spent, r) * (1000 if spent > 0.6 else 1)
    )
    trace, found = first(trained("char-rnn", text, 100, evaluations=2))
    assert names(trace)[0] == "diverged"
    assert 40 < found.since <= 62
    assert "ends at" in found.evidence


def test_learning_rate_too_high(text):
    trace, found = first(trained("gpt", text, 100, learning_rate=0.4, evaluations=2))
    assert names(trace)[0] == "learning rate too high"
    assert found.since == trace.steps[trace.losses.argmax()]
    assert f"to {trace.losses.max():.2f}" in found.evidence
    assert "0.04" in found.advice


def test_long_steps_are_a_fault_only_where_they_upset_what_is_learnt(text):
    run = training.trace(trained("char-rnn", text, 100, evaluations=4))
    run = replace(run, update_ratios={name: 0 * values + 0.03 for name, values in run.update_ratios.items()})
    assert run.bpb[-1] == run.bpb.min() < 0.9 * run.bpb[0]
    assert diagnosis.rate_too_high(run) is None
    upset = replace(run, bpb=run.bpb[::-1])
    assert "moves by 3.0%" in diagnosis.rate_too_high(upset).evidence


def test_learning_rate_too_low(text):
    trace, found = first(trained("char-rnn", text, 100, learning_rate=4e-5, evaluations=2))
    assert names(trace) == ["learning rate too low"]
    name, ratio = max(trace.usual_ratios().items(), key=lambda item: item[1])
    assert f"{name} moves by {ratio:.2%}" in found.evidence
    assert "0.0004" in found.advice


def test_plateau(text):
    """Without its recurrence the model sees one letter, and soon knows what follows each."""
    run = trained("char-rnn", text, 500, without=["recurrence"], size={"width": 32}, learning_rate=1e-2)
    trace, found = first(run)
    assert names(trace) == ["plateau"]
    assert 20 < found.since < 300
    late = trace.losses[trace.steps > found.since]
    assert late[: len(late) // 2].mean() == pytest.approx(late[len(late) // 2 :].mean(), rel=0.03)


def test_dead_units(text):
    """ReLU units that a few giant steps have pushed below zero."""
    trace, found = first(
        trained("transformer", text, 150, learning_rate=0.1, warmup_ratio=0.0, evaluations=2)
    )
    assert "dead units" in names(trace)
    found = trace.findings[names(trace).index("dead units")]
    worst = max(trace.dead, key=trace.dead.get)
    assert trace.dead[worst] >= 0.25
    assert f"{worst} {trace.dead[worst]:.0%}" in found.evidence


def test_budget_too_small(tmp_path):
    """Stories are simple, and a few hundred steps on them are still steep."""
    trace, found = first(trained("word-gru", told(tmp_path, 400_000), 200))
    assert names(trace) == ["budget too small"]
    assert f"to {trace.bpb[-1]:.3f} (" in found.evidence
    assert "200 steps" in found.advice


def test_leaked_labels(text):
    trace, found = first(trained("gpt", text, 80, wrap_batches=LeakedTargets, evaluations=2))
    assert names(trace) == ["leaked labels"]
    assert "a guess has" in found.evidence


def test_three_steps_say_too_little(text):
    trace, _ = first(trained("gpt", text, 3, evaluations=1))
    assert names(trace) == ["too little to say"]
