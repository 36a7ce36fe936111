"""oneDNN's linear layer against torch's, values and gradients."""

import pytest
import torch
import torch.nn.functional as F

from groundup.models.fast import linear as module
from groundup.models.fast import onednn
from groundup.models.fast.linear import OneDNNLinear, OneDNNProduct, prefers_onednn
from groundup.models.linear import Linear


def random_linear(inputs: int, outputs: int, dtype=torch.float32) -> OneDNNLinear:
    torch.manual_seed(0)
    linear = Linear(inputs, outputs).to(dtype)
    for parameter in linear.parameters():
        torch.nn.init.normal_(parameter)
    return OneDNNLinear(linear)


@pytest.fixture
def calls(monkeypatch):
    """How many products went to oneDNN; a product of any size may go there."""
    calls, apply = [], OneDNNProduct.apply
    monkeypatch.setattr(OneDNNProduct, "apply", lambda *arguments: calls.append(1) or apply(*arguments))
    monkeypatch.setattr(module, "ONEDNN_MIN_MULTIPLICATIONS", 0)
    return calls


@pytest.mark.parametrize("with_onednn", [True, False])
@pytest.mark.parametrize(
    ("shape", "outputs"), [((2, 7, 5), 3), ((1, 1, 8), 16), ((4, 6), 1), ((3, 4, 2, 6), 10)]
)
def test_values_and_gradients_are_those_of_torch(shape, outputs, with_onednn, calls, monkeypatch):
    if with_onednn and not onednn.HAS_ONEDNN:
        pytest.skip("this build of torch has no oneDNN for us")
    monkeypatch.setattr(onednn, "HAS_ONEDNN", with_onednn)
    linear = random_linear(shape[-1], outputs)
    x = torch.randn(shape, requires_grad=True)
    ours, peer = linear(x), F.linear(x, linear.weight.t(), linear.bias)
    assert bool(calls) == with_onednn
    torch.testing.assert_close(ours, peer, rtol=1e-5, atol=1e-5)
    # A gradient that is not laid out in rows, as the transposed outputs of attention have.
    weighting = torch.randn(outputs, *shape[:-1]).movedim(0, -1)
    variables = [x, linear.weight, linear.bias]
    torch.testing.assert_close(
        torch.autograd.grad(ours, variables, weighting),
        torch.autograd.grad(peer, variables, weighting),
        rtol=1e-5, atol=1e-4,
    )  # fmt: skip


def test_small_products_are_left_to_torch():
    if not onednn.HAS_ONEDNN:
        pytest.skip("this build of torch has no oneDNN for us")
    weight = random_linear(128, 512).weight
    assert prefers_onednn(torch.randn(768, 128), weight)
    assert not prefers_onednn(torch.randn(64, 128), weight)


def test_only_training_in_float32_goes_to_onednn(calls):
    linear, x = random_linear(4, 3), torch.randn(2, 4)
    with torch.no_grad():
        assert linear(x).grad_fn is None
    random_linear(4, 2, torch.float64)(x.double())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert linear(x).dtype == torch.bfloat16
    assert not calls
    (gradient,) = torch.autograd.grad(linear(x).sum(), linear.weight)  # x itself needs no gradient
    torch.testing.assert_close(gradient, x.sum(0)[:, None].expand(4, 3))
