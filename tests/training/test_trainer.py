"""Training: it learns, says what it does, keeps the best, stops early, and stops when numbers go wrong."""

import json
import math
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F

from groundup.common.errors import GroundupError
from groundup.models import MODELS, build
from groundup.text.batches import RandomWindows
from groundup.text.token_cache import tokenize
from groundup.training import machine
from groundup.training.events import RunEvent
from groundup.training.machine import choose_device, choose_precision
from groundup.training.run import Run
from groundup.training.run_folder import run_names
from groundup.training.trainer import Trainer, train_run
from made_trainers import make_trainer


@pytest.mark.parametrize("name", list(MODELS))
def test_every_model_learns_and_its_run_is_whole(name, small_recipe):
    run = Run.create(small_recipe(name, "60steps", learning_rate=1e-2))
    heard = []
    assert train_run(run, heard.append) == "budget"

    scores = list(run.events("evaluation"))
    assert len(scores) == 3
    assert scores[-1]["bpb"] < scores[0]["bpb"] < 8
    assert all(event["sample"] for event in scores)
    assert [event.to_json() for event in heard if isinstance(event, RunEvent)] == list(run.events())
    assert {path.name for path in run.folder.iterdir()} >= {
        "recipe.toml", "run.toml", "tokenizer.json", "metrics.jsonl", "last.safetensors", "best.safetensors",
    }  # fmt: skip

    again = Run.open(run.name)
    evaluation = again.evaluate()
    assert evaluation.bpb == pytest.approx(min(event["bpb"] for event in scores), rel=1e-6)
    assert again.generate("The", 5).text == again.generate("The", 5).text
    row = again.summary()
    assert row["parameters"] == sum(p.numel() for p in again.model().parameters())
    assert row["bpb"] == min(event["bpb"] for event in scores)
    assert row["state"] == "budget"


def test_a_finished_run_is_left_alone(small_recipe):
    run = Run.create(small_recipe("gpt", "3steps"))
    train_run(run)
    before = {path.name: path.read_bytes() for path in run.folder.iterdir() if path.is_file()}
    assert train_run(Run.open(run.name)) == "finished"
    assert {path.name: path.read_bytes() for path in run.folder.iterdir() if path.is_file()} == before


def test_accumulated_batches_equal_one_large_batch(small_recipe):
    """Two batches whose gradients are added give the gradient of the mean of their losses."""
    run = Run.create(small_recipe("gpt", "2steps", gradient_accumulation_steps=2))
    trainer = make_trainer(run)
    trainer.model.eval()  # no dropout: the sum is compared
    trainer.step(0.0)
    got = [p.grad.clone() for p in trainer.model.parameters()]

    trainer.optimizer.zero_grad()
    ((trainer.loss(0) + trainer.loss(1)) / 2).backward()
    torch.nn.utils.clip_grad_norm_(trainer.model.parameters(), 1.0)
    for one, parameter in zip(got, trainer.model.parameters(), strict=True):
        torch.testing.assert_close(one, parameter.grad)


def test_the_first_loss_is_the_cross_entropy_of_the_first_batch(small_recipe):
    recipe = small_recipe("gpt", "1steps").override({"model.dropout": 0.0})
    run = Run.create(recipe)
    train_run(run)
    torch.manual_seed(recipe.seed)
    model = build(recipe.model, run.tokenizer.vocab_size)
    data = tokenize(run.corpus(), "train", run.tokenizer)
    inputs, targets = RandomWindows(data, 4, 16, recipe.seed).at(0)
    expected = F.cross_entropy(model(inputs)[0].flatten(0, 1), targets.flatten()).item()
    assert next(run.events("step"))["loss"] == pytest.approx(expected, rel=1e-5)


def test_the_best_weights_are_kept_and_patience_stops(small_recipe):
    # A learning rate this high learns at first and then gets worse.
    recipe = small_recipe("gpt", "400steps", learning_rate=0.5, warmup_ratio=0.0, evaluations=40, patience=3)
    run = Run.create(recipe)
    assert train_run(run) == "early"
    scores = [event["bpb"] for event in run.events("evaluation")]
    assert len(scores) < 40
    assert min(scores) not in scores[-3:]
    assert run.evaluate(which="best").bpb == pytest.approx(min(scores), rel=1e-6)
    assert run.evaluate(which="last").bpb == pytest.approx(scores[-1], rel=1e-6)
    assert run.finished


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_weights(small_recipe, monkeypatch):
    run = Run.create(small_recipe("char-rnn", "30steps"))
    real = Trainer.loss

    def poisoned(self, number):
        loss = real(self, number)
        return loss * math.nan if number == 25 else loss

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "loss", poisoned)
        with pytest.raises(GroundupError, match=r"became nan at step 25.*learning rate"):
            train_run(run)
    assert math.isfinite(run.evaluate(which="last").bpb)
    assert train_run(Run.open(run.name)) == "budget", "and it can go on"


def test_two_processes_never_write_to_one_run(small_recipe):
    run = Run.create(small_recipe("gpt", "3steps"))
    with run.lock(), pytest.raises(GroundupError, match="another process"):
        train_run(Run.open(run.name))


