"""What is said of a training, on runs that were really trained: well, and with each mistake; and where it will end."""

import json
import math
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "lenses"))
from made_runs import english, recipe, told, trained

from groundup.common.errors import GroundupError
from groundup.common.places import runs_folder
from groundup.lenses import training
from groundup.studio import status
from groundup.studio.verdict import forecast, others, verdict
from groundup.training import trainer
from groundup.training.run import Run
from groundup.training.trainer import train_run


@pytest.fixture
def every_step(monkeypatch):
    """However fast the machine is, every step is told of."""
    monkeypatch.setattr(trainer, "STEP_EVENT_INTERVAL_S", -1.0)


def said(name):
    found = verdict(name)
    assert len(found.remarks) <= 3
    for one in found.remarks:
        assert one.title.endswith((".", "The numbers", "What to try")), one
        assert any(letter.isdigit() for letter in one.text) or one.title in (
            "What to try",
            "No over-fitting.",
        ), one
    return found.headline, {one.title: one.text for one in found.remarks}


def test_a_run_without_events_and_one_that_was_too_short(tmp_path):
    text = told(tmp_path, 30_000)
    Run.create(recipe("char-rnn", text, 4), "empty")
    assert verdict("empty").headline == ""
    run = Run.create(recipe("char-rnn", text, 4, evaluations=1), "short")
    train_run(run)
    headline, remarks = said("short")
    assert headline == "It is too short to judge."
    assert remarks["The numbers"].startswith(f"{len(list(run.events('step')))} step")
    assert "more time" in remarks["What to try"]


def test_a_loss_that_is_no_number(tmp_path):
    run = Run.create(
        recipe(
            "char-rnn", told(tmp_path, 30_000), 40, learning_rate=1e5, max_grad_norm=1e9, warmup_ratio=0.0
        ),
        "nan",
    )
    with pytest.raises(GroundupError, match="diverged"):
        train_run(run)
    headline, remarks = said("nan")
    assert headline.startswith("Training diverged at step ")
    assert "and then no number" in remarks["The numbers"]
    assert "1e+04 instead of 1e+05" in remarks["What to try"]
    assert verdict("nan").forecast is None


@pytest.mark.long
def test_healthy_runs_of_two_models_and_what_they_passed(tmp_path, every_step):
    text = english(tmp_path)
    first = trained("char-rnn", text, 120, evaluations=6)
    headline, remarks = said(first.name)
    assert headline == "It has learnt, steadily."
    assert "Held-out text costs" in remarks["No over-fitting."]
    ratios = training.trace(first, units=False).usual_ratios().values()
    span = f"{min(ratios):.1%} to {max(ratios):.1%}"
    assert span in remarks["The learning rate fits."]
    second = trained("char-rnn", text, 260, evaluations=6)
    assert [(one.run, one.name, one.number) for one in others(second.name)] == [(first.name, first.name, 1)]
    passed = said(second.name)[1][f"It has passed {first.name}."]
    assert f"its {first.summary()['bpb']:.2f} bits a byte" in passed
    better = next(event for event in second.events("evaluation") if event["bpb"] < first.summary()["bpb"])
    assert f"{better['seconds']:.1f} s" in passed or f"{better['seconds']:.0f} s" in passed
    ahead = said(first.name)[1][f"{second.name} is ahead."]
    assert f"{first.summary()['bpb'] - second.summary()['bpb']:.2f} fewer" in ahead


@pytest.mark.long
def test_over_fitting_and_a_rate_too_high(tmp_path, every_step):
    size, rates = {"width": 64, "init_std": 0.08}, {"learning_rate": 6e-3, "min_lr_ratio": 1.0}
    over = trained(
        "gpt", told(tmp_path, 6_000), 300, size=size, evaluations=10, **rates
    )  # a page, a dozen times
    headline, remarks = said(over.name)
    assert headline.startswith("Over-fitting since step ")
    scores = [event["bpb"] for event in over.events("evaluation")]
    assert f"from {min(scores):.3f} up to {scores[-1]:.3f}" in remarks["The numbers"]
    high = trained("gpt", english(tmp_path), 100, learning_rate=0.4, evaluations=2)
    headline, remarks = said(high.name)
    assert headline.startswith("The learning rate is too high")
    assert "0.04 instead of 0.4" in remarks["What to try"]


