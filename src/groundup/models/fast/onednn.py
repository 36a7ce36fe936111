"""Matrix products through oneDNN, where this build of PyTorch has it.

PyTorch sends float32 products on the CPU to MKL. oneDNN, which it also carries and which `torch.compile` calls
through these same operators, takes two thirds to nine tenths of the time for the sizes of small models.
"""

import platform

import torch
from torch import Tensor


def _has_onednn() -> bool:
    x86 = platform.machine().lower() in ("x86_64", "amd64")
    return x86 and torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")


HAS_ONEDNN = _has_onednn()


def supports(x: Tensor) -> bool:
    """Whether products with this tensor may go to oneDNN: float32 on the CPU, and nothing is being compiled."""
    return (
        HAS_ONEDNN
        and x.dtype == torch.float32
        and x.device.type == "cpu"
        and not torch.compiler.is_compiling()
    )


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x Wᵀ + b: x `(..., inputs)`, weight `(outputs, inputs)` in any layout, or packed; see `packed`."""
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")


def linear_plus(x: Tensor, weight: Tensor, term: Tensor) -> Tensor:
    """x Wᵀ + term, the term of the result's shape."""
    return torch.ops.mkldnn._linear_pointwise.binary(x, term, weight, None, "add")


def packed(weight: Tensor, rows: int) -> Tensor:
    """The weight `(outputs, inputs)` laid out for many products with `rows` rows at a time."""
    return torch.ops.mkldnn._reorder_linear_weight(weight, rows)