def test_a_changed_text_is_noticed(small_recipe, small_text, tmp_path):
    copy = tmp_path / "copy.txt"
    copy.write_bytes(small_text.read_bytes())
    run = Run.create(small_recipe("gpt", "3steps").override({"corpus": str(copy)}))
    train_run(run)
    copy.write_bytes(small_text.read_bytes()[:-500])
    with pytest.raises(GroundupError, match="has changed since"):
        Run.open(run.name).evaluate()


def test_runs_are_found_by_name_or_path_and_near_names_are_offered(small_recipe):
    run = Run.create(small_recipe("gpt"), "alice")
    assert run_names() == ["alice"]
    assert Run.open(run.folder).name == "alice"
    with pytest.raises(GroundupError, match="Did you mean 'alice'"):
        Run.open("alcie")
    with pytest.raises(GroundupError, match="There is a run 'alice' already"):
        Run.create(small_recipe("gpt"), "alice")
    with pytest.raises(GroundupError, match="cannot name a run"):
        Run.create(small_recipe("gpt"), "../escape")
    assert Run.create(small_recipe("gpt")).name == "gpt-1"
    assert Run.create(small_recipe("gpt")).name == "gpt-2"


def test_damaged_runs_are_explained(small_recipe):
    run = Run.create(small_recipe("gpt", "3steps"), "mine")
    train_run(run)
    best = run.folder / "best.safetensors"
    best.write_bytes(best.read_bytes()[:-10])
    with pytest.raises(GroundupError, match="--checkpoint last"):
        Run.open("mine").model()
    assert Run.open("mine").model("last").parameter_count() > 0
    facts = run.folder / "run.toml"
    facts.write_text(
        facts.read_text(encoding="utf-8").replace("groundup-run-1", "groundup-run-9"), encoding="utf-8"
    )
    with pytest.raises(GroundupError, match="another version"):
        Run.open("mine").facts()
    (run.folder / "recipe.toml").write_bytes(b"\xff\xfe nonsense")
    with pytest.raises(GroundupError, match="damaged"):
        Run.open("mine")


def test_half_a_last_line_of_events_is_passed_over(small_recipe):
    run = Run.create(small_recipe("gpt", "3steps"))
    train_run(run)
    count = len(list(run.events()))
    with open(run.metrics_file, "a", encoding="utf-8") as file:
        file.write('{"event": "step", "lo')
    assert len(list(Run.open(run.name).events())) == count


def test_events_are_plain_json_lines_with_position(small_recipe):
    run = Run.create(small_recipe("char-rnn", "5steps"))
    train_run(run)
    for line in run.metrics_file.read_text(encoding="utf-8").splitlines():
        assert {"event", "step", "tokens", "seconds"} <= json.loads(line).keys()


def test_a_text_shorter_than_the_context_is_refused(small_recipe, tmp_path):
    short = tmp_path / "short.txt"
    short.write_text("A short text that has just about enough words in it. " * 4, encoding="utf-8")
    recipe = small_recipe("gpt").override(
        {
            "corpus": str(short),
            "model.context": 512,
            "training.sequence_length": 512,
            "tokenizer": {"kind": "characters"},
        }
    )
    with pytest.raises(GroundupError, match="context"):
        train_run(Run.create(recipe))


def test_a_missing_device_is_named():
    with pytest.raises(GroundupError, match="no device 'cuda:99'"):
        choose_device("cuda:99")
    assert choose_device("cpu").type == "cpu"


def test_precision_is_refused_when_the_loss_disagrees_or_it_is_slower(monkeypatch):
    weight = torch.ones(4, requires_grad=True)
    calls = []

    def disagrees():
        calls.append(torch.is_autocast_enabled("cpu"))
        return weight.sum() * (2.0 if calls[-1] else 1.0)

    measurement = choose_precision(disagrees, torch.device("cpu"))
    assert measurement.precision == "float32"
    assert True in calls
    assert False in calls

    now, took = 0.0, 0.0
    monkeypatch.setattr(machine, "time", SimpleNamespace(perf_counter=lambda: now))

    def slow_in_bfloat16():
        nonlocal now
        now += took if torch.is_autocast_enabled("cpu") else 1.0
        return weight.sum()

    for took, chosen in ((2.0, "float32"), (0.95, "float32"), (0.5, "bfloat16")):
        measurement = choose_precision(slow_in_bfloat16, torch.device("cpu"))
        assert measurement.precision == chosen
        assert ("not worth rounding" in measurement.why) == (chosen == "float32")
        assert measurement.milliseconds == {"float32": 1000, "bfloat16": pytest.approx(1000 * took)}


def test_chance_differs_from_step_to_step_and_not_from_run_to_run(small_recipe, monkeypatch):
    drawn, real = [], Trainer.loss

    def watched(self, number):
        drawn.append(torch.rand(1).item())  # what dropout would draw next
        return real(self, number)

    monkeypatch.setattr(Trainer, "loss", watched)
    for _ in range(2):
        train_run(Run.create(small_recipe("gpt", "5steps")))
    assert drawn[:5] == drawn[5:]
    assert len(set(drawn)) == 5
