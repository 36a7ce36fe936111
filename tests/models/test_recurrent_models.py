"""The three recurrent models: what is their own. What all five share is in test_contract.py."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from groundup.models import ModelConfig, build
from groundup.models.char_rnn import CharRNNConfig
from groundup.models.lstm_attention import LSTMAttention, LSTMAttentionConfig
from groundup.models.word_gru import WordGRUConfig

VOCAB = 11
SMALL = {
    "char": CharRNNConfig(width=8, embedding=5, layers=2, dropout=0.3),
    "rnn": WordGRUConfig(cell="rnn", width=8, embedding=5),
    "gru": WordGRUConfig(cell="gru", width=8, embedding=8, layers=2),
    "lstm": WordGRUConfig(cell="lstm", width=8, embedding=5, tie=False),
    "dot": LSTMAttentionConfig(width=8, embedding=5, window=4, layers=2),
    "additive": LSTMAttentionConfig(width=8, embedding=5, window=4, attention="additive", score_width=6),
}


def model_of(config, seed=0):
    torch.manual_seed(seed)
    return build(config, VOCAB).double().eval()


@pytest.mark.parametrize("config", SMALL.values(), ids=SMALL.keys())
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_reading_in_pieces_equals_reading_whole(config, data):
    time = data.draw(st.integers(1, 24))
    cuts = sorted(data.draw(st.sets(st.integers(1, time), max_size=6)) | {time})
    model = model_of(config)
    tokens = torch.randint(VOCAB, (2, time), generator=torch.Generator().manual_seed(time))
    whole, want = model(tokens)
    pieces, memory, first = [], None, 0
    for last in cuts:
        logits, memory = model(tokens[:, first:last], memory)
        pieces.append(logits)
        first = last
    torch.testing.assert_close(torch.cat(pieces, dim=1), whole, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(memory, want, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("config", SMALL.values(), ids=SMALL.keys())
@settings(max_examples=10, deadline=None)
@given(time=st.integers(2, 20), data=st.data())
def test_no_logit_depends_on_a_later_token(config, time, data):
    at = data.draw(st.integers(1, time - 1))
    model = model_of(config)
    tokens = torch.randint(VOCAB, (1, time), generator=torch.Generator().manual_seed(time))
    other = tokens.clone()
    other[0, at] = (other[0, at] + 1) % VOCAB
    a, b = model(tokens)[0], model(other)[0]
    torch.testing.assert_close(a[:, :at], b[:, :at], rtol=1e-12, atol=1e-12)
    assert (a[:, at] - b[:, at]).abs().max() > 1e-6


@pytest.mark.parametrize("config", SMALL.values(), ids=SMALL.keys())
def test_every_weight_learns(config):
    model = model_of(config).train()
    tokens = torch.randint(VOCAB, (3, 9))
    logits, _ = model(tokens)
    F.cross_entropy(logits.flatten(0, 1), tokens.flatten()).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad.abs().max() > 0, name


@pytest.mark.parametrize("config", SMALL.values(), ids=SMALL.keys())
def test_learns_a_text_that_repeats(config):
    """A text of period 4: to predict it is to remember, so the loss goes well under that of guessing."""
    torch.manual_seed(1)
    model = build(replace(config, width=24, embedding=24), VOCAB)
    tokens = torch.tensor([[1, 2, 1, 3] * 4])
    optimiser = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(80):
        logits, _ = model(tokens[:, :-1])
        loss = F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    model.eval()
    best = model(tokens[:, :-1])[0][:, 4:].argmax(-1)
    assert torch.equal(best, tokens[:, 5:])


@pytest.mark.parametrize("config", SMALL.values(), ids=SMALL.keys())
def test_autocast_to_bfloat16_stays_close(config):
    torch.manual_seed(0)
    model = build(config, VOCAB).eval()
    tokens = torch.randint(VOCAB, (2, 15))
    want, _ = model(tokens)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        got, memory = model(tokens)
        step, _ = model(tokens[:, :1], memory)
        F.cross_entropy(got.flatten(0, 1), tokens.flatten()).backward()
    assert (got - want).abs().max() < 0.03
    assert step.shape == (2, 1, VOCAB)
    assert model.embedding.weight.grad.isfinite().all()


def attention_as_written(model: LSTMAttention, h, t):
    """The context of step t, from the papers' formulas one number at a time."""
    seen = h[max(0, t - model.config.window + 1) : t + 1]
    if model.config.attention == "dot":
        scores = [model.attention.query.weight @ h[t] @ past / len(past) ** 0.5 for past in seen]
    else:
        query = model.attention.query.weight @ h[t] + model.attention.query.bias
        scores = [
            model.attention.score.weight[0] @ torch.tanh(query + model.attention.key.weight @ past)
            for past in seen
        ]
    return torch.stack(scores).softmax(0) @ seen


