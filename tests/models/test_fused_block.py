"""A GPT block as one function, derived by hand, against the plain one: values, memory, every gradient."""

from contextlib import nullcontext

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from groundup.models.fast import accelerate, attention, onednn
from groundup.models.fast.block import BlockFunction, gelu_and_slope
from groundup.models.gpt import GPT, Block, GPTConfig


@pytest.fixture
def calls(monkeypatch):
    """How often a block was computed as one function."""
    calls, apply = [], BlockFunction.apply
    monkeypatch.setattr(BlockFunction, "apply", lambda *arguments: calls.append(1) or apply(*arguments))
    return calls


def block(width=16, heads=4, dtype=torch.float64, **more) -> Block:
    plain = Block(GPTConfig(width=width, heads=heads, **more)).to(dtype)
    generator = torch.Generator().manual_seed(1)
    for parameter in plain.parameters():  # norms and biases too, so that none of them hides
        nn.init.normal_(parameter, std=0.4, generator=generator)
    return plain


def random(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def gradients(model, x, weightings):
    """Output, keys, values; and the gradients of x and all parameters, where each of the three has its part."""
    x = x.clone().requires_grad_()
    outputs = model(x, None)
    loss = sum((output * weighting).sum() for output, weighting in zip(outputs, weightings, strict=False))
    return outputs, torch.autograd.grad(loss, [x, *model.parameters()])


@pytest.mark.parametrize("with_memory", [True, False])
@pytest.mark.parametrize(("time", "tile"), [(1, 128), (7, 128), (7, 3), (6, 3)])
def test_it_is_the_plain_block_gradients_too(time, tile, with_memory, calls, monkeypatch):
    monkeypatch.setattr(attention, "TILE_TOKENS", tile)
    model, x = block(), random(2, time, 16)
    weightings = [random(2, time, 16, seed=2)]
    if with_memory:  # a loss that also depends on the keys and values
        weightings += [random(2, 4, time, 4, seed=seed) for seed in (3, 4)]
    got = gradients(accelerate(model), x, weightings)
    assert calls
    want = gradients(model, x, weightings)
    assert len(calls) == 1
    torch.testing.assert_close(got, want, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("with_onednn", [True, False])
def test_in_float32_whichever_library_multiplies(with_onednn, calls, monkeypatch):
    if with_onednn and not onednn.HAS_ONEDNN:
        pytest.skip("this build of torch has no oneDNN for us")
    monkeypatch.setattr(onednn, "HAS_ONEDNN", with_onednn)
    model, x = (
        block(width=128, dtype=torch.float32),
        random(12, 64, 128, dtype=torch.float32),
    )  # larger than ONEDNN_MIN_MULTIPLICATIONS
    weightings = [random(12, 64, 128, seed=2, dtype=torch.float32)]
    got = gradients(accelerate(model), x, weightings)
    assert calls
    for ours, peer in zip(got[1], gradients(model.double(), x.double(), weightings)[1], strict=True):
        assert (ours - peer).norm() < 1e-5 * peer.norm()


def test_under_autocast_it_rounds_no_worse_than_the_plain_one(calls):
    model, x = block(width=64, dtype=torch.float32), random(4, 32, 64, dtype=torch.float32)
    weightings = [random(4, 32, 64, seed=2, dtype=torch.float32)]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        (y, keys, _), got = gradients(accelerate(model), x, weightings)
        assert calls
        (peer_y, peer_keys, _), peers = gradients(model, x, weightings)
    assert len(calls) == 1
    assert (y.dtype, keys.dtype) == (peer_y.dtype, peer_keys.dtype) == (torch.float32, torch.bfloat16)
    (true_y, _, _), true = gradients(model, x, weightings)
    for ours, peer, exact in zip((y, *got), (peer_y, *peers), (true_y, *true), strict=True):
        assert ours.dtype == torch.float32
        assert (ours - exact).norm() < 1.5 * (peer - exact).norm()
        assert (ours - exact).norm() < 0.03 * exact.norm()


def test_its_gradients_are_finite_differences(calls):
    model = accelerate(block(width=4, heads=2))
    x = random(1, 3, 4).requires_grad_()
    assert torch.autograd.gradcheck(lambda x, *_: model(x, None), [x, *model.parameters()])
    assert calls


def test_weights_that_stay_as_they_are_get_no_gradient(calls):
    model, x = block(), random(2, 3, 16).requires_grad_()
    feed_forward = model.feed_forward
    feed_forward.up.weight.requires_grad_(requires_grad=False)
    accelerate(model)(x, None)[0].sum().backward()
    assert calls
    assert feed_forward.up.weight.grad is None
    assert feed_forward.down.weight.grad is not None


@pytest.mark.parametrize("why", ["eval", "no gradient", "dropout", "a past", "another part"])
def test_elsewhere_the_parts_compute(why, calls):
    model = block(dtype=torch.float32, dropout=0.5 if why == "dropout" else 0.0)
    x, past = random(2, 3, 16, dtype=torch.float32).requires_grad_(), None
    if why == "eval":
        model.eval()
    if why == "a past":
        past = (random(2, 4, 5, 4, dtype=torch.float32),) * 2
    if why == "another part":
        model.feed_forward.up = nn.Linear(16, 64)
    with torch.no_grad() if why == "no gradient" else nullcontext():
        assert accelerate(model)(x, past)[0].shape == x.shape
    assert not calls


def test_a_model_in_training_takes_it_for_every_block(calls):
    model = accelerate(GPT(GPTConfig(layers=3, width=16, heads=2, context=8), 11))
    model(torch.zeros(1, 8, dtype=torch.long))
    assert len(calls) == 3


def test_gelu_and_its_slope_are_torchs():
    x = torch.linspace(-30, 30, 4001, dtype=torch.float64, requires_grad=True)
    y, slope = gelu_and_slope(x.detach())
    want = F.gelu(x, approximate="tanh")
    torch.testing.assert_close(y, want, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(slope, torch.autograd.grad(want.sum(), x)[0], rtol=1e-12, atol=1e-12)


def test_gelu_in_bfloat16_rounds_no_worse_than_a_few_of_its_last_places():
    x = torch.linspace(-8, 8, 3001).bfloat16()
    exact = x.double().requires_grad_()
    (y, slope), want = gelu_and_slope(x), F.gelu(exact, approximate="tanh")
    torch.testing.assert_close(y.double(), want, rtol=2**-6, atol=2**-7)
    torch.testing.assert_close(
        slope.double(), torch.autograd.grad(want.sum(), exact)[0], rtol=2**-5, atol=2**-6
    )
