"""Vectors on a plane against scikit-learn, and neighbours against counting them one by one."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from small_models import LETTERS, RECURRENT, assert_drawn, small, small_on_words

from groundup.common.errors import GroundupError
from groundup.lenses.embeddings import compare_seeds, pca, trace, trustworthiness, tsne
from groundup.lenses.neighbours import analogy, nearest

WORDS = ("the", "king", "queen", "man", "woman", "crown", "of", "and")


@pytest.mark.parametrize(("points", "width"), [(30, 8), (6, 40)])
def test_pca_is_scikit_learns(points, width):
    vectors = np.random.default_rng(0).normal(size=(points, width)) * np.arange(1, width + 1)
    places, explained = pca(vectors)
    theirs = PCA(svd_solver="full").fit(vectors)
    assert np.abs(places) == pytest.approx(np.abs(theirs.transform(vectors)[:, :2]), abs=1e-8)
    assert explained[: len(theirs.explained_variance_ratio_)] == pytest.approx(
        theirs.explained_variance_ratio_
    )
    assert explained.sum() == pytest.approx(1)


def test_tsne_is_scikit_learns_and_the_same_for_the_same_seed():
    model = small("char-rnn")
    found = trace(model, method="tsne", tokens=20, perplexity=4.0, seed=3, start="random")
    theirs = TSNE(perplexity=4.0, init="random", random_state=3).fit_transform(found.vectors)
    assert np.array_equal(found.places, theirs)
    other = trace(model, method="tsne", tokens=20, perplexity=4.0, seed=4, start="random")
    assert not np.allclose(found.places, other.places)


@pytest.mark.parametrize("perplexity", [0.5, 20, 1000])
def test_a_perplexity_that_cannot_be(perplexity):
    with pytest.raises(GroundupError, match=r"for 20 points cannot be.*from 1 to 19"):
        trace(small("char-rnn"), method="tsne", tokens=20, perplexity=perplexity)
    assert tsne(np.random.default_rng(0).normal(size=(6, 3)), perplexity=5).shape == (6, 2)


def test_trustworthiness_by_its_formula():
    rng = np.random.default_rng(1)
    vectors, places = rng.normal(size=(25, 6)), rng.normal(size=(25, 2))
    n, k, penalty = 25, 5, 0
    for point in range(n):
        true = np.argsort(((vectors - vectors[point]) ** 2).sum(1))[1:].tolist()
        shown = np.argsort(((places - places[point]) ** 2).sum(1))[1 : k + 1]
        penalty += sum(max(0, true.index(other) + 1 - k) for other in shown)
    expected = 1 - penalty * 2 / (n * k * (2 * n - 3 * k - 1))
    assert trustworthiness(vectors, places) == pytest.approx(expected)
    flat = np.hstack([places, np.zeros((25, 4))])  # a plane in six dimensions loses nothing
    assert trustworthiness(flat, pca(flat)[0]) == 1.0


def test_which_tokens_are_drawn():
    model, tokenizer = small("gpt")
    found = trace((model, tokenizer), "oooo ttt bb q eeeee", tokens=4)
    assert found.labels == ["e", "o", " ", "t"]
    assert found.selection == "the 4 most frequent tokens in the text"
    assert np.array_equal(found.vectors, model.token_embedding.weight.detach().numpy()[found.ids])
    assert trace((model, tokenizer), tokens=["q", "b", "o", "e", "q"]).labels == ["q", "b", "o", "e"]
    first = trace((model, tokenizer), tokens=6)
    assert (first.ids, first.selection) == ([0, 1, 2, 3, 4, 5], "the first 6 tokens")


def test_words_are_found_with_their_space_and_unknown_ones_say_so():
    hooked = small_on_words(*WORDS)
    assert trace(hooked, tokens=["king", "queen", "the", "of"]).labels == [
        " king",
        " queen",
        " the",
        " of",
    ]
    with pytest.raises(GroundupError, match=r"no token 'quen'. Near it: ' queen'"):
        trace(hooked, tokens=["king", "quen", "the", "of"])
    with pytest.raises(GroundupError, match="reads 'to' as 2 tokens: 't', 'o'"):
        nearest(small("char-rnn"), "to")


def test_positions():
    model, tokenizer = small("transformer")
    found = trace((model, tokenizer), of="positions", tokens=16)
    assert found.labels == [str(place) for place in range(16)]
    assert np.array_equal(found.vectors, model.positions[:16].numpy())
    near = nearest((model, tokenizer), "8", 2, of="positions")
    assert sorted(near.labels) == ["7", "9"]  # sine and cosine: the next ones lie next
    for wrong in ("24", "-1", "eight"):
        with pytest.raises(GroundupError, match=f"no position '{wrong}'.*0 to 23"):
            nearest((model, tokenizer), wrong, of="positions")


@pytest.mark.parametrize("kind", RECURRENT)
def test_a_recurrent_model_has_no_vectors_for_positions(kind):
    with pytest.raises(GroundupError, match="no vectors for positions"):
        trace(small(kind), of="positions")


@pytest.mark.parametrize(
    ("options", "says"),
    [({"tokens": 3}, "3 points shows nothing"), ({"tokens": ["t", "o"]}, "2 points"), ({"method": "umap"}, "umap"),
     ({"of": "words"}, "Choose tokens or positions")],
)  # fmt: skip
def test_what_it_cannot_draw(options, says):
    with pytest.raises(GroundupError, match=says):
        trace(small("gpt"), **options)


def test_nearest_are_those_with_the_largest_cosine():
    model, tokenizer = small("lstm-attention")
    found = nearest((model, tokenizer), "e", 5)
    own = tokenizer.encode("e")[0]
    table = model.embedding.weight.detach()
    cosines = {
        other: float(torch.cosine_similarity(table[own], table[other], dim=0))
        for other in range(tokenizer.vocab_size)
        if other != own
    }
    expected = sorted(cosines, key=lambda token: -cosines[token])[:5]
    assert found.ids == expected
    assert found.cosines == pytest.approx([cosines[token] for token in expected], abs=1e-5)
    with pytest.raises(GroundupError, match="nearest are none"):
        nearest((model, tokenizer), "e", 0)


def test_an_analogy_that_was_built_in_is_found():
    model, tokenizer = small_on_words(*WORDS)
    royal, female = torch.randn(2, model.embedding.weight.shape[1])
    with torch.no_grad():
        for word, vector in {
            "king": royal,
            "queen": royal + female,
            "man": 0 * royal,
            "woman": female,
        }.items():
            model.embedding.weight[tokenizer.encode(f" {word}")[0]] = 5 + vector
    found = analogy((model, tokenizer), "king", "man", "woman", 3)
    assert found.labels[0] == " queen"
    assert found.cosines[0] > 0.99
    assert not {" king", " man", " woman"} & set(found.labels)


@pytest.mark.slow
def test_four_seeds_side_by_side():
    found = compare_seeds(small("char-rnn"), seeds=(1, 2, 3, 4), tokens=20, perplexity=4.0)
    assert [one.seed for one in found.traces] == [1, 2, 3, 4]
    assert np.allclose(np.diag(found.agreement), 1)
    assert np.allclose(found.agreement, found.agreement.T)
    assert 0 < found.agreement[0, 1] < 1
    assert_drawn(found)


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_the_picture_says_what_it_cannot_show(method):
    found = trace(small("word-gru"), LETTERS, method=method, perplexity=4.0)
    assert_drawn(found)
    words = " ".join(text.get_text() for text in found.plot().texts).replace("\n", " ")
    assert ("mean nothing" if method == "tsne" else "far apart in the others") in words
    assert f"Trustworthiness {found.trustworthiness:.2f}" in words


def test_names_do_not_lie_upon_one_another():
    figure = trace(small("gpt"), LETTERS).plot()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert len(boxes) > 10
    assert not any(a.overlaps(b) for number, a in enumerate(boxes) for b in boxes[:number])


def test_other_pictures():
    assert_drawn(nearest(small("gpt"), "$"))
    assert_drawn(trace(small("gpt"), of="positions"))
