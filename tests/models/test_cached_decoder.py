"""One token at a time: the cached decoder against the plain model, and its memories against one another."""

import pytest
import torch
from torch import nn

from groundup.models.fast import accelerate
from groundup.models.fast.decoder import multiply_row
from groundup.models.gpt import GPT, GPTConfig
from groundup.models.linear import Linear


@pytest.mark.parametrize("rows", [1, 3])  # a single row is multiplied in halves
def test_the_short_way_for_one_token_equals_the_plain_one(rows):
    torch.manual_seed(0)
    model = GPT(GPTConfig(context=12, layers=3, heads=2, width=16, init_std=0.3), 20).eval()
    fast, tokens = accelerate(model), torch.randint(20, (rows, 12))
    with torch.inference_mode():
        short, long = fast(tokens[:, :4])[1], model(tokens[:, :4])[1]
        for time in range(4, 12):
            token = tokens[:, time : time + 1]
            logits, short = fast(token, short)
            expected, long = model(token, long)
            torch.testing.assert_close(logits, expected, rtol=1e-5, atol=1e-5)
            for ours, peer in zip(short, long, strict=True):
                torch.testing.assert_close(ours, peer, rtol=1e-5, atol=1e-5)


def test_the_short_way_keeps_every_memory_that_it_returned():
    """Its storage is shared: going on twice from one memory, or later from an old one, must change neither."""
    torch.manual_seed(0)
    model = GPT(GPTConfig(context=32, layers=2, heads=2, width=16, init_std=0.3), 20).eval()
    fast = accelerate(model)
    with torch.inference_mode():
        memories = [fast(torch.tensor([[1, 2, 3]]))[1]]
        texts = [[1, 2, 3]]
        for which, token in [
            (0, 4),
            (1, 5),
            (1, 6),
            (2, 7),
            (0, 8),
            (3, 9),
            (5, 10),
            (4, 11),
            (6, 12),
            (8, 13),
        ]:
            memories.append(fast(torch.tensor([[token]]), memories[which])[1])
            texts.append([*texts[which], token])
        for text_, memory in zip(texts, memories, strict=True):
            for got, want in zip(memory, model(torch.tensor([text_]))[1], strict=True):
                torch.testing.assert_close(got, want, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", [(6, 4), (7, 4), (384, 1152)])
def test_a_row_in_halves_gives_the_whole_product(shape):
    torch.manual_seed(0)
    linear, x = Linear(*shape), torch.randn(1, shape[0])
    linear.requires_grad_(requires_grad=False)
    for parameter in linear.parameters():
        nn.init.normal_(parameter)
    torch.testing.assert_close(multiply_row(x, linear), linear(x), rtol=1e-5, atol=1e-4)
