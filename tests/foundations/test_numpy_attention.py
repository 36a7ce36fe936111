"""Attention in NumPy against torch and against finite differences, in float64; and the worked example."""

import doctest
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from groundup.foundations import attention as module
from groundup.foundations.attention import (
    AdditiveWeights,
    MultiHeadWeights,
    additive_scores,
    additive_scores_backward,
    attention,
    attention_backward,
    causal_mask,
    dot_scores,
    dot_scores_backward,
    merge_heads,
    mix,
    mix_backward,
    multi_head,
    multi_head_backward,
    split_heads,
    worked_example,
)

LEADING = st.sampled_from([(), (2,), (2, 3)])
SIZES = {"n": st.integers(1, 5), "m": st.integers(1, 5), "d": st.integers(1, 4), "seed": st.integers(0, 9999)}


def assert_is_slope(function, above, values, gradients, step=1e-5):
    """Every gradient against central differences of function(), which reads the values, weighted by above."""
    for value, gradient in zip(values, gradients, strict=True):
        assert gradient.shape == value.shape
        for at in np.ndindex(value.shape):
            remaining = value[at]
            value[at] = remaining + step
            up = (function() * above).sum()
            value[at] = remaining - step
            down = (function() * above).sum()
            value[at] = remaining
            assert gradient[at] == pytest.approx((up - down) / (2 * step), rel=1e-6, abs=1e-6)


def in_torch(*arrays):
    return [torch.from_numpy(array).requires_grad_() for array in arrays]


def assert_equal(ours, theirs):
    for mine, their in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, their.detach(), rtol=1e-10, atol=1e-12)


def test_the_worked_numbers_are_right():
    result = doctest.testmod(module)
    assert not result.failed
    assert result.attempted >= 7


# --- the worked example -------------------------------------------------------------------------------------


def test_the_worked_example_comes_out_in_numbers_to_read():
    example = worked_example()
    np.testing.assert_array_equal(example.products, example.products.round())
    parts = [
        [1],
        [1, 1],
        [1, 2, 1],
        [1, 1, 1, 1],
        [1, 1, 4, 1, 1],
        [1, 2, 1, 1, 4, 1],
    ]  # one more in a product doubles the weight, or nearly: 2.03
    for row, part in zip(example.weights, parts, strict=True):
        np.testing.assert_allclose(row[: len(part)], np.array(part) / sum(part), atol=0.01)
        np.testing.assert_array_equal(row[len(part) :], 0)
    np.testing.assert_allclose(np.exp(1 / example.scale), 2.03, atol=0.003)


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("scaled", [True, False])
def test_the_worked_example_hangs_together(causal, scaled):
    e = worked_example(causal, scaled)
    assert len(e.words) == 6
    q, k, v = (torch.from_numpy(part) for part in (e.q, e.k, e.v))
    scale = 1 / math.sqrt(2) if scaled else 1.0
    want = F.scaled_dot_product_attention(q, k, v, is_causal=causal, scale=scale)
    np.testing.assert_allclose(e.context, want, rtol=1e-12)
    np.testing.assert_array_equal(e.scores, e.products / e.scale)
    np.testing.assert_array_equal(e.products, e.q @ e.k.T)
    assert e.mask.sum() == (21 if causal else 36)
    assert (e.weights[~e.mask] == 0).all()
    np.testing.assert_allclose(e.weights.sum(axis=1), 1)
    np.testing.assert_array_equal(e.context, e.weights @ e.v)


# --- scores -------------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(leading=LEADING, scale=st.floats(0.5, 3), **SIZES)
def test_dot_scores_and_their_gradients(*, leading, scale, n, m, d, seed):
    g = np.random.default_rng(seed)
    q, k, above = (g.normal(size=(*leading, *shape)) for shape in ((n, d), (m, d), (n, m)))
    there = in_torch(q, k)
    loss = ((there[0] @ there[1].mT / scale) * torch.from_numpy(above)).sum()
    got = dot_scores_backward(above, q, k, scale)
    assert_equal(got, torch.autograd.grad(loss, there))
    assert_is_slope(lambda: dot_scores(q, k, scale), above, (q, k), got)


@settings(max_examples=20, deadline=None)
@given(leading=LEADING, width=st.integers(1, 4), e=st.integers(1, 3), **SIZES)
def test_additive_scores_and_their_gradients(*, leading, width, e, n, m, d, seed):
    g = np.random.default_rng(seed)
    q, k, above = (g.normal(size=(*leading, *shape)) for shape in ((n, d), (m, e), (n, m)))
    w = AdditiveWeights(*(g.normal(size=shape) for shape in ((width, d), (width, e), (width,))))
    there = in_torch(q, k, *w)
    asked, output = F.linear(there[0], there[2]), F.linear(there[1], there[3])
    scores = torch.tanh(asked.unsqueeze(-2) + output.unsqueeze(-3)) @ there[4]
    ours, judged = additive_scores(q, k, w)
    assert_equal([ours], [scores])
    d_q, d_k, d_w = additive_scores_backward(above, q, k, w, judged)
    want = torch.autograd.grad((scores * torch.from_numpy(above)).sum(), there)
    assert_equal([d_q, d_k, *d_w], want)
    assert_is_slope(lambda: additive_scores(q, k, w)[0], above, (q, k, *w), [d_q, d_k, *d_w])


