"""The climb: every rung is trained, a stop or a failure loses nothing, wrong input fails before training."""

import json

import pytest

from groundup.common.errors import GroundupError
from groundup.ladder import climb as module
from groundup.ladder.climb import ClimbPlan, RungEnd, RungStart, climb, plan_climb
from groundup.ladder.plans import reports_folder
from groundup.training.events import StepEvent
from groundup.training.recipe import preset_names
from groundup.training.run import Run
from groundup.training.run_folder import run_names

QUICK = {
    "training.batch_size": 2, "training.sequence_length": 16, "training.precision": "float32",
    "training.evaluations": 2,
    "model.width": 32,
}  # fmt: skip


@pytest.mark.slow
def test_five_rungs_on_one_text(fox):
    made = plan_climb(str(fox), "4steps", set=QUICK, name="up")
    heard = []
    found = climb(made, heard.append)
    assert [row["name"] for row in found.models] == preset_names()
    assert [row["run"] for row in found.models] == [f"up-{name}" for name in preset_names()]
    assert {row["corpus"] for row in found.models} == {str(fox)}
    assert all(row["steps"] == 4 and 0 < row["bpb"] < 16 and row["sample"] for row in found.models)
    assert found.failed == {}
    files = {path.name for path in made.folder.iterdir()}
    assert files == {"climb.json", "report.html", "ladder.png", "ladder.json"}
    assert json.loads((made.folder / "ladder.json").read_text(encoding="utf-8"))["models"] == found.models
    rungs = [event.model for event in heard if isinstance(event, RungStart)]
    assert rungs == preset_names()
    assert [event.model for event in heard if isinstance(event, RungEnd)] == rungs

    # Again: nothing is trained a second time.
    before = {name: Run.open(name).metrics_file.read_bytes() for name in run_names()}
    again = climb(ClimbPlan.load("up"), lambda event: None)
    assert again.models == found.models
    assert {name: Run.open(name).metrics_file.read_bytes() for name in run_names()} == before


@pytest.mark.slow
def test_a_stopped_climb_goes_on_to_the_same_numbers(fox, monkeypatch):
    models = ["char-rnn", "gpt"]
    whole = climb(plan_climb(str(fox), "6steps", models, set=QUICK, name="whole"))

    made = plan_climb(str(fox), "6steps", models, set=QUICK, name="cut")
    real, stopped = module.train_new, []

    def press_ctrl_c(run, listen):
        """In the second model, after its first event: as Ctrl-C does, through the signal's handler."""
        import signal

        def hear(event):
            listen(event)
            if run.recipe.model.kind == "gpt" and isinstance(event, StepEvent) and not stopped:
                stopped.append(event)
                signal.raise_signal(signal.SIGINT)

        return real(run, hear)

    monkeypatch.setattr(module, "train_new", press_ctrl_c)
    monkeypatch.setattr("groundup.training.trainer.STEP_EVENT_INTERVAL_S", 0.0)
    with pytest.raises(KeyboardInterrupt):
        climb(made)
    assert stopped
    assert Run.open("cut-char-rnn").finished
    assert not Run.open("cut-gpt").finished
    found = climb(ClimbPlan.load("cut"))
    for cut, straight in zip(found.models, whole.models, strict=True):
        assert cut["bpb"] == straight["bpb"]
        assert cut["sample"] == straight["sample"]


@pytest.mark.slow
def test_a_model_that_fails_does_not_lose_the_others(fox, monkeypatch):
    real = module.train_new

    def fail(run, listen):
        if run.recipe.model.kind == "word-gru":
            raise RuntimeError("DefaultCPUAllocator: not enough memory\nmore")
        return real(run, listen)

    monkeypatch.setattr(module, "train_new", fail)
    found = climb(plan_climb(str(fox), "2steps", ["char-rnn", "word-gru", "gpt"], set=QUICK))
    assert [row["name"] for row in found.models] == ["char-rnn", "gpt"]
    assert found.failed == {"word-gru": "DefaultCPUAllocator: not enough memory"}
    assert "not enough memory" in (reports_folder() / "climb-1" / "report.html").read_text(encoding="utf-8")


def test_if_all_fail_the_error_is_told(fox, monkeypatch):
    def fail(run, listen):
        raise GroundupError("The disk is full.", "Free some space.")

    monkeypatch.setattr(module, "train_new", fail)
    with pytest.raises(GroundupError, match="disk is full"):
        climb(plan_climb(str(fox), "2steps", ["char-rnn"], set=QUICK))


def test_wrong_input_fails_before_anything_is_made(fox):
    for wrong in (
        lambda: plan_climb("nowhere.txt"),
        lambda: plan_climb(str(fox), "0s"),
        lambda: plan_climb(str(fox), models=["gtp"]),
        lambda: plan_climb(str(fox), set={"model.widht": 3}),
        lambda: plan_climb(str(fox), set={"training.sequence_length": -1}),
        lambda: plan_climb(str(fox), name="a/b"),
        lambda: ClimbPlan.load("missing"),
    ):
        with pytest.raises(GroundupError):
            wrong()
    assert ClimbPlan.names() == []
    assert run_names() == []


def test_names_count_up_and_are_not_taken_twice(fox):
    first, second = plan_climb(str(fox)), plan_climb(str(fox))
    assert (first.name, second.name) == ("climb-1", "climb-2")
    with pytest.raises(GroundupError, match="already"):
        plan_climb(str(fox), name="climb-2")


def test_a_setting_goes_to_the_models_that_have_it(fox):
    made = plan_climb(str(fox), models=["char-rnn", "gpt"], set={"model.heads": 1, "training.batch_size": 3})
    recipes = made.recipes()
    assert recipes["gpt"].model.heads == 1
    assert not hasattr(recipes["char-rnn"].model, "heads")
    assert recipes["char-rnn"].training.batch_size == recipes["gpt"].training.batch_size == 3
    assert ClimbPlan.load(made.name) == made
