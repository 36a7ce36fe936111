"""Attention by tiles against the equation, PyTorch's kernel and finite differences."""

import pytest
import torch
import torch.nn.functional as F

from groundup.models.attention import CausalSelfAttention, attention
from groundup.models.fast import attention as module
from groundup.models.fast.attention import BlockwiseAttention, BlockwiseCausalSelfAttention


def heads(time=7, seed=0, requires_grad=False):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(2, 3, time, 4, dtype=torch.float64, generator=generator)
    return x.requires_grad_(requires_grad)


def gradients(function, inputs, weighting):
    out = function(*inputs)
    return out, *torch.autograd.grad((out * weighting).sum(), inputs)


@pytest.mark.parametrize("tile", [1, 3, 7, 8])
def test_tiles_give_what_the_equation_gives_gradients_too(tile, monkeypatch):
    monkeypatch.setattr(module, "TILE_TOKENS", tile)
    inputs = [heads(seed=seed, requires_grad=True) for seed in (1, 2, 3)]
    weighting = heads(seed=4)
    got = gradients(BlockwiseAttention.apply, inputs, weighting)
    want = gradients(lambda *inputs: attention(*inputs)[0], inputs, weighting)
    torch.testing.assert_close(got, want, rtol=1e-10, atol=1e-12)


def test_tiles_in_bfloat16_are_as_near_as_torchs_kernel():
    generator = torch.Generator().manual_seed(0)
    exact = [torch.randn(2, 2, 200, 32, generator=generator, requires_grad=True) for _ in range(3)]
    rounded = [x.detach().bfloat16().requires_grad_() for x in exact]
    weighting = torch.randn(2, 2, 200, 32, generator=generator)
    want = gradients(lambda *x: attention(*x)[0], exact, weighting)
    ours = gradients(BlockwiseAttention.apply, rounded, weighting.bfloat16())
    peer = gradients(
        lambda *x: F.scaled_dot_product_attention(*x, is_causal=True), rounded, weighting.bfloat16()
    )
    for mine, theirs, true in zip(ours, peer, want, strict=True):
        assert (mine - true).norm() < 1.5 * (theirs - true).norm()
        assert (mine - true).norm() < 0.02 * true.norm()


def test_gradients_are_finite_differences():
    inputs = [heads(4, seed, requires_grad=True) for seed in (1, 2, 3)]
    assert torch.autograd.gradcheck(BlockwiseAttention.apply, inputs)


def test_training_on_a_cpu_goes_by_tiles_and_dropout_does_not(monkeypatch):
    calls = []
    monkeypatch.setattr(BlockwiseAttention, "apply", lambda q, k, v: calls.append(1) or v)
    x = torch.randn(2, 3, 8)
    for dropout, training in ((0.5, True), (0.5, False), (0.0, True)):
        layer = BlockwiseCausalSelfAttention(CausalSelfAttention(8, 2, dropout).train(training))
        with torch.no_grad():
            layer(x, None)
        assert not calls
        layer(x, None)
        assert bool(calls) == (not (dropout and training))
        calls.clear()
