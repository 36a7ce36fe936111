"""The short training loop: against the same steps by hand, its ends, and what it keeps."""

import io
import signal
from dataclasses import replace

import pytest
import torch
from rich.console import Console
from torch import nn

from groundup.common.errors import GroundupError
from groundup.training.budget import Budget
from groundup.training.fit import (
    FitEnd,
    FitEvaluation,
    FitStep,
    FitView,
    fit,
    load_practice,
    practice_folder,
    save_practice,
)
from groundup.training.optimizer import learning_rate
from groundup.training.recipe import TrainingRecipe

STEPS = Budget.parse("20steps")


def small(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.5), nn.Linear(8, 1))


def batch(step):
    x = torch.randn(16, 3, generator=torch.Generator().manual_seed(step))
    return x, x.sum(dim=1, keepdim=True)


def loss_of(model):
    def loss(step):
        x, y = batch(step)
        return (model(x) - y).square().mean()

    return loss


def events_of(*arguments, **more):
    """What `fit` tells its listener."""
    events = []
    assert fit(*arguments, listen=events.append, **more) == events[-1]
    return events


def of(events, kind):
    return [event for event in events if isinstance(event, kind)]


def test_each_step_is_adamw_on_the_clipped_gradient():
    ours, peer = small(), small()
    ours[1].p = peer[1].p = 0.0
    events = events_of(ours, loss_of(ours), STEPS, learning_rate=0.01, max_grad_norm=0.5, weight_decay=0.1)
    recipe = TrainingRecipe(learning_rate=0.01, warmup_ratio=0.05)
    matrices, vectors = (
        [p for p in peer.parameters() if p.dim() > 1],
        [p for p in peer.parameters() if p.dim() == 1],
    )
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.99))
    for step in range(20):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step / 20, recipe)
        optimizer.zero_grad()
        loss = loss_of(peer)(step)
        loss.backward()
        nn.utils.clip_grad_norm_(peer.parameters(), 0.5)
        optimizer.step()
        assert of(events, FitStep)[step].loss == pytest.approx(loss.item(), rel=1e-5)
    torch.testing.assert_close(ours.state_dict(), peer.state_dict(), rtol=1e-5, atol=1e-6)


def test_it_learns_and_the_same_seed_gives_the_same_numbers():
    runs = []
    for seed in (1, 1, 2):
        model = small()
        events = events_of(model, loss_of(model), Budget.parse("300steps"), learning_rate=0.02, seed=seed)
        losses = [event.loss for event in of(events, FitStep)]
        assert sum(losses[-20:]) < 0.3 * sum(losses[:20])
        runs.append(losses)
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]  # another dropout


def test_it_evaluates_evenly_and_at_the_end_in_eval_mode_without_gradients():
    model, seen = small(), []

    def evaluate():
        seen.append((model.training, torch.is_grad_enabled()))
        return {"count": float(len(seen))}

    events = events_of(model, loss_of(model), STEPS, evaluate=evaluate, evaluations=4)
    assert [event.step for event in of(events, FitEvaluation)] == [5, 10, 15, 20]
    assert seen == [(False, False)] * 4
    assert replace(events[-1], seconds=0) == FitEnd(20, 0, 1.0, "budget", {"count": 4.0})
    assert not model.training


def test_it_ends_when_it_is_good_enough():
    model = small()
    scores = iter([0.2, 0.95, 0.1])
    events = events_of(
        model,
        loss_of(model),
        STEPS,
        evaluate=lambda: {"exact": next(scores)},
        enough=lambda scores: scores["exact"] > 0.9,
    )
    assert events[-1].reason == "enough"
    assert events[-1].step == 4
    assert events[-1].scores == {"exact": 0.95}


def test_seconds_are_a_budget_too_and_tokens_are_not():
    model = small()
    events = events_of(model, loss_of(model), Budget.parse("0.05s"))
    assert events[-1].seconds >= 0.05
    assert events[-2].seconds == events[-1].seconds
    with pytest.raises(GroundupError, match="not counted in tokens"):
        fit(model, loss_of(model), Budget.parse("5ktokens"))


