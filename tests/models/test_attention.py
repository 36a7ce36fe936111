"""Attention: the equation and its modules against torch.nn and finite differences."""

import math

import pytest
import torch
from torch import nn

from groundup.models.attention import (
    CausalSelfAttention,
    CrossAttention,
    SelfAttention,
    attention,
    causal_mask,
    join_heads,
    padding_mask,
    split_heads,
)
from groundup.models.linear import Linear

BATCH, HEADS, TIME, HEAD_WIDTH = 2, 3, 7, 4
WIDTH = HEADS * HEAD_WIDTH


def heads(time=TIME, seed=0, dtype=torch.float64, requires_grad=False):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(BATCH, HEADS, time, HEAD_WIDTH, dtype=torch.float64, generator=generator)
    return x.to(dtype).requires_grad_(requires_grad)


def with_random_weights(layer, seed=0):
    generator = torch.Generator().manual_seed(seed)
    for parameter in layer.parameters():
        nn.init.normal_(parameter, std=0.5, generator=generator)
    return layer.double()


def test_linear_is_torchs_with_the_weights_transposed():
    ours, peer = with_random_weights(Linear(5, 3)), nn.Linear(5, 3).double()
    peer.load_state_dict({"weight": ours.weight.T, "bias": ours.bias})
    x = torch.randn(2, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(ours(x), peer(x))
    torch.testing.assert_close(ours(x[0, 0]), peer(x[0, 0]))


def test_the_weights_are_a_softmax_over_what_was_seen():
    # Worked by hand: one head of width 1, so scores are products. Query 1 sees keys 0 and 1 alone.
    q = torch.tensor([1.0, 2.0, 0.0]).view(1, 1, 3, 1)
    k = torch.tensor([0.0, math.log(3) / 2, 5.0]).view(1, 1, 3, 1)
    mixed, weights = attention(q, k, torch.tensor([4.0, 8.0, 12.0]).view(1, 1, 3, 1))
    want = torch.tensor([[1, 0, 0], [1 / 4, 3 / 4, 0], [1 / 3, 1 / 3, 1 / 3]])
    torch.testing.assert_close(weights[0, 0], want)
    torch.testing.assert_close(mixed.flatten(), torch.tensor([4.0, 7.0, 8.0]))


@pytest.mark.parametrize("past", [0, 1, 5])
@pytest.mark.parametrize("time", [1, 2, TIME])
def test_pytorchs_call_gives_what_the_equation_gives(time, past):
    q, k, v = heads(time, 1), heads(past + time, 2), heads(past + time, 3)
    want, weights = attention(q, k, v)
    torch.testing.assert_close(weights.sum(dim=3), torch.ones(BATCH, HEADS, time, dtype=torch.float64))
    attended = CausalSelfAttention(WIDTH, HEADS).attend(q, k, v, causal_mask(time, past))
    torch.testing.assert_close(attended, join_heads(want))


def test_gradients_are_finite_differences():
    inputs = [heads(4, seed, requires_grad=True) for seed in (1, 2, 3)]
    assert torch.autograd.gradcheck(lambda *x: attention(*x)[0], inputs)


def test_heads_split_and_joined_are_what_they_were():
    x = torch.randn(2, 5, WIDTH)
    assert torch.equal(join_heads(split_heads(x, HEADS, 1)[0]), x)


def test_the_layer_is_multihead_attention():
    ours = with_random_weights(CausalSelfAttention(WIDTH, HEADS))
    peer = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True).double()
    peer.load_state_dict(
        {
            "in_proj_weight": ours.qkv.weight.T,
            "in_proj_bias": ours.qkv.bias,
            "out_proj.weight": ours.out.weight.T,
            "out_proj.bias": ours.out.bias,
        }
    )
    x = torch.randn(
        BATCH, TIME, WIDTH, dtype=torch.float64, generator=torch.Generator().manual_seed(5)
    ).requires_grad_()
    got, keys, values = ours(x, None)
    want, _ = peer(x, x, x, attn_mask=~causal_mask(TIME), need_weights=False)
    torch.testing.assert_close(got, want)
    assert keys.shape == values.shape == (BATCH, HEADS, TIME, HEAD_WIDTH)
    got_grad, *got_weights = torch.autograd.grad(got.square().sum(), [x, *ours.parameters()])
    want_grad, *want_weights = torch.autograd.grad(want.square().sum(), [x, *peer.parameters()])
    torch.testing.assert_close(got_grad, want_grad)
    peers = dict(zip(["qkv.weight", "qkv.bias", "out.weight", "out.bias"], want_weights, strict=True))
    for (name, _), grad in zip(ours.named_parameters(), got_weights, strict=True):
        torch.testing.assert_close(grad, peers[name].T if grad.dim() == 2 else peers[name])


