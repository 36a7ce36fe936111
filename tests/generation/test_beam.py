"""Beam search against transformers with the same weights, trying everything, and greedy choice."""

import itertools

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from groundup.common.errors import GroundupError
from groundup.generation.beam import beam_search
from groundup.generation.generate import generate, window_start
from groundup.generation.sampling import Sampling
from groundup.models.contract import LanguageModel


class TheirGPT2(LanguageModel):
    """Transformers' own GPT-2 behind our contract, so that only the search differs."""

    def __init__(self, vocab=23, context=24):
        super().__init__()
        self.vocab_size = vocab
        config = GPT2Config(
            n_layer=2, n_head=2, n_embd=16, vocab_size=vocab, n_positions=context, initializer_range=0.5
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(3)
            self.gpt2 = GPT2LMHeadModel(config).eval()

    def forward(self, tokens, memory=None):
        from transformers import DynamicCache

        past = DynamicCache(list(zip(memory[::2], memory[1::2], strict=True))) if memory else None
        result = self.gpt2(tokens, past_key_values=past, use_cache=True)
        cache = result.past_key_values
        return result.logits, tuple(part for layer in cache.layers for part in (layer.keys, layer.values))

    @property
    def context(self):
        return self.gpt2.config.n_positions

    def flops_per_token(self, time):
        raise NotImplementedError

    def memory_per_token(self):
        raise NotImplementedError


@pytest.fixture(scope="module")
def theirs():
    return TheirGPT2()


@pytest.mark.parametrize("beams", [2, 5])
@pytest.mark.parametrize("length_penalty", [0.0, 1.0, 2.0, -1.0])
@pytest.mark.parametrize("stop_token", [None, 4, 11])
def test_it_finds_what_transformers_finds(theirs, beams, length_penalty, stop_token):
    for first in range(2):
        prompt = [first, 7, 2]
        result = beam_search(theirs, prompt, 9, beams, length_penalty=length_penalty, stop_token=stop_token)
        expected = theirs.gpt2.generate(
            torch.tensor([prompt]),
            attention_mask=torch.ones(1, 3, dtype=torch.long),
            num_beams=beams,
            num_return_sequences=beams,
            max_new_tokens=9,
            do_sample=False,
            length_penalty=length_penalty,
            eos_token_id=stop_token,
            pad_token_id=1,  # 0 would count as none
            output_scores=True,
            return_dict_in_generate=True,
        )
        for (tokens, score), row, their_score in zip(
            result, expected.sequences.tolist(), expected.sequences_scores.tolist(), strict=True
        ):
            assert row[3:] == tokens + [1] * (len(row) - 3 - len(tokens))
            assert score == pytest.approx(their_score, rel=1e-5)


def log_probability(model, prompt, continuation):
    """Summed over the continuation, read whole: no memory, no search."""
    text = [*prompt, *continuation]
    with torch.no_grad():
        scores = model(torch.tensor([text[:-1]]))[0].log_softmax(-1)[0]
    return sum(scores[place - 1, text[place]].item() for place in range(len(prompt), len(text)))


def test_with_beams_enough_it_tries_everything(make_gpt):
    model = make_gpt(vocab=5)
    result = beam_search(model, [1, 2], 3, beams=5**3, length_penalty=0.0)
    everything = {
        continuation: log_probability(model, [1, 2], continuation)
        for continuation in itertools.product(range(5), repeat=3)
    }
    assert [tuple(tokens) for tokens, _ in result] == sorted(everything, key=lambda c: -everything[c])
    for tokens, score in result:
        assert score == pytest.approx(everything[tuple(tokens)], rel=1e-4)


def test_one_beam_is_greedy_also_beyond_the_context(model):
    ((tokens, _),) = beam_search(model, [1, 2, 3], 40, beams=1)
    assert tokens == generate(model, [1, 2, 3], 40, Sampling(temperature=0))


def test_more_beams_find_better_texts(gpt):
    best = [beam_search(gpt, [1], 8, beams)[0][1] for beams in (1, 16)]
    assert best[1] > best[0] + 1e-3  # greedy choice misses the best one with these weights


def test_beyond_the_context_the_scores_are_those_of_the_sliding_window(gpt):
    for tokens, score in beam_search(gpt, [3, 1], 30, beams=4, length_penalty=0.0):
        text, total = [3, 1], 0.0
        for token in tokens:
            window = text[window_start(len(text), gpt.context) :]
            total += log_probability(gpt, window, [token])
            text.append(token)
        assert score == pytest.approx(total, rel=1e-4)


def test_bad_requests_are_refused_and_the_mode_comes_back(gpt):
    gpt.train()
    assert beam_search(gpt, [1], 0, beams=2) == [([], 0.0)]
    with pytest.raises(GroundupError, match="beams"):
        beam_search(gpt, [1], 3, beams=0)
    with pytest.raises(GroundupError, match="empty"):
        beam_search(gpt, [], 3, beams=2)
    with torch.no_grad():
        gpt.token_embedding.weight[3] = float("nan")
    with pytest.raises(GroundupError, match="damaged"):
        beam_search(gpt, [1], 3, beams=2)
    assert gpt.training
