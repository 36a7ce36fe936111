"""What each layer would say is what the model cut off after that layer really says."""

import numpy as np
import pytest
import torch
from small_models import RECURRENT, TRANSFORMERS, assert_drawn, small, small_of_transformers

from groundup.common.errors import GroundupError
from groundup.lenses.logit_lens import trace

TEXT = "to be, or not to be"


@pytest.mark.parametrize("kind", TRANSFORMERS)
def test_each_layer_says_what_the_model_cut_off_there_says(kind):
    model, tokenizer = small(kind)
    found = trace((model, tokenizer), TEXT, top=4, token="q")
    tokens = torch.tensor([tokenizer.encode(TEXT)])
    following = tokens[0, 1:]
    q = tokenizer.encode("q")[0]
    blocks = list(model.blocks)
    assert found.stages == ["embedding", "layer 0", "layer 1", "layer 2"]
    for row in range(len(blocks) + 1):
        model.blocks = torch.nn.ModuleList(blocks[:row])
        with torch.no_grad():
            shares = model(tokens)[0][0].softmax(-1)
        best = shares.topk(4)
        assert np.array_equal(found.top[row], best.indices.numpy())
        assert found.top_probabilities[row] == pytest.approx(best.values.numpy(), abs=1e-5)
        assert found.entropy[row] == pytest.approx(-(shares * shares.log2()).sum(-1).numpy(), abs=1e-4)
        held = shares[torch.arange(len(following)), following]
        assert found.next_probability[row] == pytest.approx(held.numpy(), abs=1e-5)
        ranks = 1 + (shares[:-1] > held[:, None]).sum(1)
        assert found.next_rank[row].tolist() == ranks.tolist()
        assert found.chosen_probability[row] == pytest.approx(shares[:, q].numpy(), abs=1e-5)
        assert found.chosen_rank[row].tolist() == (1 + (shares > shares[:, q : q + 1]).sum(1)).tolist()
    assert found.top_labels[1][2][0] == tokenizer.tokens()[found.top[1, 2, 0]]


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_models_of_transformers_say_last_what_they_say(family):
    model, tokenizer = small_of_transformers(family)
    with torch.no_grad():
        shares = model(input_ids=torch.tensor([tokenizer.encode(TEXT)])).logits[0].softmax(-1)
    found = trace((model, tokenizer), TEXT)
    assert found.top_probabilities[-1] == pytest.approx(shares.topk(5).values.numpy(), abs=1e-5)
    assert found.stages == ["embedding", "layer 0", "layer 1"]


def test_where_the_model_has_made_up_its_mind():
    found = trace(small("gpt"), TEXT)
    for place, row in enumerate(found.decided):
        final = found.top[-1, place, 0]
        assert (found.top[row:, place, 0] == final).all()
        assert row == 0 or found.top[row - 1, place, 0] != final
    assert set(found.decided.tolist()) - {0}  # here some layer changed its mind


def test_one_token_is_enough():
    found = trace(small("gpt"), "t")
    assert found.next_rank.shape == (4, 0)
    assert_drawn(found)


@pytest.mark.parametrize("kind", RECURRENT)
def test_a_model_without_a_residual_stream_names_the_lenses_it_has(kind):
    with pytest.raises(GroundupError, match="no residual stream, and so no logit lens") as raised:
        trace(small(kind), TEXT)
    assert "embeddings" in raised.value.hint
    assert "residual" not in raised.value.hint
    assert ("attention" in raised.value.hint) == (kind == "lstm-attention")


@pytest.mark.parametrize("part", ["norm", "tied-weights", "attention", "feed-forward", "positions"])
@pytest.mark.parametrize("kind", TRANSFORMERS)
def test_a_model_with_a_part_taken_out_is_looked_at_as_it_is(kind, part):
    model, tokenizer = small(kind, without=(part,))
    found = trace((model, tokenizer), TEXT)
    with torch.no_grad():
        shares = model(torch.tensor([tokenizer.encode(TEXT)]))[0][0].softmax(-1)
    assert found.top_probabilities[-1] == pytest.approx(shares.topk(5).values.numpy(), abs=1e-5)
    assert len(found.stages) == 4


def test_without_a_residual_path_there_is_no_logit_lens():
    with pytest.raises(GroundupError, match="no logit lens"):
        trace(small("gpt", without=("residual",)), TEXT)


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        ("", {}, "0 tokens"),
        (TEXT * 2, {}, "at most 24"),
        ("Zounds", {}, "never saw"),
        (TEXT, {"token": "Z"}, "no token 'Z'"),
        (TEXT, {"token": "be"}, "reads 'be' as 2 tokens: 'b', 'e'"),
        (TEXT, {"top": 0}, "none"),
    ],
)
def test_what_it_cannot_do(text, options, says):
    with pytest.raises(GroundupError, match=says):
        trace(small("gpt"), text, **options)


def test_the_picture():
    assert_drawn(trace(small("transformer"), "to $_{$ be", token="b"))
