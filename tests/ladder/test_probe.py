"""The memory probe: an oracle that forgets on purpose breaks just where it should."""

import doctest
import json
import os
import signal
from itertools import pairwise

import pytest
import torch
from rich.console import Console
from torch import nn

import groundup as gu
from groundup.common.brand import RUNGS
from groundup.common.errors import GroundupError
from groundup.ladder import probe, probe_result
from groundup.ladder.figures import write_probe_figure
from groundup.ladder.probe import ENTRANTS, Curriculum, accuracy_at, exact, probe_memory
from groundup.ladder.probe_result import MemoryProbe, wilson
from groundup.models import build
from groundup.text.tasks import IGNORED, TASKS, split_of, tensors
from groundup.text.tasks import questions as questions_of
from groundup.training.fit import FitStep


class Oracle(nn.Module):
    """Knows every answer to questions of at most `knows` tokens, and says the first token to all others."""

    def __init__(self, task, knows):
        super().__init__()
        self.task, self.knows = task, knows
        self.scale = nn.Parameter(torch.ones(()))
        self.read = []

    def forward(self, tokens, memory=None):
        logits = torch.zeros(*tokens.shape, self.task.vocab_size)
        logits[..., 0] = 1
        for row, ids in enumerate(tokens.tolist()):
            text = self.task.decode(ids)
            question = text[: text.index("|")]
            self.read.append(question)
            if len(question) <= self.knows:
                answer = self.task.encode(self.task.answer(question))
                for place, token in enumerate(answer, start=len(question)):
                    logits[row, place, token] = 2
        return self.scale * logits, ()


def test_an_oracle_breaks_where_it_forgets():
    asked = TASKS["reverse"]
    oracle = Oracle(asked, knows=6)
    found = probe._measured(oracle, asked, [2, 5, 6, 7, 9], seed=1)
    assert [at["accuracy"] for at in found["accuracies"][:3]] == [1, 1, 1]
    assert all(at["accuracy"] < 0.1 for at in found["accuracies"][3:])
    assert (found["holds"], found["breaks"]) == (6, 7)
    assert all(split_of(question) == "test" for question in oracle.read)
    never = probe._measured(Oracle(asked, 99), asked, [2, 5], seed=1)
    assert (never["holds"], never["breaks"]) == (5, None)
    at_once = probe._measured(Oracle(asked, 0), asked, [2, 5], seed=1)
    assert (at_once["holds"], at_once["breaks"]) == (None, 2)


@pytest.mark.parametrize(("right", "breaks"), [(179, 3), (180, None), (200, None)])
def test_nine_of_ten_is_enough(right, breaks, monkeypatch):
    measured = {"length": 3, "right": right, "of": 200, "accuracy": right / 200}
    monkeypatch.setattr(probe, "accuracy_at", lambda *given: measured)
    assert probe._measured(None, TASKS["copy"], [3], seed=1)["breaks"] == breaks


def test_questions_grow_with_what_the_model_can_do():
    asked = TASKS["copy"]
    able, unable = Oracle(asked, 99), Oracle(asked, 0)
    curriculum, stuck = Curriculum(able, asked, 12, seed=1), Curriculum(unable, asked, 12, seed=1)
    reached = []
    for step in range(280):
        curriculum.loss(step)
        stuck.loss(step)
        reached.append(curriculum.reached)
    assert reached[0] == 2
    assert reached[-1] == 12
    assert all(before <= after <= before + 2 for before, after in pairwise(reached))
    assert stuck.reached == 2
    assert {len(question) for question in able.read} == set(range(1, 13))
    assert all(split_of(question) == "train" for question in able.read)


def test_the_loss_is_of_the_answers_alone():
    asked = TASKS["recall"]
    torch.manual_seed(1)
    model = build(ENTRANTS["gpt"].config(40), asked.vocab_size)
    curriculum = Curriculum(model, asked, 1, seed=4)  # every question has length 1
    loss = curriculum.loss(0)
    given = questions_of(asked, 1, probe.BATCH_SIZE, "train", 4 * 1_000_003)
    tokens, targets = tensors(asked, given)
    chances = model(tokens)[0].log_softmax(-1)
    wanted = [
        -chances[row, time, targets[row, time]]
        for row in range(len(given))
        for time in range(tokens.shape[1])
        if targets[row, time] != IGNORED
    ]
    assert len(wanted) == 3 * probe.BATCH_SIZE
    torch.testing.assert_close(loss, torch.stack(wanted).mean())


