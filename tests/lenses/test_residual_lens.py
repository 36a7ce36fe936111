"""A logit is the sum of what every part says for it."""

import numpy as np
import pytest
import torch
from small_models import RECURRENT, TRANSFORMERS, assert_drawn, small, small_of_transformers
from torch import nn

from groundup.common.errors import GroundupError
from groundup.lenses.activations import patched
from groundup.lenses.hook_points import hook_points
from groundup.lenses.residual import FrozenNorm, largest, trace

TEXT = "to be, or not to be"


def logits_of(model, tokenizer, text=TEXT):
    with torch.no_grad():
        return model(torch.tensor([tokenizer.encode(text)]))[0][0]


def total(found):
    return sum(part.contribution for part in found.parts)


@pytest.mark.parametrize("kind", TRANSFORMERS)
@pytest.mark.parametrize("token", ["q", "e", None])
@pytest.mark.parametrize("position", [0, 7, -1])
def test_contributions_sum_to_the_logit(kind, token, position):
    model, tokenizer = small(kind)
    logits = logits_of(model, tokenizer)[position]
    found = trace((model, tokenizer), TEXT, token=token, position=position)
    wanted = int(logits.argmax()) if token is None else tokenizer.encode(token)[0]
    assert found.token == wanted
    assert total(found) == pytest.approx(float(logits[wanted]), abs=1e-4)
    assert found.logit == pytest.approx(float(logits[wanted]))


@pytest.mark.parametrize("kind", TRANSFORMERS)
def test_in_double_precision_they_sum_to_the_last_digits(kind):
    model, tokenizer = small(kind)
    model.double()
    found = trace((model, tokenizer), TEXT)
    assert total(found) == pytest.approx(float(logits_of(model, tokenizer)[-1].max()), abs=1e-10)


@pytest.mark.parametrize("family", ["gpt2", "llama"])
@pytest.mark.parametrize("position", [0, -1])
def test_models_of_transformers_sum_up_too(family, position):
    model, tokenizer = small_of_transformers(family)
    ids = torch.tensor([tokenizer.encode(TEXT)])
    with torch.no_grad():
        logits = model(input_ids=ids).logits[0, position]
    found = trace((model, tokenizer), TEXT, token="q", position=position)
    assert total(found) == pytest.approx(float(logits[tokenizer.encode("q")[0]]), abs=1e-4)
    assert trace((model, tokenizer), TEXT, position=position).logit == pytest.approx(float(logits.max()))
    kinds = {part.kind for part in found.parts}
    assert ({"position", "attention bias", "norm bias"} <= kinds) == (family == "gpt2")
    assert found.heads.shape == (2, 2 if family == "gpt2" else 4)


@pytest.mark.parametrize("kind", TRANSFORMERS)
def test_against_another_token_they_sum_to_the_difference(kind):
    model, tokenizer = small(kind)
    t, o = tokenizer.encode("to")
    logits = logits_of(model, tokenizer)[-1]
    found = trace((model, tokenizer), TEXT, token="t", against="o")
    assert total(found) == pytest.approx(float(logits[t] - logits[o]), abs=1e-4)


def test_every_part_of_every_layer_is_there_once():
    found = trace(small("gpt"), TEXT)
    assert [part.name for part in found.parts[:7]] == [
        "token", "position", "layer 0 head 0", "layer 0 head 1", "layer 0 attention bias", "layer 0 feed-forward",
        "layer 1 head 0",
    ]  # fmt: skip
    assert len(found.parts) == 2 + 3 * (2 + 1 + 1) + 1
    assert found.parts[-1].name == "final norm's shift"
    post = trace(small("transformer"), TEXT)
    assert len(post.parts) == 2 + 3 * (2 + 1 + 1 + 2)  # two norms' shifts in each layer
    assert len({part.name for part in post.parts}) == len(post.parts)
    assert found.heads.shape == post.heads.shape == (3, 2)
    assert found.heads[1, 1] == next(p.contribution for p in found.parts if p.name == "layer 1 head 1")