def test_ctrl_c_finishes_the_step_and_scores_what_there_is():
    model = small()

    def loss(step):
        if step == 6:
            signal.raise_signal(signal.SIGINT)
        return loss_of(model)(step)

    events = events_of(model, loss, STEPS, evaluate=lambda: {"exact": 0.5}, evaluations=1)
    assert [type(event) for event in events[-3:]] == [FitStep, FitEvaluation, FitEnd]
    assert events[-1].reason == "interrupted"
    assert events[-1].step == 7


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_not_a_number_is_an_error(bad):
    model, told = small(), []

    def loss(step):
        return loss_of(model)(step) * (bad if step == 3 else 1)

    with pytest.raises(GroundupError, match="at step 3: training diverged"):
        fit(model, loss, STEPS, listen=told.append)
    assert len(of(told, FitStep)) == 3
    assert all(parameter.isfinite().all() for parameter in model.parameters())


# ---- keeping ----------------------------------------------------------------------------------------------


def keep(seed=0):
    model = small(seed)
    save_practice("sum", model, config={"width": 8}, facts={"steps": 20}, scores={"exact": 0.5})
    return model


def load():
    return load_practice("sum", lambda config: small(seed=9), train="groundup sum train")


def test_what_is_saved_is_loaded():
    keep(1)
    want = keep(2)  # in place of the first
    model, about = load()
    torch.testing.assert_close(model.state_dict(), want.state_dict(), rtol=0, atol=0)
    assert not model.training
    assert about["config"] == {"width": 8}
    assert about["facts"] == {"steps": 20}
    assert about["scores"] == {"exact": 0.5}


def test_one_that_was_never_trained_says_how():
    with pytest.raises(
        GroundupError, match=r"'sum' is not trained yet. Train it first: `groundup sum train`"
    ):
        load()


def test_damage_is_noticed():
    model = keep()
    folder = practice_folder("sum")
    whole = {path.name: path.read_bytes() for path in folder.iterdir()}
    weights, about = whole["weights.safetensors"], whole["practice.toml"]
    flipped = weights[:-5] + bytes([weights[-5] ^ 1]) + weights[-4:]
    save_practice("other", model, config={}, facts={}, scores={})
    older = (practice_folder("other") / "weights.safetensors").read_bytes()
    harm = [
        ("weights.safetensors", flipped),
        ("weights.safetensors", weights[:100]),
        ("weights.safetensors", older),  # killed between the two files
        ("weights.safetensors", None),
        ("practice.toml", about[:-20]),
        ("practice.toml", b"\xff\xfe"),
        ("practice.toml", b"saved = 1\n"),
    ]
    for name, data in harm:
        (folder / name).unlink()
        if data is not None:
            (folder / name).write_bytes(data)
        with pytest.raises(GroundupError, match=r"is damaged: .*Train it again: `groundup sum train`"):
            load()
        (folder / name).write_bytes(whole[name])
    load()
    with pytest.raises(GroundupError, match="is damaged"):
        load_practice("sum", lambda config: nn.Linear(3, 3), train="groundup sum train")


# ---- watching ---------------------------------------------------------------------------------------------


def watched(**console):
    out = io.StringIO()
    model = small()
    with FitView(
        Console(file=out, width=110, **console), "sums", lambda s: f"{s['exact']:.0%} exact"
    ) as view:
        fit(model, loss_of(model), STEPS, evaluate=lambda: {"exact": 0.5}, evaluations=2, listen=view)
    return out.getvalue()


def test_a_file_gets_a_line_for_each_evaluation():
    lines = watched().splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("sums   50%  step 10  loss ")
    assert "50% exact" in lines[0]
    assert "left" in lines[1]
    assert lines[2].endswith("of training")


def test_a_terminal_gets_a_bar():
    shown = watched(force_terminal=True)
    assert "━" in shown
    assert "step 20 · loss " in shown
    assert "50% exact" in shown
