"""Gates and states: the equations hold between them, and they are the model's own."""

import numpy as np
import pytest
import torch
from small_models import RECURRENT, TRANSFORMERS, assert_drawn, small

from groundup.common.errors import GroundupError
from groundup.lenses import gates
from groundup.lenses.hooked_model import hooked_model
from groundup.lenses.unrolled import MEANING, PARTS
from groundup.models.word_gru import WordGRU, WordGRUConfig
from groundup.text.characters import Characters

TEXT = "to be, or not to be"


def with_cell(cell, layers=2):
    torch.manual_seed(2)
    tokenizer = Characters.train([TEXT])
    model = WordGRU(WordGRUConfig(cell=cell, width=9, embedding=7, layers=layers), tokenizer.vocab_size)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.4 * torch.randn_like(parameter))
    return model.eval(), tokenizer


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def numbers(model, layer):
    return [part.detach().double().numpy() for part in model.cells.weights(layer)]


def before(h):
    """(time, width): the state before each token."""
    return np.vstack((np.zeros_like(h[:1]), h[:-1]))


def read_by(model, tokenizer):
    """What the lowest layer reads, (time, inputs)."""
    ids = torch.tensor(tokenizer.encode(TEXT))
    return (model.embedding(ids) * model.config.embedding**0.5).detach().double().numpy()


def test_a_gru_by_its_equations():
    model, tokenizer = with_cell("gru")
    found = gates.trace((model, tokenizer), TEXT)
    assert list(found.parts) == ["r", "z", "n", "h"]
    x = read_by(model, tokenizer)
    for layer in range(2):
        r, z, n, h = (found.parts[letter][layer].astype(np.float64) for letter in "rznh")
        w, u, b, c = numbers(model, layer)
        h_before = before(h)
        of_x, of_h = np.split(x @ w.T + b, 3, 1), np.split(h_before @ u.T + c, 3, 1)
        np.testing.assert_allclose(r, sigmoid(of_x[0] + of_h[0]), atol=1e-5)
        np.testing.assert_allclose(z, sigmoid(of_x[1] + of_h[1]), atol=1e-5)
        np.testing.assert_allclose(n, np.tanh(of_x[2] + r * of_h[2]), atol=1e-5)
        np.testing.assert_allclose(h, (1 - z) * n + z * h_before, atol=1e-5)
        x = h


def test_an_lstm_by_its_equations():
    model, tokenizer = with_cell("lstm")
    found = gates.trace((model, tokenizer), TEXT)
    assert list(found.parts) == ["i", "f", "g", "o", "c", "h"]
    x = read_by(model, tokenizer)
    for layer in range(2):
        i, f, g, o, c, h = (found.parts[letter][layer].astype(np.float64) for letter in "ifgoch")
        w, u, b, d = numbers(model, layer)
        sums = np.split(x @ w.T + b + before(h) @ u.T + d, 4, 1)
        for gate, s, bend in zip((i, f, g, o), sums, (sigmoid, sigmoid, np.tanh, sigmoid), strict=True):
            np.testing.assert_allclose(gate, bend(s), atol=1e-5)
        np.testing.assert_allclose(c, f * before(c) + i * g, atol=1e-5)
        np.testing.assert_allclose(h, o * np.tanh(c), atol=1e-5)
        x = h


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_states_are_the_models_own(cell):
    """What the fast cells leave in the memory, after every token."""
    model, tokenizer = with_cell(cell)
    found = gates.trace((model, tokenizer), TEXT)
    tokens = torch.tensor([tokenizer.encode(TEXT)])
    for time in range(1, len(TEXT) + 1):
        with torch.no_grad():
            _, memory = model(tokens[:, :time])
        for letter, state in zip("hc", memory, strict=False):
            np.testing.assert_allclose(found.parts[letter][:, time - 1], state[0], atol=1e-5)


