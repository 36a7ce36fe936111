"""The character RNN in NumPy against the torch model: same weights, same data, same optimiser, same losses."""

import runpy
import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from groundup.foundations.char_rnn import learn, loss_and_gradients, read, sample, start, streams
from groundup.foundations.descent import Adam
from groundup.models.char_rnn import CharRNN, CharRNNConfig
from groundup.models.contract import detach
from groundup.text.batches import ContiguousStreams
from groundup.text.corpora import load_corpus

BATCH, TIME, WIDTH, EMBEDDING = 16, 32, 64, 32
STEPS = 400


@pytest.fixture
def text(shakespeare) -> str:
    return load_corpus(shakespeare).text("train")[:200_000]


def torch_model(vocab_size, seed=0):
    torch.manual_seed(seed)
    return CharRNN(CharRNNConfig(width=WIDTH, embedding=EMBEDDING), vocab_size).double()


def weights_of(model):
    return {name: value.numpy().copy() for name, value in model.state_dict().items()}


@pytest.mark.slow
def test_reaches_the_loss_of_the_torch_model_step_by_step(text):
    """The issue asks for 3%. From the same start they agree to a millionth, at every one of 400 steps."""
    characters, ids = np.unique(list(text), return_inverse=True)
    model = torch_model(len(characters))
    p = weights_of(model)
    there = torch.optim.Adam(model.parameters(), lr=0.003)
    methods = {name: Adam(0.003) for name in p}
    batches = ContiguousStreams(ids, BATCH, TIME, seed=1)
    losses = []
    for step in range(STEPS):
        inputs, targets, fresh = batches.at(step)
        if fresh:
            memory, h = None, np.zeros((BATCH, WIDTH))
        logits, memory = model(inputs, memory)
        memory = detach(memory)
        theirs = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        there.zero_grad()
        theirs.backward()
        there.step()
        ours, gradients, h = loss_and_gradients(p, inputs.numpy(), targets.numpy(), h)
        learn(p, gradients, methods)
        losses.append((ours, theirs.item()))
    ours, theirs = np.array(losses).T
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    assert ours[-50:].mean() < 2.35, "it should have learnt something"
    assert ours[0] > 4  # of ln 75 = 4.3
    for name, value in model.state_dict().items():
        np.testing.assert_allclose(p[name], value.numpy(), atol=1e-4)

    prompt = ids[:20]  # and what it would say next is the same, too
    with torch.no_grad():
        want = model(torch.from_numpy(prompt)[None])[0][0, -1].softmax(-1)
    logits = read(p, prompt[None], np.zeros((1, WIDTH)))[1][-1, 0]
    np.testing.assert_allclose(np.exp(logits) / np.exp(logits).sum(), want, atol=1e-5)


def test_every_gradient_is_torchs():
    model = torch_model(11).double()
    generator = np.random.default_rng(0)
    inputs, targets = generator.integers(0, 11, (2, 3, 7))
    h = generator.normal(size=(3, WIDTH))
    logits, (after,) = model(torch.from_numpy(inputs), (torch.from_numpy(h)[:, None],))
    F.cross_entropy(logits.flatten(0, 1), torch.from_numpy(targets).flatten()).backward()
    _, gradients, last = loss_and_gradients(weights_of(model), inputs, targets, h)
    assert gradients.keys() == dict(model.named_parameters()).keys()
    for name, parameter in model.named_parameters():
        np.testing.assert_allclose(gradients[name], parameter.grad, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(last, after[:, 0].detach())


def test_every_gradient_is_a_finite_difference():
    generator = np.random.default_rng(0)
    p = start(5, 4, 3, generator)
    inputs, targets = generator.integers(0, 5, (2, 2, 6))
    h = generator.normal(size=(2, 4))
    _, gradients, _ = loss_and_gradients(p, inputs, targets, h)
    for name, value in p.items():
        for at in np.ndindex(value.shape):
            remaining = value[at]
            value[at] = remaining + 1e-5
            up = loss_and_gradients(p, inputs, targets, h)[0]
            value[at] = remaining - 1e-5
            down = loss_and_gradients(p, inputs, targets, h)[0]
            value[at] = remaining
            assert gradients[name][at] == pytest.approx((up - down) / 2e-5, rel=1e-6, abs=1e-7), name


def test_streams_go_on_where_they_stopped():
    batches = streams(np.arange(27), batch=2, time=4)  # the alphabet and one more: rows of 13
    got = [next(batches) for _ in range(4)]
    assert [fresh for *_, fresh in got] == [True, False, False, True]
    np.testing.assert_array_equal(got[0][0], [[0, 1, 2, 3], [13, 14, 15, 16]])
    np.testing.assert_array_equal(got[1][0], got[0][0] + 4)
    np.testing.assert_array_equal(got[3][0], got[0][0])
    for inputs, targets, _ in got:
        np.testing.assert_array_equal(targets, inputs + 1)


def test_sampling_follows_the_models_shares_and_the_seed():
    p = {name: np.zeros_like(value) for name, value in start(3, 4, 2, np.random.default_rng(0)).items()}
    p["lm_head.bias"] = np.log([0.5, 0.3, 0.2])  # whatever came before, these are the shares
    once, again = (sample(p, np.array([0]), 4000, np.random.default_rng(1), 1.0) for _ in range(2))
    assert once == again
    np.testing.assert_allclose(np.bincount(once) / 4000, [0.5, 0.3, 0.2], atol=0.03)


def run(monkeypatch, *arguments):
    monkeypatch.delitem(sys.modules, "groundup.foundations.char_rnn")  # so that runpy reads it again
    monkeypatch.setattr(sys, "argv", ["char_rnn", *map(str, arguments)])
    runpy.run_module("groundup.foundations.char_rnn", run_name="__main__", alter_sys=True)


def test_it_runs_as_a_script(tmp_path, monkeypatch, capsys):
    path = tmp_path / "text.txt"
    path.write_text("the cat sat on the mat.\n" * 100, encoding="utf-8")
    run(monkeypatch, path, "--steps", 60, "--width", 24)
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == "2,400 characters, 12 kinds: by luck alone 2.48."
    losses = [float(line.split("loss ")[1].split()[0]) for line in lines]
    assert len(losses) == 10
    assert losses[-1] < 0.8 * losses[0]


@pytest.mark.parametrize(
    ("content", "options", "result"),
    [
        (None, [], "No such file"),
        (b"too short", [], "too short: 1,025 characters"),
        (b"\xff" * 3000, [], "utf-8"),
        (b"long enough " * 200, ["--steps", "0"], "at least 1"),
        (b"long enough " * 200, ["--seed", "-1"], "non-negative"),
    ],
)
def test_bad_input_is_told_in_a_sentence(*, tmp_path, monkeypatch, capsys, content, options, result):
    path = tmp_path / "text.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SystemExit) as stopped:
        run(monkeypatch, path, *options)
    assert stopped.value.code == 2
    assert result in capsys.readouterr().err