def test_random_dot_products_have_variance_d_and_scaled_ones_variance_1():
    g = np.random.default_rng(0)
    q, k = g.normal(size=(2, 400, 64))
    assert dot_scores(q, k).var() == pytest.approx(64, rel=0.05)
    assert dot_scores(q, k, scale=8).var() == pytest.approx(1, rel=0.05)


# --- mask, mix, and the whole equation ----------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(leading=LEADING, causal=st.booleans(), **SIZES)
def test_attention_is_torchs(*, leading, causal, n, m, d, seed):
    g = np.random.default_rng(seed)
    m = n if causal else m
    q, k, v, above = (g.normal(size=(*leading, *shape)) for shape in ((n, d), (m, d), (m, d), (n, d)))
    mask = causal_mask(n) if causal else g.random((n, m)) < 0.6
    mask[:, 0] = True  # something to look at
    there = in_torch(q, k, v)
    want = F.scaled_dot_product_attention(*there, attn_mask=torch.from_numpy(mask))
    context, weights = attention(q, k, v, mask)
    assert_equal([context], [want])
    np.testing.assert_allclose(weights.sum(axis=-1), 1)
    assert (weights[..., ~mask] == 0).all()
    got = attention_backward(above, q, k, v, weights)
    assert_equal(got, torch.autograd.grad((want * torch.from_numpy(above)).sum(), there))
    assert_is_slope(lambda: attention(q, k, v, mask)[0], above, (q, k, v), got)


@settings(max_examples=15, deadline=None)
@given(leading=LEADING, **SIZES)
def test_mixing_serves_any_scores(leading, n, m, d, seed):
    """Additive scores go through the same mixing; its gradients with a mask that forbids."""
    g = np.random.default_rng(seed)
    scores, v, above = (g.normal(size=(*leading, *shape)) for shape in ((n, m), (m, d), (n, d)))
    mask = np.ones((n, m), dtype=bool)
    mask[:, 1:] = g.random((n, m - 1)) < 0.5
    context, weights = mix(scores, v, mask)
    there = in_torch(scores, v)
    want = there[0].masked_fill(~torch.from_numpy(mask), -math.inf).softmax(-1) @ there[1]
    assert_equal([context], [want])
    got = mix_backward(above, weights, v)
    assert_equal(got, torch.autograd.grad((want * torch.from_numpy(above)).sum(), there))
    assert (got[0][..., ~mask] == 0).all()
    assert_is_slope(lambda: mix(scores, v, mask)[0], above, (scores, v), got)


def test_a_query_with_nothing_to_look_at_is_refused():
    with pytest.raises(ValueError, match="nothing to share out"):
        mix(np.zeros((1, 2)), np.zeros((2, 3)), np.zeros((1, 2), dtype=bool))


# --- many heads ---------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(leading=LEADING, heads=st.integers(1, 4), width=st.integers(1, 3), time=st.integers(1, 5))
def test_merging_undoes_splitting(leading, heads, width, time):
    x = np.arange(math.prod((*leading, time, heads * width))).reshape(*leading, time, heads * width)
    split = split_heads(x, heads)
    assert split.shape == (*leading, heads, time, width)
    np.testing.assert_array_equal(split[..., -1, :, :], x[..., -width:])
    np.testing.assert_array_equal(merge_heads(split), x)


@settings(max_examples=12, deadline=None)
@given(
    heads=st.integers(1, 3),
    head_width=st.integers(1, 3),
    n=st.integers(1, 4),
    m=st.integers(1, 4),
    to_itself=st.booleans(),
    seed=st.integers(0, 9999),
)
def test_many_heads_are_torch_nn_multihead_attention(*, heads, head_width, n, m, to_itself, seed):
    g = np.random.default_rng(seed)
    width, batch = heads * head_width, 2
    layer = nn.MultiheadAttention(width, heads, batch_first=True).double()
    w = MultiHeadWeights(*(g.normal(size=tuple(part.shape)) for part in layer.parameters()))
    with torch.no_grad():
        for parameter, ours in zip(layer.parameters(), w, strict=True):
            parameter.copy_(torch.from_numpy(ours))
    x, above = g.normal(size=(2, batch, n, width))
    source = x if to_itself else g.normal(size=(batch, m, width))
    mask = causal_mask(n) if to_itself else None

    there_x = torch.from_numpy(x).requires_grad_()
    there_source = there_x if to_itself else torch.from_numpy(source).requires_grad_()
    forbidden = torch.from_numpy(~mask) if to_itself else None  # there, true forbids
    want, want_weights = layer(
        there_x, there_source, there_source, attn_mask=forbidden, average_attn_weights=False
    )
    output, cache = multi_head(x, source, w, heads, mask)
    assert_equal([output, cache.weights], [want, want_weights])

    d_x, d_source, d_w = multi_head_backward(above, cache, w)
    values, ours = ([x], [d_x + d_source]) if to_itself else ([x, source], [d_x, d_source])
    inputs = [there_x] if to_itself else [there_x, there_source]
    loss = (want * torch.from_numpy(above)).sum()
    assert_equal([*ours, *d_w], torch.autograd.grad(loss, [*inputs, *layer.parameters()]))

    assert_is_slope(lambda: multi_head(x, source, w, heads, mask)[0], above, [*values, *w], [*ours, *d_w])


@pytest.mark.parametrize("heads", [0, 3])
def test_a_width_that_heads_do_not_divide_is_refused(heads):
    with pytest.raises(ValueError, match="cannot be split"):
        split_heads(np.zeros((2, 8)), heads)
