"""Faster versions of the models' parts, equal to the plain ones up to rounding; tests hold each equal to its plain one.
Nothing here is needed to understand a model: read the files one folder up first.

    model = build(config, vocab_size)     # the plain model
    fast = accelerate(model)              # the same parameters, computed faster

Training, generation and evaluation call `accelerate`; lenses, ablations, hooks and export use the plain model.
"""

import copy
from typing import TypeVar

from torch import nn

from groundup.models import gpt
from groundup.models.attention import CausalSelfAttention
from groundup.models.cells import Recurrent
from groundup.models.fast.attention import BlockwiseCausalSelfAttention
from groundup.models.fast.block import FusedBlock
from groundup.models.fast.cells import FastRecurrent
from groundup.models.fast.decoder import CachedDecoder
from groundup.models.fast.linear import OneDNNLinear
from groundup.models.linear import Linear

M = TypeVar("M", bound=nn.Module)

# The class that takes the place of each plain class. It is made from the plain module and takes over what it has.
FAST = {
    Linear: OneDNNLinear,
    CausalSelfAttention: BlockwiseCausalSelfAttention,
    gpt.Block: FusedBlock,
    gpt.GPT: CachedDecoder,
    Recurrent: FastRecurrent,
}


def accelerate(model: M) -> M:
    """A model with the same parameters (shared, not copied), names and results, whose parts compute faster.

    The plain model stays as it is. Modules of other classes, such as those that an ablation puts in, stay plain.
    """
    # deepcopy reuses what its memo holds, by id, instead of copying it.
    shared = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    return _replace(copy.deepcopy(model, shared))


def _replace(module: M) -> M:
    for name, part in list(module.named_children()):
        setattr(module, name, _replace(part))
    fast = FAST.get(type(module))
    return fast(module) if fast else module