@pytest.mark.parametrize("kind", RECURRENT)
def test_shapes_and_summaries(kind):
    model, _ = small(kind)
    found = gates.trace(small(kind), TEXT)
    assert list(found.parts) == list(PARTS[model.cells.cell])
    assert set(found.parts) <= set(MEANING)
    for letter, values in found.parts.items():
        assert values.shape == (model.cells.layers, len(TEXT), 12)
        np.testing.assert_allclose(found.movement[letter], values.std(1))
        most = found.selective(letter, 0)
        assert sorted(most) == list(range(12))
        assert (np.diff(found.movement[letter][0][most]) <= 0).all()
        when = found.when(letter, 3, 0, 2)
        assert values[0, when[0], 3] == values[0, :, 3].max()
    assert found.gates == {"rnn": [], "gru": ["r", "z"], "lstm": ["i", "f", "o"]}[found.cell]
    for letter in found.gates:
        values = found.parts[letter]
        assert ((values >= 0) & (values <= 1)).all()
        np.testing.assert_allclose(found.mean[letter], values.mean(2), rtol=1e-6)
        np.testing.assert_allclose(found.opened[letter], (values > 0.5).sum(1) / len(TEXT))


def test_a_unit_that_opens_at_one_letter_alone_is_found():
    model, tokenizer = with_cell("gru", layers=1)
    with torch.no_grad():
        for parameter in model.cells.parameters():
            parameter.zero_()
        model.embedding.weight.zero_()
        comma = tokenizer.encode(",")[0]
        model.embedding.weight[comma, 0] = 1.0
        w = model.cells.weights(0)
        # The update gate's rows are the second third. Unit 4 opens at the comma, and is shut elsewhere.
        w.ih[9 + 4, 0] = 20.0
        w.bias_ih[9 + 4] = -10.0
    found = gates.trace((model, tokenizer), TEXT)
    assert found.selective("z")[0] == 4
    assert found.when("z", 4)[0] == TEXT.index(",")
    assert found.opened["z"][0, 4] == pytest.approx(1 / len(TEXT))
    assert found.mean["z"][0].argmax() == TEXT.index(",")


def test_without_recurrence_the_state_depends_on_one_token_alone():
    found = gates.trace(small("word-gru", without=("recurrence",)), "tobbot")
    states = found.parts["h"][0]
    np.testing.assert_array_equal(states[1], states[4])  # both read an o
    assert not np.allclose(states[0], states[1])


@pytest.mark.parametrize("kind", RECURRENT)
def test_pictures(kind):
    found = gates.trace(small(kind), "to be, or\nnot to be")
    assert_drawn(found)
    assert_drawn(found, layer=0)


def test_a_picture_shows_the_units_that_move_most_in_the_order_of_their_highest():
    found = gates.trace(small("word-gru"), TEXT)
    found_axes = {axes.get_title(loc="left")[:1]: axes for part in found.plot().subfigs for axes in part.axes}
    shown = np.asarray(found_axes["z"].images[0].get_array())
    assert shown.shape == (12, len(TEXT))
    assert (np.diff(shown.argmax(1)) >= 0).all()
    np.testing.assert_allclose(np.sort(shown, axis=0), np.sort(found.parts["z"][0].T, axis=0), atol=1e-6)


@pytest.mark.parametrize("kind", TRANSFORMERS)
def test_a_transformer_has_no_gates_and_says_what_it_has(kind):
    says = (
        rf"is a {kind} model: it has no gates\. Lenses for it: attention, gradient-flow, .*logits, residual"
    )
    with pytest.raises(GroundupError, match=says):
        gates.trace(small(kind), TEXT)


def test_what_cannot_be_looked_at():
    with pytest.raises(GroundupError, match="at least 2"):
        gates.trace(small("char-rnn"), "t")
    with pytest.raises(GroundupError, match="'€'"):
        gates.trace(small("char-rnn"), "to €")
    found = gates.trace(small("char-rnn"), TEXT)
    with pytest.raises(GroundupError, match=r"no recurrent layer 2\. They are 0 to 1"):
        found.plot(layer=2)
    assert hooked_model(small("gpt")).has()[:2] == ["attention", "gradient-flow"]
