"""What every model promises, checked for every model in the registry."""

from dataclasses import fields

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from groundup.models import MODELS, build
from groundup.models.contract import detach, pick_rows

VOCAB = 13
SIZES = {"width": 16, "embedding": 8, "layers": 2, "heads": 2, "window": 5, "context": 24}
every_model = pytest.mark.parametrize("name", MODELS)


def small(name, dtype=torch.float64, **sizes):
    """The named model, small, not training. Sizes that it does not have are left out."""
    config = MODELS[name][0]
    known = {field.name for field in fields(config)}
    torch.manual_seed(0)
    model = build(config(**{k: v for k, v in (SIZES | sizes).items() if k in known}), VOCAB)
    return model.to(dtype).eval()


def text(batch, time, seed=0):
    return torch.randint(VOCAB, (batch, time), generator=torch.Generator().manual_seed(seed))


def grown(memory):
    """Numbers in a memory, for one row of the batch."""
    return sum(part[0].numel() for part in memory)


def test_the_ladder_has_five_models_each_under_its_own_name():
    assert list(MODELS) == ["char-rnn", "word-gru", "lstm-attention", "transformer", "gpt"]
    for name, (config, model) in MODELS.items():
        assert config().kind == name == model.name


@every_model
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_no_logit_depends_on_a_later_token(name, data):
    time = data.draw(st.integers(2, SIZES["context"]))
    at = data.draw(st.integers(1, time - 1))
    model, tokens = small(name), text(2, time, seed=time)
    other = tokens.clone()
    other[:, at:] = (other[:, at:] + data.draw(st.integers(1, VOCAB - 1))) % VOCAB
    before, after = model(tokens)[0], model(other)[0]
    torch.testing.assert_close(before[:, :at], after[:, :at], rtol=1e-12, atol=1e-12)
    assert not torch.allclose(before[:, at:], after[:, at:])


@every_model
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_reading_in_pieces_equals_reading_whole(name, data):
    time = data.draw(st.integers(1, SIZES["context"]))
    cuts = sorted(data.draw(st.sets(st.integers(1, time), max_size=6)) | {time})
    model, tokens = small(name), text(2, time, seed=time)
    whole, want = model(tokens)
    assert whole.shape == (2, time, VOCAB)
    pieces, memory, first = [], None, 0
    for last in cuts:
        logits, memory = model(tokens[:, first:last], memory)
        pieces.append(logits)
        first = last
    torch.testing.assert_close(torch.cat(pieces, dim=1), whole, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(memory, want, rtol=1e-9, atol=1e-9)


@every_model
def test_reading_in_pieces_in_float32_and_without_gradients(name):
    model, tokens = small(name, dtype=torch.float32), text(2, 20)
    with torch.no_grad():
        whole, _ = model(tokens)
        logits, memory = model(tokens[:, :9])
        pieces = [logits]
        for token in tokens[:, 9:].split(1, dim=1):
            logits, memory = model(token, memory)
            pieces.append(logits)
    torch.testing.assert_close(torch.cat(pieces, dim=1), whole, rtol=1e-4, atol=1e-5)


@every_model
def test_a_batch_of_rows_is_rows_on_their_own(name):
    model, tokens = small(name), text(3, 10)
    together, _ = model(tokens)
    for row in range(3):
        alone, _ = model(tokens[row : row + 1])
        torch.testing.assert_close(alone[0], together[row], rtol=1e-10, atol=1e-10)


@every_model
def test_picked_rows_go_on_as_those_rows(name):
    model, tokens, more = small(name), text(3, 8), text(3, 5, seed=1)
    _, memory = model(tokens)
    rows = torch.tensor([2, 0, 2, 1])
    got, _ = model(more[rows], pick_rows(memory, rows))
    want, _ = model(more, memory)
    torch.testing.assert_close(got, want[rows], rtol=1e-10, atol=1e-10)


@every_model
def test_memory_is_a_flat_tuple_and_reading_leaves_it_as_it_was(name):
    model, tokens = small(name), text(2, 8)
    _, memory = model(tokens)
    assert isinstance(memory, tuple)
    assert all(isinstance(part, torch.Tensor) and part.shape[0] == 2 for part in memory)
    before = [part.clone() for part in memory]
    model(text(2, 4, seed=2), memory)
    torch.testing.assert_close(list(memory), before, rtol=0, atol=0)


@every_model
def test_a_detached_memory_cuts_the_gradient_and_nothing_else(name):
    model = small(name)
    _, memory = model(text(2, 6))
    assert not any(part.requires_grad for part in detach(memory))
    logits, _ = model(text(2, 3, seed=3), memory)
    cut, _ = model(text(2, 3, seed=3), detach(memory))
    torch.testing.assert_close(cut, logits, rtol=0, atol=0)


@every_model
def test_memory_grows_as_it_says(name):
    model, tokens = small(name), text(2, 4)
    _, memory = model(tokens[:, :1])
    for token in tokens[:, 1:].split(1, dim=1):  # fewer than the window holds
        size = grown(memory)
        _, memory = model(token, memory)
        assert grown(memory) - size == model.memory_per_token()


@every_model
def test_context_is_the_limit_or_none(name):
    model = small(name)
    if model.context is None:
        assert model(text(1, 100))[0].isfinite().all()
    else:
        assert model.context == SIZES["context"]
        assert model(text(1, model.context))[0].isfinite().all()
    assert model.recurrent == (model.context is None)


def recurrent_parameters(gates, inputs, width, layers):
    return sum(gates * width * ((width if layer else inputs) + width + 2) for layer in range(layers))


def test_parameters_of_the_recurrent_models_by_hand():
    width, embedding = SIZES["width"], SIZES["embedding"]
    table, lm_head = VOCAB * embedding, VOCAB * width + VOCAB
    cells = {g: recurrent_parameters(g, embedding, width, SIZES["layers"]) for g in (1, 3, 4)}
    assert small("char-rnn").parameter_count() == table + cells[1] + lm_head
    assert small("word-gru").parameter_count() == table + cells[3] + width * embedding + VOCAB
    attention = width * width + (2 * width * width + width)
    assert small("lstm-attention").parameter_count() == table + cells[4] + attention + lm_head


def flops_by_torch(model, time):
    """What torch counts for reading a text, per token: matrix products, which are nearly all there is.

    Token by token, since a text read whole also computes the scores that the causal mask throws away. The LSTM's
    attention is counted as it is computed, window by window.
    """
    memory, length = None, time if model.name == "lstm-attention" else 1
    with (
        sdpa_kernel(SDPBackend.MATH),
        FlopCounterMode(display=False) as counter,
    ):  # else it overlooks attention
        for tokens in text(1, time).split(length, dim=1):
            _, memory = model(tokens, memory)
    return counter.get_total_flops() / time


@every_model
@pytest.mark.parametrize("time", [8, 24])
def test_flops_are_those_that_torch_counts(name, time):
    model = small(name, width=64, embedding=32)
    assert model.flops_per_token(time) == pytest.approx(flops_by_torch(model, time), rel=0.01)
