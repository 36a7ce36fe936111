"""A norm, frozen: the one step between a sum of parts and a logit that is not linear, made linear.

A norm bends by its scale alone. At one position of one text that is one number, and with it held fixed the norm of a
sum is a sum. LayerNorm, with s = 1 / sqrt(var(a + b) + eps):

    norm(a + b) = s · (a - mean a) · gain  +  s · (b - mean b) · gain  +  shift

RMSNorm (Zhang & Sennrich 2019) is the same without the means and without the shift. TransformerLens (Nanda and Bloom
2022) does this for its attributions. What it leaves out: a part that makes the whole longer makes all others smaller.
"""

from typing import Any

import torch
from torch import Tensor, nn

from groundup.common.errors import GroundupError


class FrozenNorm:
    """A norm with its scale fixed to what it was for one vector `(width,)`: a linear map, and a shift.

    `frozen(part)` is the linear map; norm(whole) = sum of frozen(part) over the parts of the whole, plus the shift.
    """

    def __init__(self, norm: nn.Module, whole: Tensor) -> None:
        self.centred = isinstance(norm, nn.LayerNorm)
        self.gain: Any = getattr(norm, "weight", None)
        self.shift: Tensor | None = getattr(norm, "bias", None)
        if isinstance(norm, nn.Identity):
            self.scale: Any = 1.0
            return
        if not self.centred and not type(norm).__name__.endswith("RMSNorm"):
            raise GroundupError(f"The lens does not know a norm of the class {type(norm).__name__}.")
        eps = getattr(norm, "eps", getattr(norm, "variance_epsilon", None))
        centred = whole - whole.mean() if self.centred else whole
        self.scale = torch.rsqrt((centred**2).mean() + (torch.finfo(whole.dtype).eps if eps is None else eps))

    def __call__(self, part: Tensor) -> Tensor:
        if self.centred:
            part = part - part.mean(-1, keepdim=True)
        part = part * self.scale
        return part if self.gain is None else part * self.gain