@pytest.mark.parametrize("head", [0, 1])
def test_a_heads_length_and_share_are_what_is_missing_without_it(head):
    """In the last layer of a GPT, with the norm's scale held, taking the head out takes its share out."""
    model, tokenizer = small("gpt")
    hooks = hook_points(model)
    tokens = torch.tensor([tokenizer.encode(TEXT)])
    model.blocks[
        -1
    ].feed_forward.down.weight.data.zero_()  # so that the feed-forward layer does not answer to the change
    found = trace((model, tokenizer), TEXT, token="q")
    part = next(p for p in found.parts if p.name == f"layer 2 head {head}")

    def without(z):
        z[:, :, head] = 0
        return z

    streams = []
    with torch.no_grad():
        for changes in ({}, {"blocks.2.attn.hook_z": without}):
            with patched(hooks.points, changes):
                model.norm.register_forward_pre_hook(lambda module, given: streams.append(given[0][0, -1]))
                model(tokens)
        missing = streams[0] - streams[-1]
        frozen = FrozenNorm(model.norm, streams[0])
        share = frozen(missing) @ model.token_embedding.weight[tokenizer.encode("q")[0]]
    assert part.norm == pytest.approx(float(missing.norm()), rel=1e-3)
    assert part.contribution == pytest.approx(float(share), abs=1e-4)
    cosine = torch.cosine_similarity(missing, streams[0], dim=0)
    assert part.cosine == pytest.approx(float(cosine), abs=1e-3)


@pytest.mark.parametrize("norm", [nn.LayerNorm(8), nn.RMSNorm(8), nn.LayerNorm(8, elementwise_affine=False)])
def test_a_frozen_norm_is_linear_and_sums_to_the_norm(norm):
    torch.manual_seed(0)
    for parameter in norm.parameters():
        nn.init.normal_(parameter)
    parts = torch.randn(5, 8)
    with torch.no_grad():
        frozen = FrozenNorm(norm, parts.sum(0))
        shift = 0 if frozen.shift is None else frozen.shift
        assert torch.allclose(sum(map(frozen, parts)) + shift, norm(parts.sum(0)), atol=1e-5)
        assert torch.allclose(frozen(3 * parts[0]), 3 * frozen(parts[0]), atol=1e-5)


def test_a_norm_that_it_does_not_know_is_refused():
    with pytest.raises(GroundupError, match="GroupNorm"):
        FrozenNorm(nn.GroupNorm(2, 8), torch.randn(8))


@pytest.mark.parametrize(
    "part", ["norm", "tied-weights", "attention", "feed-forward", "positions", "activation"]
)
@pytest.mark.parametrize("kind", TRANSFORMERS)
def test_a_model_with_a_part_taken_out_still_sums_up(kind, part):
    model, tokenizer = small(kind, without=(part,))
    found = trace((model, tokenizer), TEXT)
    assert total(found) == pytest.approx(float(logits_of(model, tokenizer)[-1].max()), abs=1e-4)
    if part == "attention":
        assert not any(part.kind in ("head", "attention bias") for part in found.parts)


@pytest.mark.parametrize(("model", "says"), [*((kind, kind) for kind in RECURRENT), ("gpt", "gpt")])
def test_a_model_without_a_residual_stream_says_so(model, says):
    hooked = small(model, without=("residual",) if model == "gpt" else ())
    with pytest.raises(GroundupError, match=f"is a {says} model: it has no residual stream"):
        trace(hooked, TEXT)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"position": 19}, "no position 19 in 19 tokens"),
        ({"position": -20}, "no position -20"),
        ({"token": "Z"}, "no token 'Z'"),
        ({"against": "be"}, "as 2 tokens"),
    ],
)
def test_what_it_cannot_do(options, says):
    with pytest.raises(GroundupError, match=says):
        trace(small("gpt"), TEXT, **options)


def test_the_largest_parts_keep_their_order():
    found = trace(small("gpt"), TEXT)
    shown, rest = largest(found.parts, 6)
    assert len(shown) == 5
    assert [part for part in found.parts if part in shown] == shown
    assert min(abs(part.contribution) for part in shown) >= max(abs(part.contribution) for part in rest)
    assert largest(found.parts, 15) == (found.parts, [])


def test_the_stream_is_as_long_as_it_is():
    model, tokenizer = small("gpt")
    found = trace((model, tokenizer), TEXT)
    assert found.stream.shape == (7, len(TEXT))
    start = (
        model.token_embedding.weight[tokenizer.encode(TEXT)] + model.position_embedding.weight[: len(TEXT)]
    )
    assert np.allclose(found.stream[0], start.detach().norm(dim=1), atol=1e-5)


@pytest.mark.parametrize("kind", TRANSFORMERS)
def test_the_picture(kind):
    assert_drawn(trace(small(kind), "to $_{$ be", against="$"))
