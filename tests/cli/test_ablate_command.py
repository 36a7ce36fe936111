"""`groundup ablate`: for people and, with --json, for programs; what is wrong; the commands of its help."""

import json
import shlex
import signal

import pytest

import groundup as gu
from commands import QUICK, shortened
from groundup.cli.ladder import ABLATE_EXAMPLES
from groundup.cli.shared import commands_in
from groundup.ladder.ablate import AblationPlan
from groundup.models.ablations import parts_of
from groundup.training import trainer
from groundup.training.recipe import Recipe, preset_names
from groundup.training.run import Run
from groundup.training.run_folder import run_names

SMALL = ["--budget", "2steps", *QUICK]


@pytest.mark.slow
def test_it_ends_in_a_table_a_picture_and_a_report(groundup, fox, home):
    result = groundup(
        "ablate", "gpt", "--corpus", fox, "--without", "positions,residual", "--name", "mine", *SMALL
    )
    assert result.code == 0, result.err
    for output in (
        "1 of 3: whole",
        "3 of 3: without-residual",
        "the whole GPT",
        "without positions",
        "verdict",
    ):
        assert output in result.out
    assert "\x1b" not in result.out
    folder = home / "reports" / "mine"
    for name in ("report.html", "ablation.png"):
        assert str(folder / name) in result.out
        assert (folder / name).stat().st_size > 10_000


@pytest.mark.slow
def test_json_is_one_object(groundup, fox, tmp_path):
    out = tmp_path / "out"
    result = groundup(
        "ablate", "char-rnn", "--corpus", fox, "--fault", "labels-leaked", "--without", "recurrence", "--out", out,
        "--json", *SMALL,
    )  # fmt: skip
    assert result.code == 0, result.err
    assert [row["variant"] for row in result.json["variants"]] == [
        "whole",
        "without-recurrence",
        "labels-leaked",
    ]
    assert result.json["report"] == str(out / "report.html")
    assert {"bpb", "difference", "verdict", "sample", "read_one_by_one"} <= set(result.json["variants"][1])
    assert {path.name for path in out.iterdir()} == {"report.html", "ablation.png", "rows.json"}


@pytest.mark.slow
def test_ctrl_c_says_how_to_go_on_and_that_works(groundup, fox, monkeypatch):
    monkeypatch.setattr(trainer, "STEP_EVENT_INTERVAL_S", 0.0)
    real, stopped = trainer.Trainer.step, []

    def step(self, rate):
        if self.position.step == 1 and not stopped:
            stopped.append(True)
            signal.raise_signal(signal.SIGINT)
        return real(self, rate)

    monkeypatch.setattr(trainer.Trainer, "step", step)
    arguments = ["--corpus", fox, "--without", "embedding", "--name", "half", "--budget", "3steps", *QUICK]
    result = groundup("ablate", "char-rnn", *arguments)
    assert result.code == 130
    assert "groundup ablate --resume half" in result.err
    assert run_names() == ["half-whole"]
    result = groundup("ablate", "--resume", "half")
    assert result.code == 0, result.err
    assert Run.open("half-without-embedding").finished


@pytest.mark.parametrize("model", preset_names())
def test_list_shows_what_the_model_has(model, groundup):
    result = groundup("ablate", model, "--list")
    assert result.code == 0
    listed = groundup("ablate", model, "--list", "--json").json
    assert list(listed["parts"]) == parts_of(Recipe.preset(model).model)
    for name, sentence in {**listed["parts"], **listed["faults"]}.items():
        assert name in result.out
        assert sentence.split()[0] in result.out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("ablate gpt", "nothing to take out"),
        ("ablate gpt --without", "--without"),
        ("ablate gpt --without positons", "Did you mean 'positions'?"),
        ("ablate char-rnn --without mask", "It can be without: embedding, recurrence"),
        ("ablate gpt --without mask,mask", "given twice"),
        ("ablate gpt --without mask --without mask", "given twice"),
        ("ablate gpt --fault label-leaked", "Did you mean 'labels-leaked'?"),
        ("ablate lstm-attention --fault no-shuffling", "changes nothing"),
        ("ablate gpt --fault no-clipping,no-clipping", "given twice"),
        ("ablate gpt --all --without mask", "some of it by name"),
        ("ablate gtp --without mask", "Did you mean 'gpt'?"),
        ("ablate gtp --list", "Did you mean 'gpt'?"),
        ("ablate gpt --without mask --budget soon", "2min"),
        ("ablate gpt --without mask --corpus nowhere.txt", "nowhere.txt"),
        ("ablate gpt --without mask --set model.widht=3", "Did you mean 'width'?"),
        ("ablate gpt --without mask --set without=norm", "not with --set"),
        ("ablate gpt --without mask --name a/b", "cannot name"),
        ("ablate --resume nothing", "no ablation 'nothing'"),
        ("ablate gpt --resume nothing", "Leave out the rest"),
        ("train gpt --set without=maks", "Did you mean 'mask'?"),
        ("train char-rnn --set training.shuffle=false", "--fault no-shuffling"),
    ],
)
def test_what_is_wrong_and_what_to_do(arguments, says, groundup):
    result = groundup(*arguments.split())
    assert result.code == 2, result
    assert says.lower() in " ".join(result.err.lower().split()), result.err
    assert result.out == ""
    assert run_names() == AblationPlan.names() == []
    if "--json" not in arguments:
        assert json.loads(groundup(*arguments.split(), "--json").err)["error"]


@pytest.mark.slow
@pytest.mark.parametrize("command", commands_in(ABLATE_EXAMPLES))
def test_the_examples_of_its_help_run(command, groundup, fox, tmp_path, monkeypatch):
    monkeypatch.setattr(trainer, "SAMPLE_TOKENS", 8)
    (tmp_path / "my.txt").write_text(fox.read_text(encoding="utf-8"), encoding="utf-8")
    if "--resume mine" in command:
        arguments = ["--without", "mask", "--name", "mine", "--corpus", fox, *SMALL]
        assert groundup("ablate", "gpt", *arguments).code == 0
    words = shortened(shlex.split(command))
    if not {"--resume", "--list"} & set(words):
        words += [*QUICK, *([] if "--corpus" in words else ["--corpus", str(fox)])]
    result = groundup(*words)
    assert result.code == 0, result.err


@pytest.mark.slow
def test_the_library_does_the_same(fox, tmp_path, capsys):
    set_ = {
        "training.batch_size": 2,
        "training.sequence_length": 16,
        "training.precision": "float32",
        "model.width": 32,
    }
    result = gu.ablate(
        "gpt", ["mask"], corpus=fox, budget="2steps", set=set_, out=tmp_path / "o", progress=False
    )
    assert isinstance(result, gu.Ablation)
    assert capsys.readouterr().out == ""
    assert [row["title"] for row in result.variants] == ["the whole GPT", "without mask"]
    assert (tmp_path / "o" / "report.html").is_file()
    again = gu.ablate(resume="ablate-gpt-1", progress=False)
    assert again.variants == result.variants
