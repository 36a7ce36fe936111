"""One head, number by number: each step follows from the one before, and the last is what the model computed."""

import numpy as np
import pytest
import torch
from small_models import TRANSFORMERS, assert_drawn, small

from groundup.common.errors import GroundupError
from groundup.lenses import head
from groundup.lenses.activations import record
from groundup.lenses.hooked_model import hooked_model
from groundup.models.lstm_attention import LSTMAttention, LSTMAttentionConfig
from groundup.text.characters import Characters

TEXT = "that is the question"


def additive():
    torch.manual_seed(5)
    tokenizer = Characters.train([TEXT])
    config = LSTMAttentionConfig(width=10, embedding=6, window=6, attention="additive", score_width=7)
    return LSTMAttention(config, tokenizer.vocab_size), tokenizer


CASES = {
    "transformer": lambda: (small("transformer"), 2, 1),
    "gpt": lambda: (small("gpt"), 1, 0),
    "lstm-attention, dot": lambda: (small("lstm-attention"), 0, 0),
    "lstm-attention, additive": lambda: (additive(), 0, 0),
}


@pytest.mark.parametrize("case", CASES)
def test_every_step_follows_from_the_one_before(case):
    what, layer, number = CASES[case]()
    hooked = hooked_model(what)
    found = head.trace(hooked, TEXT, layer, number, 13)
    assert found.additive == ("additive" in case)
    if not found.additive:
        np.testing.assert_allclose(found.products, found.q @ found.k.T, atol=1e-5)
        np.testing.assert_allclose(found.elementwise, found.q[13] * found.k, atol=1e-6)
        assert found.scale == pytest.approx(found.q.shape[1] ** -0.5)
    np.testing.assert_allclose(found.elementwise.sum(1), found.products[13], atol=1e-5)
    np.testing.assert_allclose(found.scaled, found.products * found.scale, atol=1e-6)
    assert (found.scores[found.mask] == found.scaled[found.mask]).all()
    assert (found.scores[~found.mask] == -np.inf).all()
    assert (found.pattern[~found.mask] == 0).all()
    raised = np.exp(found.scores - found.scores.max(1, keepdims=True))
    np.testing.assert_allclose(found.pattern, raised / raised.sum(1, keepdims=True), atol=1e-6)
    np.testing.assert_allclose(found.z, found.pattern @ found.v, atol=1e-5)

    # The context is what the model itself passed on.
    name = f"blocks.{layer}.attn.hook_z"
    hooks = hooked.hook_points
    real = record(hooks.points, [name], lambda: hooks.run(hooked.read(TEXT).tokens))[name]
    np.testing.assert_allclose(found.z, real[0, :, number], atol=1e-5)


@pytest.mark.parametrize("kind", TRANSFORMERS)
def test_what_all_heads_add_is_what_the_layer_adds(kind):
    hooked = hooked_model(small(kind))
    hooks = hooked.hook_points
    heads = [head.trace(hooked, TEXT, 1, number) for number in range(2)]
    name = "blocks.1.hook_attn_out"
    real = record(hooks.points, [name], lambda: hooks.run(hooked.read(TEXT).tokens))[name][0]
    bias = hooks.attention[1].out_bias.detach().numpy()
    np.testing.assert_allclose(sum(one.out for one in heads) + bias, real, atol=1e-5)


def test_the_last_token_is_taken_apart_unless_another_is_named():
    found = head.trace(small("gpt"), TEXT)
    assert (found.layer, found.head, found.position) == (0, 0, len(TEXT) - 1)
    np.testing.assert_allclose(found.elementwise.sum(1), found.products[-1], atol=1e-5)
    assert found.shown(4) == sorted(np.argsort(-found.pattern[-1])[:4].tolist())
    assert head.trace(small("gpt"), TEXT, position=2).shown() == [0, 1, 2]
    assert head.trace(small("lstm-attention"), TEXT).shown() == [15, 16, 17, 18, 19]  # a window of 5


def test_in_json_what_is_masked_is_null():
    data = head.trace(small("gpt"), "to be").to_json()
    assert data["lens"] == "head"
    assert data["scores"][0][1:] == [None] * 4
    assert data["mask"][1] == [True, True, False, False, False]


@pytest.mark.parametrize("case", CASES)
def test_pictures(case):
    what, layer, number = CASES[case]()
    assert_drawn(head.trace(what, TEXT, layer, number))


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"layer": 3}, r"GPT has no attention layer 3\. They are 0 to 2\."),
        ({"layer": -1}, "no attention layer -1"),
        ({"head": 2}, r"Layer 0 of GPT has no head 2\. They are 0 to 1\."),
        ({"position": 20}, r"no token 20 in the text\. It has the tokens 0 to 19"),
        ({"position": -1}, "no token -1"),
    ],
)
def test_what_is_not_there(asked, says):
    with pytest.raises(GroundupError, match=says):
        head.trace(small("gpt"), TEXT, **asked)


def test_models_without_heads():
    with pytest.raises(GroundupError, match="is a char-rnn model: it has no attention"):
        head.trace(small("char-rnn"), TEXT)
    with pytest.raises(GroundupError, match="The only one is 0"):
        head.trace(small("lstm-attention"), TEXT, head=1)
