"""Ablations: each variant is trained alike, a stop or a divergence loses nothing, wrong input fails at once."""

import json
import signal

import pytest
import torch

from groundup.common.errors import GroundupError
from groundup.ladder import ablate as module
from groundup.ladder.ablate import AblationPlan, VariantEnd, ablate, plan_ablation
from groundup.ladder.ablation_result import read_both_ways
from groundup.models.ablations import NoResidualGPTBlock, parts_of
from groundup.text.storyworld import stories
from groundup.training import trainer
from groundup.training.events import StartEvent, StepEvent
from groundup.training.recipe import Recipe
from groundup.training.run import Run
from groundup.training.run_folder import run_names
from groundup.training.trainer import train_run

QUICK = {
    "training.batch_size": 2, "training.sequence_length": 16, "training.precision": "float32",
    "training.evaluations": 2,
    "model.width": 32,
}  # fmt: skip


@pytest.mark.slow
def test_parts_and_faults_beside_the_whole_model(fox):
    made = plan_ablation(
        "gpt", ["residual"], ["learning-rate-x0.01"], corpus=str(fox), budget="4steps", set=QUICK, name="a"
    )
    heard = []
    found = ablate(made, heard.append)
    variants = ["whole", "without-residual", "learning-rate-x0.01"]
    assert [row["variant"] for row in found.variants] == variants
    assert [row["run"] for row in found.variants] == [f"a-{variant}" for variant in variants]
    assert [row["kind"] for row in found.variants] == ["whole", "part", "fault"]
    assert {row["steps"] for row in found.variants} == {4}
    whole, part, fault = found.variants
    assert part["difference"] == part["bpb"] - whole["bpb"]
    assert whole["difference"] is None
    assert all(row["sample"] and row["verdict"] and row["happened"] for row in found.variants)
    assert part["curves"]
    assert fault["practice"]
    assert found.unit == "steps"
    assert [point[0] for point in found.curves[0].scores] == [2, 4]

    # Each differs from the whole in that one thing, and runs are as any other.
    whole_recipe = Run.open("a-whole").recipe
    assert Run.open("a-without-residual").recipe == whole_recipe.override({"without": ["residual"]})
    rate = whole_recipe.training.learning_rate / 100
    assert Run.open("a-learning-rate-x0.01").recipe == whole_recipe.override({"training.learning_rate": rate})
    run = Run.open("a-without-residual")
    assert isinstance(run.model().blocks[0], NoResidualGPTBlock)
    assert run.evaluate().bpb == pytest.approx(part["bpb"], rel=1e-6)
    assert run.generate("The fox", 40).text == run.generate("The fox", 40).text

    files = {path.name for path in made.folder.iterdir()}
    assert files == {"ablation.json", "report.html", "ablation.png", "rows.json"}
    saved = json.loads((made.folder / "rows.json").read_text(encoding="utf-8"))
    assert saved["variants"] == found.variants
    assert [event.variant for event in heard if isinstance(event, VariantEnd)] == variants

    before = {name: Run.open(name).metrics_file.read_bytes() for name in run_names()}
    assert ablate(AblationPlan.load("a")).variants == found.variants  # nothing is trained a second time
    assert {name: Run.open(name).metrics_file.read_bytes() for name in run_names()} == before


def test_all_takes_everything_the_model_has(fox):
    made = plan_ablation("gpt", everything=True, corpus=str(fox), budget="2steps", set=QUICK)
    assert made.name == "ablate-gpt-1"
    variants = list(made.recipes())
    assert set(made.parts) == set(parts_of(Recipe.preset("gpt").model))
    assert {"whole", "without-mask", "no-shuffling", "other-seed"} <= set(variants)
    assert len(variants) == len(set(variants)) == 1 + len(made.parts) + len(made.faults)


