import math

import torch
import torch.nn.functional as F

from groundup.models.contract import detach
from groundup.text.batches import ContiguousStreams


def train(model, ids, steps):
    """Train `model` in place and return its losses: a list of `steps` numbers, in bits per character.

    model(tokens, memory) gives (logits, memory): tokens (batch, time), logits (batch, time, vocabulary); memory None at
    the start of a text. ids (characters,): the text, an array of whole numbers.

    ContiguousStreams(ids, batch_size=16, sequence_length=32, seed=1).at(step) gives inputs and targets (batch, time),
    and whether the text begins again.
    A fresh model has no idea: with 55 tokens the first loss is near log₂ 55, that is 5.8.
    """