def test_exact_is_what_the_model_writes_by_itself():
    """Greedily, a token at a time with its memory, it writes the answers that `exact` calls right, and no others."""
    asked = TASKS["copy"]
    torch.manual_seed(1)
    model = build(ENTRANTS["word-gru"].config(20), asked.vocab_size)
    found = probe.fit(
        model, Curriculum(model, asked, 3, 1).loss, probe.Budget.parse("120steps"), learning_rate=1e-2
    )
    assert found.step == 120
    given = questions_of(asked, 3, 60, "test", 1)
    with torch.no_grad():
        tokens, targets = tensors(asked, given)
        judged = exact(model(tokens)[0], targets).tolist()
        for question, right in zip(given, judged, strict=True):
            logits, memory = model(torch.tensor([asked.encode([*question, "|"])]))
            written = []
            for _ in question:
                token = logits[0, -1].argmax()
                written += asked.decode([int(token)])
                logits, memory = model(token.view(1, 1), memory)
            assert asked.is_right(question, written) == right
    assert 0 < sum(judged) < len(judged)  # else nothing was compared


def test_the_interval_is_where_the_score_test_draws_it():
    """At its ends the share that was found is 1.96 standard deviations away (Wilson 1927)."""
    for right, of in ((1, 200), (150, 200), (199, 200), (3, 4)):
        for end in wilson(right, of):
            assert abs(right / of - end) == pytest.approx(1.96 * (end * (1 - end) / of) ** 0.5)
    assert not doctest.testmod(probe_result).failed
    assert wilson(0, 10)[0] == 0
    assert wilson(10, 10)[1] == 1


def test_models_are_alike_in_size():
    counts = {
        name: build(entrant.config(140), TASKS["recall"].vocab_size).parameter_count()
        for name, entrant in ENTRANTS.items()
    }
    assert set(RUNGS) < set(counts)
    assert max(counts.values()) < 1.4 * min(counts.values()), counts
    assert counts["word-gru"] == counts["word-gru:gru"]


def test_same_seed_same_numbers_and_every_form_of_the_result(tmp_path):
    given = ("copy", ["word-gru:lstm", "gpt"], "4steps")
    found, again = (probe_memory(*given, lengths=[8, 1, 4], seed=2) for _ in range(2))
    for row in found.models + again.models:
        assert row.pop("seconds") > 0
    assert found.models == again.models
    assert found.lengths == [1, 4, 8]
    assert found.practised_to == 4
    assert [row["steps"] for row in found.models] == [4, 4]
    assert not found.stopped
    json.dumps(found.to_json(), allow_nan=False)


def test_the_librarys_door(capfd):
    given = {"models": ["gpt"], "budget": "3steps", "lengths": [1, 2], "seed": 5}
    silent = gu.probe_memory("copy", **given, progress=False)
    assert isinstance(silent, gu.MemoryProbe)
    assert capfd.readouterr().out == ""
    shown = gu.probe_memory("copy", **given)
    assert silent.models[0]["accuracies"] == shown.models[0]["accuracies"]
    assert "1 of 1 GPT" in capfd.readouterr().out


@pytest.mark.slow
def test_a_gru_learns_to_recall():
    found = probe_memory("recall", ["word-gru"], "500steps", lengths=[1, 2, 4], practised_to=4)
    assert found.models[0]["reached"] == 4
    assert found.models[0]["breaks"] is None, found.models[0]["accuracies"]


# ---- stopped, and what cannot be ---------------------------------------------------------------------------


def test_ctrl_c_in_practice_keeps_what_was_measured(monkeypatch):
    fit, calls = probe.fit, []

    def interrupted(*given, **more):
        calls.append(1)
        listen = more.pop("listen")

        def stop(event):
            listen(event)
            if len(calls) == 2 and isinstance(event, FitStep) and event.step == 2:
                os.kill(os.getpid(), signal.SIGINT)

        return fit(*given, **more, listen=stop)

    monkeypatch.setattr(probe, "fit", interrupted)
    found = probe_memory("copy", ["char-rnn", "word-gru", "gpt"], "5steps", lengths=[1, 2])
    assert found.stopped
    assert [row["model"] for row in found.models] == ["char-rnn"]
    assert len(calls) == 2