@pytest.mark.slow
def test_a_stopped_ablation_goes_on_to_the_same_numbers(fox, monkeypatch):
    asked = {"corpus": str(fox), "budget": "6steps", "set": QUICK}
    straight = ablate(plan_ablation("gpt", ["positions"], **asked, name="straight"))
    made = plan_ablation("gpt", ["positions"], **asked, name="cut")
    monkeypatch.setattr(trainer, "STEP_EVENT_INTERVAL_S", 0.0)

    def press_ctrl_c(event):
        if isinstance(event, StepEvent) and event.step == 3 and Run.open("cut-whole").finished:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        ablate(made, press_ctrl_c)
    assert Run.open("cut-whole").finished
    assert not Run.open("cut-without-positions").finished
    found = ablate(AblationPlan.load("cut"))
    for one, other in zip(found.variants, straight.variants, strict=True):
        assert (one["bpb"], one["sample"], one["verdict"]) == (
            other["bpb"],
            other["sample"],
            other["verdict"],
        )


@pytest.mark.slow
def test_one_that_diverges_has_that_as_its_result_and_the_rest_goes_on(fox, monkeypatch):
    real = trainer.Trainer.loss

    def loss(self, number):
        found = real(self, number)
        return found * float("nan") if self.recipe.without and self.position.step == 2 else found

    monkeypatch.setattr(trainer.Trainer, "loss", loss)
    monkeypatch.setattr(trainer, "STEP_EVENT_INTERVAL_S", 0.0)
    set_ = {**QUICK, "training.evaluations": 1}
    made = plan_ablation(
        "gpt", ["norm"], ["other-seed"], corpus=str(fox), budget="4steps", set=set_, name="d"
    )
    found = ablate(made)
    whole, norm, seed = found.variants
    assert norm["diverged"] == 2
    assert norm["verdict"] == "diverged at step 2"
    assert norm["bpb"] is norm["sample"] is norm["difference"] is None
    assert norm["training_bpb"] > 0  # it was in training, in the unit of the others
    assert whole["bpb"] > 0
    assert seed["bpb"] > 0
    assert "diverged at step 2" in (made.folder / "report.html").read_text(encoding="utf-8")
    begun = []
    again = ablate(AblationPlan.load("d"), begun.append)  # what diverged is not tried again
    assert again.variants[1]["diverged"] == 2
    assert not [event for event in begun if isinstance(event, StartEvent)]


@pytest.mark.slow
def test_all_have_the_precision_and_the_tokenizer_of_the_whole_one(fox, monkeypatch):
    set_ = {**QUICK, "training.precision": "auto"}
    chosen = trainer.choose_precision
    monkeypatch.setattr(
        trainer, "choose_precision", lambda *given: type(chosen(*given))("bfloat16", "said the test", {})
    )
    learnt = []
    real = trainer.train_tokenizer
    monkeypatch.setattr(trainer, "train_tokenizer", lambda *a, **k: learnt.append(a) or real(*a, **k))
    ablate(plan_ablation("transformer", ["scale"], corpus=str(fox), budget="2steps", set=set_, name="p"))
    assert len(learnt) == 1
    assert Run.open("p-without-scale").facts()["precision"] == "bfloat16"
    assert Run.open("p-without-scale").facts()["precision_why"] == "asked for"
    one, other = (Run.open(f"p-{name}").folder / "tokenizer.json" for name in ("whole", "without-scale"))
    assert one.read_bytes() == other.read_bytes()


# ---- what cannot cheat -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_model_without_a_mask_is_found_out_when_it_is_read_one_by_one(tmp_path):
    text = tmp_path / "stories.txt"
    text.write_text("".join(stories(60_000, seed=5)), encoding="utf-8")
    small = {"tokenizer": {"kind": "characters"}, "training.batch_size": 8, "training.learning_rate": 2e-2,
             "model.layers": 1, "model.heads": 2, "model.context": 16}  # fmt: skip
    made = plan_ablation(
        "gpt", ["mask"], ["labels-leaked"], corpus=str(text), budget="200steps", set=QUICK | small
    )
    found = ablate(made)
    whole, mask, leaked = found.variants
    assert whole["read_one_by_one"] == pytest.approx(whole["read_whole"], abs=1e-3)
    assert not whole["cheats"]
    assert mask["bpb"] < whole["bpb"] / 2  # wonderful ...
    assert mask["read_one_by_one"] > whole["read_one_by_one"] + 1  # ... until it has to write
    assert mask["verdict"].startswith("cheats")
    assert leaked["training_bpb"] < 0.5 < leaked["bpb"] - 1
    assert leaked["verdict"] == "good on its training batches alone"
    assert [own for *_, own in found.plot_ranges()] == [False, True, True]  # they would squeeze the others


