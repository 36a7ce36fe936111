import math

import torch
import torch.nn.functional as F

from groundup.text.batches import RandomWindows


def train(model, ids, steps):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.006)
    batches = RandomWindows(ids, batch_size=24, sequence_length=24, seed=1)
    losses = []
    for step in range(steps):
        inputs, targets = batches.at(step)
        logits, _ = model(inputs)
        loss = F.cross_entropy(logits.transpose(1, 2), targets) / math.log(2)  # in bits from the start
        for parameter in model.parameters():
            parameter.grad = None
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    return losses