def test_dropout_of_the_weights_happens_in_training_alone():
    torch.manual_seed(0)
    layer = with_random_weights(CausalSelfAttention(WIDTH, HEADS, dropout=0.5))
    x = torch.randn(BATCH, TIME, WIDTH, dtype=torch.float64)
    first, second = layer(x, None)[0], layer(x, None)[0]
    assert not torch.allclose(first, second)
    layer.eval()
    torch.testing.assert_close(layer(x, None)[0], layer(x, None)[0], rtol=0, atol=0)


# ---- over all of a text, and over another -----------------------------------------------------------------


def padded(seen):
    """Which of `seen` tokens are real: all of the first text, three of the second."""
    return torch.arange(seen) < torch.tensor([[seen], [3]])


def states(time, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(BATCH, time, WIDTH, dtype=torch.float64, generator=generator).requires_grad_()


@pytest.mark.parametrize("masked", [False, True])
def test_attention_over_all_of_a_text_is_multihead_attention(masked):
    ours = with_random_weights(SelfAttention(WIDTH, HEADS))
    peer = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True).double()
    peer.load_state_dict({
        "in_proj_weight": ours.qkv.weight.T, "in_proj_bias": ours.qkv.bias,
        "out_proj.weight": ours.out.weight.T, "out_proj.bias": ours.out.bias,
    })  # fmt: skip
    x, real = states(TIME, 1), padded(TIME)
    got = ours(x, padding_mask(real) if masked else None)
    want, weights = peer(x, x, x, key_padding_mask=~real if masked else None, average_attn_weights=False)
    torch.testing.assert_close(got, want)
    got_grad, want_grad = (torch.autograd.grad(y.square().sum(), x)[0] for y in (got, want))
    torch.testing.assert_close(got_grad, want_grad)
    q, k, v = ours.queries_keys_values(x)
    mask = padding_mask(real if masked else torch.ones_like(real))
    torch.testing.assert_close(attention(q, k, v, mask)[1], weights)


@pytest.mark.parametrize("masked", [False, True])
def test_attention_over_another_text_is_multihead_attention(masked):
    ours = with_random_weights(CrossAttention(WIDTH, HEADS))
    peer = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True).double()
    peer.load_state_dict({
        "in_proj_weight": torch.cat((ours.query.weight, ours.key_value.weight), dim=1).T,
        "in_proj_bias": torch.cat((ours.query.bias, ours.key_value.bias)),
        "out_proj.weight": ours.out.weight.T, "out_proj.bias": ours.out.bias,
    })  # fmt: skip
    x, source, real = states(4, 1), states(TIME, 2), padded(TIME)
    mask = padding_mask(real if masked else torch.ones_like(real))
    got, got_weights = ours(x, *ours.keys_values(source), mask)
    want, want_weights = peer(
        x, source, source, key_padding_mask=~real if masked else None, average_attn_weights=False
    )
    torch.testing.assert_close(got, want)
    torch.testing.assert_close(got_weights, want_weights)
    if masked:
        assert (got_weights[1, :, :, 3:] == 0).all()
    got_grads, want_grads = (torch.autograd.grad(y.square().sum(), [x, source]) for y in (got, want))
    torch.testing.assert_close(got_grads, want_grads)