@pytest.mark.parametrize("attention", ["dot", "additive"])
def test_attention_is_the_formula_over_the_window(attention):
    config = LSTMAttentionConfig(width=6, embedding=4, window=5, score_width=3, attention=attention)
    model = model_of(config)
    tokens = torch.randint(VOCAB, (1, 13))
    logits, _ = model(tokens)
    x = model.embedding(tokens.t())
    h = model.cells(x, model.cells.init_state(1, like=x))[0][:, 0]
    for t in range(13):
        context = attention_as_written(model, h, t)
        want = model.lm_head(torch.tanh(model.join(torch.cat([h[t], context]))))
        torch.testing.assert_close(logits[0, t], want)


def test_attention_weights_sum_to_one_inside_the_window_and_are_zero_outside():
    model = model_of(LSTMAttentionConfig(width=6, embedding=4, window=3))
    _, weights = model.attention(torch.randn(2, 4, 6).double(), torch.randn(2, 9, 6).double())
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 4).double())
    for row in range(4):
        own = 5 + row
        assert (weights[:, row, own - 2 : own + 1] > 0).all()
        assert weights[:, row].count_nonzero() == 2 * 3


@pytest.mark.parametrize("window", [1, 2, 6])
def test_past_is_bounded_by_the_window(window):
    model = model_of(LSTMAttentionConfig(width=6, embedding=4, window=window))
    memory = None
    for read in range(1, 9):
        _, memory = model(torch.randint(VOCAB, (2, 1)), memory)
        assert memory[2].shape == (2, min(read, window - 1), 6)


def test_tied_tables_are_one_and_count_once():
    tied = model_of(WordGRUConfig(width=8, embedding=5))
    untied = model_of(WordGRUConfig(width=8, embedding=5, tie=False))
    assert tied.lm_head.weight is tied.embedding.weight
    cells = 3 * 8 * (5 + 8 + 2)
    assert tied.parameter_count() == VOCAB * 5 + cells + 5 * 8 + VOCAB
    assert untied.parameter_count() == VOCAB * 5 + cells + VOCAB * 8 + VOCAB


@pytest.mark.parametrize("config", SMALL.values(), ids=SMALL.keys())
def test_starts_near_the_uniform_guess(config):
    model = model_of(config)
    tokens = torch.randint(VOCAB, (8, 30))
    loss = F.cross_entropy(model(tokens[:, :-1])[0].flatten(0, 1), tokens[:, 1:].flatten())
    assert abs(loss.item() - torch.tensor(float(VOCAB)).log().item()) < 0.4


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: CharRNNConfig(width=0), "width is 0: choose at least 1"),
        (lambda: WordGRUConfig(layers=0), "layers is .*: choose at least 1"),
        (lambda: WordGRUConfig(dropout=1.0), "dropout is .*: choose a probability"),
        (lambda: LSTMAttentionConfig(window=0), "window is .*: choose at least 1"),
        (lambda: LSTMAttentionConfig(dropout=-0.1), "dropout"),
    ],
)
def test_impossible_sizes_are_refused_in_a_sentence(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()


def test_configs_suit_the_recipe():
    """pydantic builds them from plain values, refuses unknown keys, and finds a sentence for every field."""
    for config in (CharRNNConfig, WordGRUConfig, LSTMAttentionConfig):
        adapter = TypeAdapter(config)
        assert adapter.validate_python({"width": 32}).width == 32
        with pytest.raises(ValidationError):
            adapter.validate_python({"widht": 32})
        properties = adapter.json_schema()["properties"]
        assert all(value.get("description") for name, value in properties.items() if name != "kind")
    assert TypeAdapter(ModelConfig).validate_python({"kind": "word-gru", "cell": "lstm"}).cell == "lstm"
    with pytest.raises(ValidationError):
        TypeAdapter(WordGRUConfig).validate_python({"cell": "tree"})
