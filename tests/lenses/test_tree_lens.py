"""A tree of continuations: read with memory, equal to reading every path whole."""

import doctest
from itertools import pairwise

import pytest
import torch
from small_models import ALL, assert_drawn, small, small_of_transformers

from groundup.common.errors import GroundupError
from groundup.generation import Sampling, beam_search, generate, probabilities
from groundup.lenses import tree
from groundup.lenses.tree import trace

TEXT = "to be, or"


def every_path(node, before=()):
    for child in node.children:
        yield child, before
        yield from every_path(child, (*before, child.token))


@pytest.mark.parametrize("kind", ALL)
def test_probabilities_equal_those_of_whole_reading(kind):
    model, tokenizer = small(kind)
    found = trace((model, tokenizer), TEXT, breadth=3, depth=3)
    prompt = tokenizer.encode(TEXT)
    nodes = list(every_path(found.root))
    assert len(nodes) == 3 + 9 + 27
    for node, before in nodes:
        with torch.no_grad():
            shares = model(torch.tensor([[*prompt, *before]]))[0][0, -1].softmax(-1)
        assert node.probability == pytest.approx(float(shares[node.token]), rel=1e-4, abs=1e-7)
        assert node.label == tokenizer.tokens()[node.token]


def test_a_model_of_transformers_reads_its_paths_whole():
    model, tokenizer = small_of_transformers("llama")
    found = trace((model, tokenizer), TEXT, breadth=2, depth=3)
    prompt = tokenizer.encode(TEXT)
    for node, before in every_path(found.root):
        with torch.no_grad():
            shares = model(input_ids=torch.tensor([[*prompt, *before]])).logits[0, -1].softmax(-1)
        assert node.probability == pytest.approx(float(shares[node.token]), rel=1e-4)


def test_a_path_is_the_product_along_it_and_children_stand_in_order():
    found = trace(small("gpt"), TEXT)
    for path, share in found.paths():
        product = 1.0
        for node in path:
            product *= node.probability
            assert node.path == pytest.approx(product)
        assert share == path[-1].path
    assert all(a[1] >= b[1] for a, b in pairwise(found.paths()))
    for node in found.root.walk():
        assert all(a.probability >= b.probability for a, b in pairwise(node.children))
        assert node.others == pytest.approx(1 - sum(child.probability for child in node.children), abs=1e-6)


def test_the_whole_tree_holds_all_probability():
    model, tokenizer = small("lstm-attention", letters="abcd")
    found = trace((model, tokenizer), "ab", breadth=tokenizer.vocab_size, depth=3)
    paths = found.paths()
    assert len(paths) == tokenizer.vocab_size**3
    assert sum(share for _, share in paths) == pytest.approx(1, abs=1e-5)
    likeliest, score = beam_search(model, tokenizer.encode("ab"), 3, len(paths), length_penalty=0.0)[0]
    assert [node.token for node in paths[0][0]] == likeliest
    assert paths[0][1] == pytest.approx(torch.tensor(score).exp().item(), rel=1e-4)


def test_following_the_widest_branch_is_greedy_choice():
    model, tokenizer = small("transformer")
    node, followed = trace((model, tokenizer), TEXT, breadth=2, depth=5).root, []
    while node.children:
        node = node.children[0]
        followed.append(node.token)
    assert followed == generate(model, tokenizer.encode(TEXT), 5, Sampling(temperature=0))


def test_the_text_is_read_once_and_then_one_token_for_each_branch():
    model, tokenizer = small("gpt")
    read = []
    model.register_forward_pre_hook(lambda module, given: read.append(tuple(given[0].shape)))
    trace((model, tokenizer), TEXT, breadth=3, depth=4)
    assert read == [(1, len(TEXT)), (3, 1), (9, 1), (27, 1)]


@pytest.mark.parametrize(
    "sampling", [Sampling(0.7, top_k=2), Sampling(repetition_penalty=1.5, top_p=0.5)], ids=str
)
def test_filters_cut_branches_as_the_sampler_does(sampling):
    model, tokenizer = small("gpt")
    found = trace((model, tokenizer), TEXT, breadth=4, depth=3, sampling=sampling)
    prompt = tokenizer.encode(TEXT)
    for node, before in every_path(found.root):
        tokens = torch.tensor([[*prompt, *before]])
        with torch.no_grad():
            shares = probabilities(model(tokens)[0][:, -1], sampling, tokens)[0]
        assert node.probability == pytest.approx(float(shares[node.token]), rel=1e-3)
    if sampling.top_k:
        assert all(len(node.children) in (0, 2) for node in found.root.walk())


def test_it_grows_to_the_end_of_the_context_and_no_further():
    model, tokenizer = small("gpt")
    text = ("to be, or not " * 2)[:23]
    assert len(trace((model, tokenizer), text, breadth=2, depth=2).paths()) == 4  # reads 24 tokens
    with pytest.raises(GroundupError, match="23 tokens, the tree reads 2 more, and GPT holds 24"):
        trace((model, tokenizer), text, breadth=2, depth=3)


@pytest.mark.parametrize(
    ("breadth", "depth", "says"),
    [(0, 3, "no branches"), (3, 0, "no branches"), (10, 4, "more than 1,000"), (1, 10**9, "more than 1,000")],
)
def test_trees_that_nobody_could_look_at(breadth, depth, says):
    with pytest.raises(GroundupError, match=says):
        trace(small("char-rnn"), TEXT, breadth=breadth, depth=depth)


@pytest.mark.parametrize(("breadth", "depth"), [(3, 2), (1, 1)])
def test_the_picture(breadth, depth):
    assert_drawn(trace(small("char-rnn"), "to $_{$", breadth=breadth, depth=depth))


def test_the_worked_numbers_in_the_docstrings():
    assert doctest.testmod(tree).failed == 0