def test_ctrl_c_in_a_test_keeps_what_was_measured(monkeypatch):
    def measured(model, *rest):
        if model.name == "gpt":
            raise KeyboardInterrupt
        return accuracy_at(model, *rest)

    monkeypatch.setattr(probe, "accuracy_at", measured)
    found = probe_memory("copy", ["char-rnn", "gpt"], "2steps", lengths=[1, 2])
    assert found.stopped
    assert [row["model"] for row in found.models] == ["char-rnn"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"task_name": "recal"}, "Did you mean 'recall'"),
        ({"models": ["gtp"]}, "Did you mean 'gpt'"),
        ({"models": ["word-gru:lstn"]}, "Did you mean 'word-gru:lstm'"),
        ({"models": []}, "no model to probe"),
        ({"budget": "0s"}, "trains nothing"),
        ({"budget": "5Mtokens"}, "not counted in tokens"),
        ({"lengths": [4, 0]}, "A length of 0"),
        ({"lengths": []}, "no length"),
        ({"lengths": [4], "practised_to": 0}, "A length of 0"),
        ({"lengths": [10_000_000]}, "Choose at most"),
        ({"lengths": [4], "practised_to": 1_000_000}, "Choose at most"),
    ],
)
def test_what_cannot_be(given, says):
    with pytest.raises(GroundupError, match=says):
        probe_memory(**given)


# ---- forms of the result: made rows, so that every case is there -------------------------------------------


def row(model, accuracies, reached):
    lengths = [1, 2, 4, 8]
    of = [
        {"length": n, "right": round(200 * a), "of": 200, "accuracy": a, "low": a * 0.9, "high": a}
        for n, a in zip(lengths, accuracies, strict=True)
    ]
    breaks = next((at["length"] for at in of if at["accuracy"] < 0.9), None)
    holds = max((n for n in lengths if breaks is None or n < breaks), default=None)
    facts = {"name": model.partition(":")[0], "parameters": 24761, "steps": 1500, "seconds": 30.0}
    return {"model": model, **facts, "reached": reached, "accuracies": of, "holds": holds, "breaks": breaks}


@pytest.fixture
def made():
    rows = [
        row("char-rnn", [0.5, 0.4, 0, 0], 2),
        row("word-gru:lstm", [1, 0.95, 0.61, 0], 4),
        row("transformer", [1, 1, 1, 0.2], 4),
        row("lstm-attention", [1, 1, 1, 1], 4),
        row("gpt", [1, 1, 1, 0.1], 4),
    ]
    return MemoryProbe(
        "recall", "recall: a 1 2 3 u a | 1 2 3", "tokens in between", [1, 2, 4, 8], 4, "30s", 1, rows
    )


def test_the_finding_is_said_in_words(made):
    assert made.sentence() == (
        "In tokens in between: the char RNN forgets already at 1; the word GRU (lstm) forgets after 2; "
        "the transformer and the GPT forget after 4; the LSTM + attention forgets nothing up to 8."
    )
    (note,) = made.notes()
    assert note.startswith("The transformer and the GPT held wherever practised.")
    assert MemoryProbe("copy", "", "letters", [1], 1, "1s", 1).sentence() == "Nothing was measured."


def test_the_tables_say_all_of_it(made):
    terminal = Console(width=110)
    with terminal.capture() as capture:
        terminal.print(made.table())
        terminal.print(made.accuracies())
    shown = capture.get()
    for words in (
        "char RNN",
        "word GRU (lstm)",
        "122/200 (55%-61%)",
        "not within 8",
        "24.8 k",
        "1,500",
    ):
        assert words in shown, words
    assert "100 95 61" in " ".join(shown.split())


def test_the_picture_has_every_line(made, tmp_path):
    from matplotlib.image import imread

    picture = imread(write_probe_figure(made, tmp_path / "deep" / "memory.png"))[..., :3]
    for name in RUNGS:
        colour = torch.tensor([int(RUNGS[name].light[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        found = (torch.from_numpy(picture) - colour).abs().amax(-1) < 0.02
        # In the plot, and not only as the tag at its right.
        assert int(found[:, : picture.shape[1] * 3 // 4].sum()) > 300, name
