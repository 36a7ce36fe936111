"""Gradient flow: every length of a gradient against finite differences and against other ways to the same gradient."""

from contextlib import contextmanager

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from small_models import ALL, RECURRENT, TRANSFORMERS, assert_drawn, small

from groundup.common.errors import GroundupError
from groundup.lenses import gradient_flow
from groundup.lenses.gradient_flow import compare_gradient_flow, decay
from groundup.models.cells import gru_step, lstm_gates, lstm_step, rnn_step
from groundup.models.word_gru import WordGRU, WordGRUConfig
from groundup.text.characters import Characters

TEXT = "that is it"
LAST = len(TEXT) - 1


def exact(kind):
    """In float64, where finite differences are good to eight digits."""
    model, tokenizer = small(kind)
    return model.double(), tokenizer


def predicted(model, tokenizer, of, at=LAST):
    """What `trace` differentiates, by the model alone."""
    tokens = torch.tensor([tokenizer.encode(TEXT)])
    with torch.no_grad():
        logits = model(tokens[:, :at])[0][0, -1]
    target = tokens[0, at]
    return (logits[target] if of == "logit" else F.cross_entropy(logits, target)).item()


@contextmanager
def nudged(module, side, place, by):
    """While inside, `by` is added to one vector of what a module takes or gives; place indexes its first axes."""

    def nudge(values):
        first, *rest = values if isinstance(values, tuple) else (values,)
        first = first.clone()
        first[place] += by
        return (first, *rest) if isinstance(values, tuple) else first

    if side == "input":
        handle = module.register_forward_pre_hook(lambda _, values: nudge(values))
    else:
        handle = module.register_forward_hook(lambda _, values, result: nudge(result))
    try:
        yield
    finally:
        handle.remove()


def slope(value, module, side, place, width):
    """The length of the gradient of `value()` with respect to a vector that passes a module, by differences."""
    gradient = []
    for unit in range(width):
        by = torch.zeros(width, dtype=torch.float64)
        by[unit] = 1e-5
        with nudged(module, side, place, by):
            up = value()
        with nudged(module, side, place, -by):
            gradient.append((up - value()) / 2e-5)
    return np.linalg.norm(gradient)


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("of", ["loss", "logit"])
def test_the_gradient_flow_of_the_inputs_by_finite_differences(kind, of):
    model, tokenizer = exact(kind)
    found = gradient_flow.trace((model, tokenizer), TEXT, of=of)
    assert found.labels == list(TEXT[:-1])
    assert found.target == TEXT[-1]
    assert found.value == pytest.approx(predicted(model, tokenizer, of))
    recurrent = kind in RECURRENT
    module = model.cells if recurrent else model.blocks[0]
    width = model.cells.inputs if recurrent else 12
    for t in (0, 4, LAST - 1):
        place = (t, 0) if recurrent else (0, t)
        real = slope(lambda: predicted(model, tokenizer, of), module, "input", place, width)
        assert found.inputs[t] == pytest.approx(real, rel=1e-6)


@pytest.mark.parametrize("kind", TRANSFORMERS)
def test_the_gradient_flow_of_what_each_block_passes_on_by_finite_differences(kind):
    model, tokenizer = exact(kind)
    found = gradient_flow.trace((model, tokenizer), TEXT)
    assert list(found.states) == [f"blocks.{layer}.hook_resid_post" for layer in range(3)]
    for layer, block in enumerate(model.blocks):
        for t in (0, 5, LAST - 1):
            real = slope(lambda: predicted(model, tokenizer, "loss"), block, "output", (0, t), 12)
            assert found.states[f"blocks.{layer}.hook_resid_post"][t] == pytest.approx(
                real, rel=1e-6, abs=1e-12
            )
    # After the last layer only the last token's vector is read.
    assert (found.states["blocks.2.hook_resid_post"][:-1] == 0).all()


def cells_model(cell):
    torch.manual_seed(4)
    tokenizer = Characters.train([TEXT])
    model = WordGRU(WordGRUConfig(cell=cell, width=6, embedding=5, layers=2, tie=False), tokenizer.vocab_size)
    return model.double().eval(), tokenizer


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_gradient_flow_of_states_in_every_layer_by_finite_differences(cell):
    """The two layers once more, as loops over their steps, with a state that can be nudged at one token."""
    model, tokenizer = cells_model(cell)
    found = gradient_flow.trace((model, tokenizer), TEXT)
    step = {"rnn": rnn_step, "gru": gru_step, "lstm": lstm_step}[cell]
    ids = torch.tensor(tokenizer.encode(TEXT))
    letters = ["h", "c"] if cell == "lstm" else ["h"]
    assert sorted(found.states) == sorted(f"cells.{n}.hook_{letter}" for n in range(2) for letter in letters)

    def value(at=None, by=None):
        """The loss; `at` is the layer, the token and the letter of the state that `by` is added to."""
        with torch.no_grad():
            read = list(model.embedding(ids[:-1]).unsqueeze(1) * model.config.embedding**0.5)
            for layer in range(2):
                state = tuple(torch.zeros(1, 6, dtype=torch.float64) for _ in letters)
                outputs = []
                w = model.cells.weights(layer)
                for t, x in enumerate(read):
                    before, state = state, step(x, state, w)
                    if at == (layer, t, "h"):
                        state = (state[0] + by, *state[1:])
                    elif at == (layer, t, "c"):  # what the cell shows follows from what it keeps
                        c = state[1] + by
                        state = (lstm_gates(x, before[0], w)[3] * torch.tanh(c), c)
                    outputs.append(state[0])
                read = outputs
            return F.cross_entropy(model.lm_head(read[-1])[0], ids[-1]).item()

    assert found.value == pytest.approx(value())
    for layer in range(2):
        for letter in letters:
            for t in (0, 5, LAST - 1):
                gradient = []
                for unit in range(6):
                    by = torch.zeros(1, 6, dtype=torch.float64)
                    by[0, unit] = 1e-5
                    gradient.append((value((layer, t, letter), by) - value((layer, t, letter), -by)) / 2e-5)
                norm = found.states[f"cells.{layer}.hook_{letter}"][t]
                assert norm == pytest.approx(np.linalg.norm(gradient), rel=1e-5, abs=1e-10)


