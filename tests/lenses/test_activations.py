"""The hook mechanism: it records what passes, changes what it is told to, and leaves the model as it was."""

import doctest

import pytest
import torch
from small_models import ALL, RECURRENT, SMALL, TRANSFORMERS, small
from torch import nn

from groundup.cli import look_print
from groundup.common import charts, formatting
from groundup.common.errors import GroundupError
from groundup.lenses import attention, drawing, gradient_flow
from groundup.lenses.activations import Derived, HookPoint, matching_names, patched, record, recording
from groundup.lenses.hook_points import hook_points
from groundup.models import MODELS
from groundup.models.ablations import parts_of

TOKENS = torch.tensor([[3, 5, 2, 2, 7, 1, 9], [4, 4, 1, 8, 6, 3, 0]])


def hooks_on(model: nn.Module) -> int:
    return sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in model.modules())


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("gradients", [False, True], ids=["reading", "training"])
def test_a_pass_that_is_looked_at_computes_the_same_bits(kind, gradients):
    model, _ = small(kind)
    hooks = hook_points(model)

    def logits():
        with torch.set_grad_enabled(gradients):
            return hooks.run(TOKENS)

    before = logits()
    with recording(hooks.points, ["*"]) as found:
        during = logits()
    assert torch.equal(during, before)
    assert torch.equal(logits(), before)
    assert hooks_on(model) == 0
    assert set(found) == set(hooks.points)
    assert all(value.isfinite().all() or "attn_scores" in name for name, value in found.items())
    assert all(len(value) == 2 for name, value in found.items() if name != "cells.hook_all")  # batch first


@pytest.mark.parametrize("kind", ALL)
def test_gradients_are_the_same_bits_too(kind):
    model, _ = small(kind)
    hooks = hook_points(model)

    def gradients(look):
        model.zero_grad(set_to_none=True)
        if look:
            with recording(hooks.points, ["*"]):
                loss = hooks.run(TOKENS).logsumexp(-1).sum()
        else:
            loss = hooks.run(TOKENS).logsumexp(-1).sum()
        loss.backward()
        return [parameter.grad.clone() for parameter in model.parameters() if parameter.grad is not None]

    for mine, theirs in zip(gradients(True), gradients(False), strict=True):
        assert torch.equal(mine, theirs)


def test_no_hook_stays_behind_when_the_model_fails():
    model, _ = small("gpt")
    hooks = hook_points(model)
    with pytest.raises(IndexError), recording(hooks.points, ["*"]):
        hooks.run(torch.tensor([[10_000]]))
    with (
        pytest.raises(RuntimeError),
        patched(hooks.points, {"blocks.0.hook_attn_out": lambda x: x[:, :1, :3]}),
    ):
        hooks.run(TOKENS)
    assert hooks_on(model) == 0


class Two(nn.Module):
    """Takes two things and gives two."""

    def forward(self, a, b):
        return a + b, a * b


def test_arguments_and_results_are_told_apart_by_their_number():
    two, a, b = Two(), torch.tensor([1.0, 2.0]), torch.tensor([10.0, 20.0])
    points = {
        "a": HookPoint(two, "input"),
        "b": HookPoint(two, "input", number=1),
        "sum": HookPoint(two, "output"),
        "product": HookPoint(two, "output", number=1),
        "both": Derived(("sum", "product"), torch.add),
    }
    found = record(points, ["*"], lambda: two(a, b))
    assert {name: value.tolist() for name, value in found.items()} == {
        "a": [1, 2], "b": [10, 20], "sum": [11, 22], "product": [10, 40], "both": [21, 62],
    }  # fmt: skip
    with patched(points, {"b": lambda b: b * 0, "product": lambda x: x - 1}):
        total, product = two(a, b)
    assert total.tolist() == [1, 2]
    assert product.tolist() == [-1, -1]
    assert b.tolist() == [10, 20], "what came in is not touched"


def test_only_what_was_asked_for_is_given():
    model, _ = small("gpt")
    hooks = hook_points(model)
    found = record(hooks.points, ["blocks.*.attn.hook_pattern"], lambda: hooks.run(TOKENS))
    assert list(found) == [f"blocks.{layer}.attn.hook_pattern" for layer in range(3)]


def test_a_name_that_is_not_there_suggests_one_that_is():
    points = hook_points(small("gpt")[0]).points
    assert matching_names(points, ["blocks.1.*_out", "hook_embed"]) == [
        "blocks.1.hook_attn_out",
        "blocks.1.hook_mlp_out",
        "hook_embed",
    ]
    with pytest.raises(GroundupError, match=r"Did you mean 'blocks\.0\.attn\.hook_pattern'"):
        matching_names(points, ["blocks.0.attn.hook_patern"])
    with pytest.raises(GroundupError, match="Let the model read"):
        record(points, ["blocks.0.attn.hook_pattern"], lambda: None)