def test_reading_both_ways_scores_what_the_model_gives(make_run):
    run = make_run("char-rnn", "r")
    whole, one_by_one = read_both_ways(run, 1.0)
    assert whole == pytest.approx(one_by_one, rel=1e-5)
    event = next(run.events("evaluation"))
    assert whole == pytest.approx(event["loss"], rel=0.2)  # other windows of the same text
    assert read_both_ways(run, 2.0)[0] == pytest.approx(2 * whole)


# ---- bad input ---------------------------------------------------------------------------------------------


def test_wrong_input_fails_before_anything_is_made(fox):
    corpus = {"corpus": str(fox)}
    for wrong, says in (
        (lambda: plan_ablation("gtp", ["mask"], **corpus), "Did you mean 'gpt'"),
        (lambda: plan_ablation("gpt", **corpus), "nothing to take out"),
        (lambda: plan_ablation("gpt", ["maks"], **corpus), "Did you mean 'mask'"),
        (lambda: plan_ablation("char-rnn", ["mask"], **corpus), "It can be without: embedding, recurrence"),
        (lambda: plan_ablation("gpt", ["mask", "mask"], **corpus), "given twice"),
        (lambda: plan_ablation("gpt", faults=["leak"], **corpus), "no fault 'leak'"),
        (lambda: plan_ablation("gpt", ["mask"], everything=True, **corpus), "some of it by name"),
        (
            lambda: plan_ablation("gpt", ["mask"], set={"without": ["norm"]}, **corpus),
            "with --without, not with --set",
        ),
        (lambda: plan_ablation("gpt", ["mask"], set={"model.widht": 3}, **corpus), "Did you mean 'width'"),
        (lambda: plan_ablation("gpt", ["mask"], budget="0s", **corpus), "trains nothing"),
        (lambda: plan_ablation("gpt", ["mask"], corpus="nowhere.txt"), "nowhere.txt"),
        (lambda: plan_ablation("gpt", ["mask"], name="a/b", **corpus), "cannot name"),
        (lambda: AblationPlan.load("missing"), "no ablation 'missing'"),
    ):
        with pytest.raises(GroundupError, match=says):
            wrong()
    assert AblationPlan.names() == []
    assert run_names() == []


def test_a_name_is_not_taken_twice_and_a_damaged_plan_is_explained(fox):
    made = plan_ablation("gpt", ["mask"], corpus=str(fox), name="one")
    assert AblationPlan.load("one") == made
    with pytest.raises(GroundupError, match="already"):
        plan_ablation("gpt", ["norm"], corpus=str(fox), name="one")
    with pytest.raises(GroundupError, match="Did you mean 'one'"):
        AblationPlan.load("ones")
    (made.folder / made.file_name).write_text("{", encoding="utf-8")
    with pytest.raises(GroundupError, match="damaged"):
        AblationPlan.load("one")


def test_another_failure_is_told_and_not_taken_for_a_divergence(fox, monkeypatch):
    def fail(run, listen, wrap_batches):
        raise GroundupError("The disk is full.", "Free some space.")

    monkeypatch.setattr(module, "train_new", fail)
    with pytest.raises(GroundupError, match="disk is full"):
        ablate(plan_ablation("gpt", ["mask"], corpus=str(fox), budget="2steps", set=QUICK))


def test_a_run_without_parts_resumes_to_the_same_numbers(fox, monkeypatch):
    """What was taken out is taken out again when a run is opened again: at the next start, and to write."""
    monkeypatch.setattr(trainer, "STEP_EVENT_INTERVAL_S", 0.0)
    recipe = Recipe.preset(
        "gpt",
        {"corpus": str(fox), "budget": "6steps", **QUICK, "without": ["tied-weights", "positions", "heads"]},
    )
    straight, cut = Run.create(recipe, "straight"), Run.create(recipe, "cut")
    train_run(straight)

    def press_ctrl_c(event):
        if isinstance(event, StepEvent) and event.step == 3:
            signal.raise_signal(signal.SIGINT)

    assert train_run(cut, press_ctrl_c) == "interrupted"
    assert train_run(Run.open("cut")) == "budget"
    one, other = (Run.open(name).model("last").state_dict() for name in ("straight", "cut"))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert "token_embedding.reading" in one
