"""`import groundup as gu`: what the README shows, done."""

from pathlib import Path

import pytest

import groundup as gu
from groundup.training.events import StepEvent

TEXT = (
    "The fox went down to the river in the morning. She saw the moon in the water and asked it for bread.\n"
)
QUICK = {
    "training.batch_size": 2, "training.sequence_length": 16, "training.precision": "float32",
    "training.evaluations": 2,
    "model.width": 32,
}  # fmt: skip


@pytest.fixture
def fox(tmp_path):
    path = tmp_path / "fox.txt"
    path.write_text(TEXT * 60, encoding="utf-8")
    return path


def test_every_public_name_is_there():
    for name in gu.__all__:
        assert getattr(gu, name) is not None
    assert (Path(gu.__file__).parent / "py.typed").is_file()
    assert set(gu.__all__) <= set(dir(gu))
    with pytest.raises(AttributeError, match="nonsense"):
        _ = gu.nonsense


@pytest.mark.slow
def test_train_generate_evaluate_compare(fox, tmp_path, capsys):
    run = gu.train("gpt", corpus=fox, budget="4steps", set=QUICK)
    assert isinstance(run, gu.Run)
    assert run.name == "gpt-1"
    assert "bits per byte" in capsys.readouterr().out
    other = gu.train("char-rnn", corpus=fox, budget="4steps", name="letters", set=QUICK, progress=False)
    assert capsys.readouterr().out == ""
    assert run.generate("The fox", 12).text == gu.open_run("gpt-1").generate("The fox", 12).text
    warm = run.generate("The fox", 12, sampling=gu.Sampling(temperature=2.0, seed=3)).text
    assert warm != run.generate("The fox", 12, sampling=gu.Sampling(temperature=0.0)).text
    assert run.evaluate().bpb == pytest.approx(run.summary()["bpb"], rel=1e-6)
    result = gu.compare([run, other, "letters"])
    assert [row["run"] for row in result.models] == ["gpt-1", "letters", "letters"]
    assert gu.write_report(result, tmp_path / "ladder.html").is_file()
    assert gu.write_figure(result, tmp_path / "ladder.png").is_file()
    assert {row["run"] for row in gu.runs()} == {"gpt-1", "letters"}


def test_a_recipe_can_be_given_whole(fox):
    recipe = gu.Recipe.preset("char-rnn", {"corpus": str(fox), **QUICK})
    run = gu.train(recipe, budget="2steps", tokenizer="bytes", seed=9, progress=False)
    assert run.recipe.model == recipe.model
    assert run.recipe.budget == "2steps"
    assert run.recipe.tokenizer.kind == "bytes"
    assert run.recipe.seed == 9
    assert gu.resume(run.name, progress=False).finished


@pytest.mark.slow
def test_climb(fox, tmp_path):
    result = gu.climb(fox, "2steps", ["char-rnn", "gpt"], set=QUICK, out=tmp_path / "out", progress=False)
    assert isinstance(result, gu.Comparison)
    assert (tmp_path / "out" / "report.html").is_file()
    again = gu.climb(resume="climb-1", out=tmp_path / "out", progress=False)
    assert again.models == result.models


def test_a_run_that_cannot_begin_leaves_nothing(tmp_path):
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")
    with pytest.raises(gu.GroundupError, match=r"empty\.txt"):
        gu.train("gpt", corpus=tmp_path / "empty.txt", name="mine", progress=False)
    assert gu.runs() == []


def test_an_interrupt_says_how_to_go_on(fox, monkeypatch):
    import signal

    monkeypatch.setattr("groundup.training.trainer.STEP_EVENT_INTERVAL_S", 0.0)
    real = gu.library.watch

    class Impatient:
        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def __call__(self, event):
            if isinstance(event, StepEvent) and event.step == 3:
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(gu.library, "watch", lambda console: Impatient())
    with pytest.raises(KeyboardInterrupt, match=r"gu\.resume\('mine'\)"):
        gu.train("char-rnn", corpus=fox, budget="9steps", name="mine", set=QUICK)
    monkeypatch.setattr(gu.library, "watch", real)
    run = gu.resume("mine", progress=False)
    assert run.finished
    assert run.summary()["steps"] == 9