def test_a_derived_activation_cannot_be_patched():
    points = hook_points(small("gpt")[0]).points
    with (
        pytest.raises(GroundupError, match=r"Patch what it comes from: blocks\.0\.attn\.hook_attn_scores"),
        patched(points, {"blocks.0.attn.hook_pattern": torch.zeros_like}),
    ):
        pass


@pytest.mark.parametrize("kind", TRANSFORMERS)
@pytest.mark.parametrize("letter", "qkv")
def test_a_change_of_a_view_is_a_change_of_what_passes(kind, letter):
    """Zero one head's q, k or v by a hook, or by its columns of the weights: the same logits."""
    model, _ = small(kind)
    hooks = hook_points(model)

    def zero(x):
        x[:, :, 1] = 0
        return x

    with torch.no_grad(), patched(hooks.points, {f"blocks.1.attn.hook_{letter}": zero}):
        mine = hooks.run(TOKENS)
    qkv = model.blocks[1].attention.qkv
    columns = slice("qkv".index(letter) * 12 + 6, "qkv".index(letter) * 12 + 12)  # width 12, 2 heads
    with torch.no_grad():
        qkv.weight[:, columns], qkv.bias[columns] = 0, 0
        torch.testing.assert_close(mine, hooks.run(TOKENS), rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", TRANSFORMERS)
def test_what_is_traced_recombines_to_the_models_logits(kind):
    """From q, k and v to the logits, by the equations alone."""
    model, _ = small(kind)
    hooks = hook_points(model)
    with torch.no_grad():
        logits = hooks.run(TOKENS)
    a = record(hooks.points, ["*"], lambda: hooks.run(TOKENS))
    x = a["hook_embed"] + a["hook_pos_embed"]
    for layer, (block, head) in enumerate(zip(model.blocks, hooks.attention, strict=True)):
        name = f"blocks.{layer}"
        q, k, v = (a[f"{name}.attn.hook_{letter}"].transpose(1, 2) for letter in "qkv")
        future = torch.ones(7, 7, dtype=torch.bool).triu(1)
        pattern = (q @ k.mT / head.head_width**0.5).masked_fill(future, -torch.inf).softmax(-1)
        torch.testing.assert_close(pattern, a[f"{name}.attn.hook_pattern"], rtol=0, atol=1e-6)
        z = (pattern @ v).transpose(1, 2)
        torch.testing.assert_close(z, a[f"{name}.attn.hook_z"], rtol=0, atol=1e-5)
        attended = torch.einsum("bthd,hdw->btw", z, head.out) + head.out_bias
        torch.testing.assert_close(attended, a[f"{name}.hook_attn_out"], rtol=0, atol=1e-5)
        if kind == "gpt":
            x = x + attended
            hidden = torch.nn.functional.gelu(
                block.feed_forward.up(block.feed_forward_norm(x)), approximate="tanh"
            )
            x = x + block.feed_forward.down(hidden)
        else:
            x = block.attention_norm(x + attended)
            x = block.feed_forward_norm(x + block.feed_forward.down(torch.relu(block.feed_forward.up(x))))
        torch.testing.assert_close(x, a[f"{name}.hook_resid_post"], rtol=0, atol=1e-5)
    x = x if hooks.final_norm is None else hooks.final_norm(x)
    torch.testing.assert_close(x @ hooks.unembedding.T, logits, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", ALL)
def test_a_model_with_a_part_taken_out_has_the_names_that_are_left(kind):
    for part in parts_of(MODELS[kind][0](**SMALL[kind])):
        model, _ = small(kind, without=(part,))
        hooks = hook_points(model)
        with torch.no_grad():
            before = hooks.run(TOKENS)
            with recording(hooks.points, ["*"]) as found:
                assert torch.equal(hooks.run(TOKENS), before), part
        assert hooks_on(model) == 0
        assert bool(hooks.attention) == (part != "attention" and kind not in ("char-rnn", "word-gru"))
        for layer, head in enumerate(hooks.attention):
            pattern, v = found[f"blocks.{layer}.attn.hook_pattern"], found[f"blocks.{layer}.attn.hook_v"]
            z = (pattern @ v.transpose(1, 2)).transpose(1, 2)
            torch.testing.assert_close(z, found[f"blocks.{layer}.attn.hook_z"], rtol=0, atol=1e-5, msg=part)
            assert head.heads == pattern.shape[1]
        if kind in RECURRENT:
            top = f"cells.{model.cells.layers - 1}.hook_h"
            torch.testing.assert_close(found[top], found["cells.hook_out"], rtol=0, atol=1e-5, msg=part)


def test_a_model_of_another_kind_is_refused():
    with pytest.raises(GroundupError, match="do not know a model of the class Linear"):
        hook_points(nn.Linear(2, 2))


@pytest.mark.parametrize("module", [attention, charts, drawing, formatting, look_print, gradient_flow])
def test_the_examples_in_the_text(module):
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0
