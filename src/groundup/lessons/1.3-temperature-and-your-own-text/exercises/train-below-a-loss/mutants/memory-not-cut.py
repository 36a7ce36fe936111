import math

import torch
import torch.nn.functional as F

from groundup.models.contract import detach
from groundup.text.batches import ContiguousStreams


def train(model, ids, steps):
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.005)
    batches = ContiguousStreams(ids, batch_size=16, sequence_length=32, seed=1)
    memory, losses = None, []
    for step in range(steps):
        inputs, targets, fresh = batches.at(step)
        logits, memory = model(inputs, None if fresh else memory)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item() / math.log(2))
    return losses
