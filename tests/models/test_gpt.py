"""GPT-2 against transformers' own, with the same weights: logits, gradients, generation from memory."""

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from groundup.common.errors import GroundupError
from groundup.models.gpt import GPT, GPTConfig, gpt2_name

VOCAB = 19
SMALL = GPTConfig(context=24, layers=3, heads=4, width=32)


def gpt(config=SMALL, dtype=torch.float32):
    torch.manual_seed(0)
    model = GPT(config, VOCAB)
    generator = torch.Generator().manual_seed(1)
    for parameter in model.parameters():  # norms and biases too, so that none of them hides
        nn.init.normal_(parameter, std=0.2, generator=generator)
    return model.to(dtype).eval()


def text(batch=3, time=24):
    return torch.randint(VOCAB, (batch, time), generator=torch.Generator().manual_seed(2))


def transformers_gpt2(model):
    transformers = pytest.importorskip("transformers")
    config = transformers.GPT2Config(
        vocab_size=VOCAB, n_positions=SMALL.context, n_embd=SMALL.width, n_layer=SMALL.layers,
        n_head=SMALL.heads, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
        bos_token_id=None, eos_token_id=None,
    )  # fmt: skip
    peer = transformers.GPT2LMHeadModel(config)
    weights = {gpt2_name(name): value for name, value in model.state_dict().items()}
    missing, unknown = peer.load_state_dict(weights, strict=False)
    assert (missing, unknown) == (["lm_head.weight"], [])  # which is tied
    return peer.to(next(model.parameters()).dtype).eval()


@pytest.mark.parametrize("in_training", [True, False])  # blocks as one function, or as gpt.py spells them out
@pytest.mark.parametrize(("dtype", "within"), [(torch.float32, 1e-5), (torch.float64, 1e-10)])
def test_logits_and_all_gradients_are_those_of_transformers(dtype, within, in_training):
    model, tokens = gpt(dtype=dtype).train(in_training), text()
    peer = transformers_gpt2(model)
    got, want = model(tokens)[0], peer(tokens).logits
    torch.testing.assert_close(got, want, rtol=within, atol=within)
    for logits in (got, want):
        F.cross_entropy(logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()).backward()
    theirs = dict(peer.named_parameters())
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(
            parameter.grad, theirs[gpt2_name(name)].grad, rtol=within, atol=within, msg=name
        )
    assert model.parameter_count() == sum(parameter.numel() for parameter in peer.parameters())


def test_memory_is_transformers_cache():
    model, tokens = gpt(), text(time=20)
    peer = transformers_gpt2(model)
    with torch.no_grad():
        _, memory = model(tokens[:, :12])
        cache = peer(tokens[:, :12], use_cache=True).past_key_values
        assert len(memory) == 2 * SMALL.layers
        for layer in range(SMALL.layers):
            torch.testing.assert_close(memory[2 * layer], cache.layers[layer].keys, rtol=1e-5, atol=1e-5)
            torch.testing.assert_close(
                memory[2 * layer + 1], cache.layers[layer].values, rtol=1e-5, atol=1e-5
            )
        for token in tokens[:, 12:].split(1, dim=1):
            got, memory = model(token, memory)
            want = peer(token, past_key_values=cache, use_cache=True).logits
            torch.testing.assert_close(got, want, rtol=1e-5, atol=1e-5)


def test_a_memory_can_be_gone_on_from_twice():
    model, tokens = gpt(dtype=torch.float64), text()
    _, memory = model(tokens[:, :5])
    for rest in (tokens[:, 5:9], tokens[:, 9:16], tokens[:, 5:6]):
        got, _ = model(rest, memory)
        want, _ = model(torch.cat((tokens[:, :5], rest), dim=1))
        torch.testing.assert_close(got, want[:, 5:], rtol=1e-9, atol=1e-9)


def test_training_in_bfloat16_agrees_with_float32():
    losses, gradients = [], []
    for enabled in (False, True):
        model, tokens = gpt(replace(SMALL, width=64)), text(batch=8)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled):
            logits = model(tokens)[0]
        loss = F.cross_entropy(logits[:, :-1].flatten(0, 1).float(), tokens[:, 1:].flatten())
        loss.backward()
        losses.append(loss.item())
        gradients.append(torch.cat([parameter.grad.flatten() for parameter in model.parameters()]))
    assert losses[1] == pytest.approx(losses[0], rel=0.01)
    assert F.cosine_similarity(*gradients, dim=0) > 0.999


def test_the_start_is_gpt2s():
    torch.manual_seed(0)
    config = GPTConfig(layers=8, width=128)
    for name, parameter in GPT(config, 500).named_parameters():
        if name.endswith("bias"):
            assert not parameter.any()
        elif "norm" in name:
            assert (parameter == 1).all()
        else:
            last = name.endswith(("attention.out.weight", "feed_forward.down.weight"))
            std = 0.02 / math.sqrt(16) if last else 0.02
            assert parameter.std().item() == pytest.approx(std, rel=0.05), name


def test_one_seed_gives_one_start():
    weights = []
    for _ in range(2):
        torch.manual_seed(3)
        weights.append(torch.cat([p.flatten() for p in GPT(SMALL, VOCAB).parameters()]))
    assert torch.equal(*weights)


def test_dropout_is_on_in_training_alone():
    model, tokens = gpt(replace(SMALL, dropout=0.5)), text()
    torch.testing.assert_close(model(tokens)[0], model(tokens)[0], rtol=0, atol=0)
    model.train()
    assert not torch.allclose(model(tokens)[0], model(tokens)[0])


def test_impossible_sizes_are_refused_in_a_sentence():
    with pytest.raises(ValueError, match=r"width 100 cannot be split over 3 heads: .* such as 99 or 102"):
        GPTConfig(width=100, heads=3)


def test_reading_beyond_the_context_says_so():
    model = gpt()
    _, memory = model(text(time=24))
    for tokens, before in ((text(time=25), None), (text(time=1), memory)):
        with pytest.raises(GroundupError, match="25 tokens, but its context is 24"):
            model(tokens, before)