@pytest.mark.parametrize("kind", RECURRENT)
def test_the_gradient_flow_of_the_top_state_through_the_memory(kind):
    """The text read in two pieces: the gradient of the memory between them, by the fast cells' own backward pass."""
    model, tokenizer = small(kind)
    found = gradient_flow.trace((model, tokenizer), TEXT)
    tokens = torch.tensor([tokenizer.encode(TEXT)])
    top = model.cells.layers - 1
    for t in (1, 6):
        _, memory = model(tokens[:, : t + 1])
        h = memory[0][:, top].detach().requires_grad_()
        rest = [part.detach() for part in memory]
        rest[0] = torch.cat((rest[0][:, :top], h.unsqueeze(1)), dim=1)
        if kind == "lstm-attention":  # it is the newest of the past outputs, too
            rest[2] = torch.cat((rest[2][:, :-1], h.unsqueeze(1)), dim=1)
        logits, _ = model(tokens[:, t + 1 : LAST], tuple(rest))
        (gradient,) = torch.autograd.grad(F.cross_entropy(logits[0, -1], tokens[0, LAST]), h)
        assert found.states[f"cells.{top}.hook_h"][t] == pytest.approx(gradient.norm().item(), rel=1e-4)


@pytest.mark.parametrize("kind", ALL)
def test_a_prediction_in_the_middle_knows_nothing_of_what_follows(kind):
    whole = gradient_flow.trace(small(kind), TEXT, at=5)
    start = gradient_flow.trace(small(kind), TEXT[:6])
    assert whole.labels == start.labels == list(TEXT[:5])
    assert whole.target == TEXT[5]
    np.testing.assert_allclose(whole.inputs, start.inputs, rtol=1e-5)


@pytest.mark.parametrize("kind", ALL)
def test_looking_leaves_no_gradient_on_the_model(kind):
    model, tokenizer = small(kind)
    gradient_flow.trace((model, tokenizer), TEXT)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_decay_of_a_geometric_series():
    factor, r2 = decay(3 * 0.7 ** np.arange(12.0)[::-1])
    assert factor == pytest.approx(0.7)
    assert r2 == pytest.approx(1)
    assert decay(np.array([1.0, 2.0])) == (None, None)
    assert decay(np.array([0.0, 0.0, 1.0, 2.0, 4.0]))[0] == pytest.approx(0.5), "zeros have no logarithm"
    assert decay(np.ones(5)) == (pytest.approx(1), 0.0)


def test_a_linear_chain_decays_by_its_factor():
    """A plain RNN that is nearly linear, with a recurrent matrix that halves: so does the gradient."""
    model, tokenizer = cells_model("rnn")
    with torch.no_grad():
        for layer in range(2):
            w = model.cells.weights(layer)
            w.ih.mul_(1e-3)
            w.hh.copy_(0.5 * torch.eye(6))
        w = model.cells.weights(1)
        w.hh.zero_()
    found = gradient_flow.trace((model, tokenizer), TEXT)
    assert found.factor == pytest.approx(0.5, rel=1e-3)
    assert found.geometric
    assert (
        found.sentence()
        == "Each token back, the gradient is times 0.50: half of it is gone after 1.0 tokens."
    )


def test_several_models_on_one_text():
    found = compare_gradient_flow([small(kind) for kind in ALL], TEXT)
    assert [one.kind for one in found.traces] == list(ALL)
    assert found.traces[0].back == list(range(LAST, 0, -1))
    assert_drawn(found)
    axes = found.plot().axes[0]
    assert axes.get_yscale() == "log"
    words = {text.get_text() for text in axes.texts}
    assert {"1", "2", "3", "4", "5", "CharRNN", "WordGRU", "LSTMAttention", "Transformer", "GPT"} <= words


@pytest.mark.parametrize("kind", ALL)
def test_pictures(kind):
    assert_drawn(gradient_flow.trace(small(kind), TEXT))


def test_the_shortest_text_has_a_gradient_and_no_decay():
    found = gradient_flow.trace(small("gpt"), "th")
    assert found.inputs.shape == (1,)
    assert found.factor is None
    assert found.sentence().startswith("Too few tokens")
    assert_drawn(found)


@pytest.mark.parametrize(
    ("text", "asked", "says"),
    [
        ("t", {}, "at least 2"),
        (TEXT * 3, {}, "reads at most 24"),
        (TEXT, {"at": 0}, r"Token 0 cannot be predicted .* Choose one from 1 to 9"),
        (TEXT, {"at": 10}, "Token 10"),
        (TEXT, {"of": "gain"}, "Choose loss or logit"),
        ("to €", {}, "'€'"),
    ],
)
def test_what_cannot_be_looked_at(text, asked, says):
    with pytest.raises(GroundupError, match=says):
        gradient_flow.trace(small("gpt"), text, **asked)


def test_nothing_to_compare():
    with pytest.raises(GroundupError, match="Name one run or more"):
        compare_gradient_flow([], TEXT)
