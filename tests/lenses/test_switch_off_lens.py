"""Heads switched off: against the lens that does one at a time, and a model whose heads are cut out."""

import numpy as np
import pytest
import torch
from small_models import assert_drawn, small, small_of_transformers

from groundup.common.errors import GroundupError
from groundup.lenses.ablation import ablate_heads, switch_off
from groundup.lenses.hooked_model import hooked_model
from groundup.lenses.next_token import trace as next_token
from groundup.lenses.registry import lens_named

TEXT = "to be, or not to be"


@pytest.mark.parametrize("kind", ["lstm-attention", "transformer", "gpt", "gpt2", "llama"])
@pytest.mark.parametrize("by", ["mean", "zero"])
def test_one_head_costs_what_the_other_lens_says(kind, by):
    hooked = hooked_model(small_of_transformers(kind) if kind in ("gpt2", "llama") else small(kind))
    each = ablate_heads(hooked, TEXT, by)
    for (layer, head), loss in np.ndenumerate(each.losses):
        found = switch_off(hooked, TEXT, [(layer, head)], by)
        assert found.losses.mean() == pytest.approx(each.loss, abs=1e-5)
        assert found.losses_without.mean() == pytest.approx(loss, abs=1e-5)


def test_all_heads_of_a_layer_at_zero_are_a_layer_without_its_attention():
    model, tokenizer = small("gpt")
    hooked = hooked_model((model, tokenizer))
    heads = [(1, head) for head in range(hooked.hook_points.attention[1].heads)]
    found = switch_off(hooked, TEXT, [*heads, heads[0]], "zero")
    cut = hooked_model(small("gpt"))
    with torch.no_grad():
        cut.model.blocks[1].attention.out.weight.zero_()  # whatever the heads say
        logits = cut.hook_points.run(cut.read(TEXT).tokens)[0]
    shares = logits.softmax(-1).numpy()
    np.testing.assert_allclose(
        found.after, np.take_along_axis(shares, found.next_ids.astype(int), axis=1), atol=1e-6
    )
    assert found.without == heads
    assert (np.diff(found.before, axis=1) <= 0).all()  # as the whole model ranks them


def test_with_no_head_off_nothing_changes_and_it_can_be_drawn():
    hooked = hooked_model(small("transformer"))
    found = switch_off(hooked, TEXT)
    np.testing.assert_array_equal(found.losses, found.losses_without)
    np.testing.assert_array_equal(found.before, found.after)
    told = next_token(hooked, TEXT, position=4)
    assert found.before[4].tolist() == pytest.approx(told.probabilities[found.next_ids[4]].tolist(), abs=1e-6)
    assert told.tokens == [*"to be"]
    assert_drawn(switch_off(hooked, TEXT, [(0, 1), (2, 0)]))


def test_by_name_it_takes_a_list_of_heads_and_refuses_others():
    hooked = hooked_model(small("gpt"))
    found = lens_named("off").see(hooked, TEXT, {"off": "2.0,1.1", "of": "loss"})
    assert found["without"] == [[2, 0], [1, 1]]
    assert found["ids"] == hooked.tokenizer.encode(TEXT)
    for off in ("2", "a.b", "1.0.0", "-1.0", "1.99999"):
        with pytest.raises(GroundupError, match="no list of heads"):
            lens_named("off").see(hooked, TEXT, {"off": off})
    with pytest.raises(GroundupError, match="has no head 7"):
        lens_named("off").see(hooked, TEXT, {"off": "1.7"})
    with pytest.raises(GroundupError, match="no token 99"):
        next_token(hooked, TEXT, position=99)
    with pytest.raises(GroundupError, match="it has no attention"):
        switch_off(small("word-gru"), TEXT)