def going(name, course, scores=4, of=5):
    """A run that is `scores` evaluations into its budget of `of`; its bits per byte are a course (share -> bpb)."""
    run = Run.create(recipe("gpt", "storyworld:90000B:seed=0", 100 * of, evaluations=of), name)
    events = [
        {
            "event": "start",
            "budget": run.recipe.budget,
            "step": 0,
            "tokens": 0,
            "seconds": 0.0,
            "vocab_size": 99,
        }
    ]
    for step in range(1, 100 * scores + 1):
        at = {"step": step, "tokens": step, "seconds": step / 10, "spent": step / 100 / of}
        bpb = course(step / 100 / of)
        events.append(
            {
                "event": "step",
                **at,
                "loss": bpb - 0.2 * (-1) ** step,
                "learning_rate": 1e-3,
                "gradient_norm": 1.0,
            }
        )
        if step % 100 == 0:
            events.append({"event": "evaluation", **at, "bpb": bpb, "loss": bpb, "perplexity": math.exp(bpb)})
    run.metrics_file.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    return run


def test_a_forecast_lies_between_the_last_score_and_the_power_law(monkeypatch):
    monkeypatch.setattr(status, "FRESH", 1e9)  # seconds: what is made here is fresh, however long it takes
    run = going("a", lambda share: 2.0 * share**-0.2)
    found = forecast(training.trace(run, units=False))
    assert found.seconds == pytest.approx(50)
    assert found.bpb == pytest.approx((2.0 * 0.8**-0.2 + 2.0) / 2)
    assert found.said == f"{found.bpb:.2f}"
    early = forecast(training.trace(going("b", lambda share: 2.0 * share**-0.2, scores=3), units=False))
    assert early.said == f"about {early.bpb:.1f}"
    found = verdict("a")  # its events are fresh: it trains
    assert found.headline == "It is learning, steadily."
    assert found.remarks[0].text.endswith("than training text, and both still fall.")
    assert found.remarks[1].text == f"Expect it to end near {found.forecast.said}."


def test_no_forecast_where_none_can_be_honest():
    rises = going("rises", lambda share: 2.0 + share)
    for run in (going("few", lambda share: 2.0 * share**-0.2, scores=2), rises):
        assert forecast(training.trace(run, units=False)) is None
    assert verdict("rises").headline != "It is learning, steadily."
    more = going("more", lambda share: 2.0 * share**-0.2)
    assert verdict("more").forecast is not None
    more.grow("+30steps")  # the learning rate has changed its curve: what was so far says less of the end
    with open(more.metrics_file, "a", encoding="utf-8") as file:
        file.write(json.dumps({"event": "budget", "budget": more.recipe.budget, "step": 400, "tokens": 400,
                               "seconds": 40.0, "spent": 0.75}) + "\n")  # fmt: skip
    assert verdict("more").forecast is None


def test_batches_that_differ_are_not_taken_for_learning_by_heart(monkeypatch):
    """Streams read play after play: the training loss swings, and one score may fall into an easy one."""
    run = training.trace(going("swings", lambda share: 2.5 - share), units=False)
    chance = np.random.default_rng(1)
    run.losses[:] = (
        run.losses + 0.4 * np.sin(np.arange(len(run.losses)) / 15) + chance.normal(0, 0.1, len(run.losses))
    )
    monkeypatch.setattr(training, "trace", lambda *given, **more: run)
    assert verdict("swings").remarks[0].title == "No over-fitting."
    run.losses[250:] -= 1.2
    found = verdict("swings").remarks[0]
    assert found.title == "It begins to learn by heart."
    assert "at the first score it was 0." in found.text


def test_others_are_the_best_of_each_model_on_the_same_text():
    for name, level in (("this", 2.5), ("good", 2.0), ("bad", 2.2)):
        going(name, lambda share, level=level: level - 0.1 * share)
    other = going("elsewhere", lambda share: 1.0)
    text = (other.folder / "recipe.toml").read_text(encoding="utf-8")
    (other.folder / "recipe.toml").write_text(text.replace("seed=0", "seed=9"), encoding="utf-8")
    for name in ("good", "bad"):  # ended, for one that still trains is no mark to be compared with
        with open(runs_folder() / name / "metrics.jsonl", "a", encoding="utf-8") as file:
            file.write('{"event": "end", "reason": "budget", "step": 400, "seconds": 40.0}\n')
    assert [one.run for one in others("this")] == ["good"]
    shutil.rmtree(runs_folder() / "good")
    assert [one.run for one in others("this")] == ["bad"]
