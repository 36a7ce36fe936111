"""The one affine layer: the same numbers and slopes whichever library multiplies."""

import pytest
import torch
import torch.nn.functional as F

from groundup.models import affine as module
from groundup.models import onednn
from groundup.models.affine import Affine, trains_in_float32


def made(inputs: int, outputs: int, dtype=torch.float32) -> Affine:
    torch.manual_seed(0)
    affine = Affine(inputs, outputs).to(dtype)
    for parameter in affine.parameters():
        torch.nn.init.normal_(parameter)
    return affine


@pytest.mark.parametrize("with_onednn", [True, False])
@pytest.mark.parametrize(
    ("shape", "outputs"), [((2, 7, 5), 3), ((1, 1, 8), 16), ((4, 6), 1), ((3, 4, 2, 6), 10)]
)
def test_values_and_gradients_are_those_of_torch(shape, outputs, with_onednn, monkeypatch):
    if with_onednn and not onednn.HAS_ONEDNN:
        pytest.skip("this build of torch has no oneDNN for us")
    monkeypatch.setattr(onednn, "HAS_ONEDNN", with_onednn)
    monkeypatch.setattr(module, "MANY", 0)  # else none of these is large enough
    affine = made(shape[-1], outputs)
    x = torch.randn(shape, requires_grad=True)
    assert trains_in_float32(x, affine.weight) == with_onednn
    got, want = affine(x), F.linear(x, affine.weight.t(), affine.bias)
    torch.testing.assert_close(got, want, rtol=1e-5, atol=1e-5)
    # A gradient that is not laid out in rows, as the transposed outputs of attention have.
    weighting = torch.randn(outputs, *shape[:-1]).movedim(0, -1)
    variables = [x, affine.weight, affine.bias]
    for one, other in zip(
        torch.autograd.grad(got, variables, weighting),
        torch.autograd.grad(want, variables, weighting),
        strict=True,
    ):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-4)


def test_small_products_are_left_to_torch():
    if not onednn.HAS_ONEDNN:
        pytest.skip("this build of torch has no oneDNN for us")
    affine = made(128, 512)
    assert trains_in_float32(torch.randn(768, 128), affine.weight)
    assert not trains_in_float32(torch.randn(64, 128), affine.weight)


def test_nothing_is_kept_for_gradients_that_nobody_wants(monkeypatch):
    monkeypatch.setattr(module, "MANY", 0)
    affine, x = made(4, 3), torch.randn(2, 4)
    with torch.no_grad():
        assert not trains_in_float32(x, affine.weight)
        assert affine(x).grad_fn is None
    (gradient,) = torch.autograd.grad(affine(x).sum(), affine.weight)  # x itself wants none
    torch.testing.assert_close(gradient, x.sum(0)[:, None].expand(4, 3))


def test_in_double_precision_and_under_autocast_torch_multiplies(monkeypatch):
    monkeypatch.setattr(module, "MANY", 0)
    x = torch.randn(3, 4)
    assert not trains_in_float32(x.double(), made(4, 2, torch.float64).weight)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert not trains_in_float32(x, made(4, 2).weight)
        assert made(4, 2)(x).dtype == torch.bfloat16
