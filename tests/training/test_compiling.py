"""torch.compile: the same losses, nothing translated while the clock runs, the same numbers after a resume."""

import shutil
import signal
import sys

import pytest
import torch

from groundup.common.errors import GroundupError
from groundup.training import trainer
from groundup.training.events import StepEvent
from groundup.training.run import Run
from groundup.training.trainer import Trainer, train_run
from made_trainers import make_trainer

COMPILER = "g++" if sys.platform == "linux" else "clang++"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform == "win32" or shutil.which(COMPILER) is None, reason="there is no C++ compiler"
    ),
]


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    monkeypatch.setattr(trainer, "STEP_EVENT_INTERVAL_S", 0.0)
    yield
    torch.compiler.reset()
    torch.compiler.set_stance("default")


def one_layer(recipe):
    """It is the translating that takes the time, once for each layer."""
    return recipe.override({"model.layers": 1})


@pytest.fixture
def nothing_new_in_steps(monkeypatch):
    """From the warm-up on, translating anything again is an error."""
    real = Trainer.warm_up

    def warm_up(self):
        real(self)
        torch.compiler.set_stance("fail_on_recompile")

    monkeypatch.setattr(Trainer, "warm_up", warm_up)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gpt", "char-rnn"])
def test_compiled_losses_equal_uncompiled_ones(name, small_recipe, nothing_new_in_steps):
    """Also with dropout (the small GPT has some): the masks are the same."""
    losses = {}
    for compile_ in (False, True):
        run = Run.create(one_layer(small_recipe(name, "8steps", compile=compile_)))
        assert train_run(run) == "budget"
        losses[compile_] = [event["loss"] for event in run.events("step")]
        scores = [event["bpb"] for event in run.events("evaluation")]
        assert run.evaluate().bpb == pytest.approx(min(scores), rel=1e-6)
    assert len(losses[True]) == 8
    assert losses[True] == pytest.approx(losses[False], rel=0, abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gpt", "char-rnn"])
def test_a_compiled_run_resumes_to_the_same_numbers(name, small_recipe):
    recipe = one_layer(small_recipe(name, "8steps", compile=True))
    unbroken, broken = Run.create(recipe, "unbroken"), Run.create(recipe, "broken")
    train_run(unbroken)

    def press_ctrl_c(event):
        if isinstance(event, StepEvent) and event.step == 3:
            signal.raise_signal(signal.SIGINT)

    assert train_run(broken, press_ctrl_c) == "interrupted"
    assert train_run(Run.open("broken")) == "budget"
    for name_, one in unbroken.model("last").state_dict().items():
        assert torch.equal(one, broken.model("last").state_dict()[name_]), name_
    assert [event["loss"] for event in broken.events("step")] == [
        event["loss"] for event in unbroken.events("step")
    ]


def test_warming_up_changes_nothing_and_takes_none_of_the_budget(small_recipe):
    run = Run.create(small_recipe("char-rnn", "4steps", compile=True))
    one = make_trainer(run)
    one.memory = kept = (torch.ones(4, 1, 24),)
    before = {name: value.clone() for name, value in one.model.state_dict().items()}
    one.warm_up()
    assert one.memory is kept
    assert one.position == trainer.Position()
    assert all(parameter.grad is None for parameter in one.model.parameters())
    assert all(torch.equal(value, before[name]) for name, value in one.model.state_dict().items())


def test_without_a_compiler_it_says_what_to_do(small_recipe, monkeypatch, tmp_path):
    import torch._inductor.config as inductor

    monkeypatch.setattr(inductor.cpp, "cxx", (None, "no-such-compiler"))
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))  # nothing translated before is found there
    run = Run.create(one_layer(small_recipe("gpt", "3steps", compile=True)))
    with pytest.raises(GroundupError, match=r"could not translate") as error:
        train_run(run)
    assert "training.compile=false" in error.value.hint
    assert not run.metrics_file.exists()
