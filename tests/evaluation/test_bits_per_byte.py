"""Bits per byte: the worked example, each token scored once, windows and stretches against the slow way."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.common.errors import GroundupError
from groundup.evaluation import Validation, bits_per_byte, evaluate
from groundup.evaluation.bits_per_byte import nats
from groundup.evaluation.byte_model import ByteModel
from groundup.models.char_rnn import CharRNN, CharRNNConfig
from groundup.models.contract import LanguageModel, detach
from groundup.models.gpt import GPT, GPTConfig
from groundup.models.lstm_attention import LSTMAttention, LSTMAttentionConfig
from groundup.models.word_gru import WordGRU, WordGRUConfig
from groundup.text import storyworld
from groundup.text.batches import ContiguousStreams
from groundup.text.byte_level import Bytes
from groundup.text.characters import Characters
from groundup.text.corpora import corpus_from_texts
from groundup.text.words import Words


def text(validation):
    return corpus_from_texts("text", "training", validation)


class Bigram(LanguageModel):
    """Scores the next token by the last one alone, so any way of cutting the text must give one known sum."""

    recurrent = False
    context = None

    def __init__(self, logits, context=None):
        super().__init__()
        self.logits = torch.nn.Parameter(logits)
        self.vocab_size = len(logits)
        self.context = context

    def forward(self, tokens, memory=None):
        assert self.context is None or tokens.shape[1] <= self.context
        return self.logits[tokens], ()

    def flops_per_token(self, time):
        return 0

    def memory_per_token(self):
        return 0


def test_worked_example_by_hand():
    # Vocabulary: <unk>, "to", " be". The text "to be or" is "to", " be", <unk>, and loses " or".
    words = Words(["to", " be"])
    assert words.encode("to be or") == [1, 2, 0]
    # After "to" the model gives " be" 1/2; after " be" it gives "unknown" 1/8. The first token costs log2(3).
    tables = torch.tensor([[1 / 3] * 3, [1 / 4, 1 / 4, 1 / 2], [1 / 8, 3 / 8, 1 / 2]]).log()
    evaluation = evaluate(Bigram(tables), words, text("to be or"))
    token_bits = math.log2(3) + 1 + 3
    spelling = ByteModel(words.tokens()).bits(" or")
    assert spelling > 12  # so " or" is charged far more than the 3 bits of "unknown"
    assert evaluation.bpb == pytest.approx((token_bits + spelling) / 8)
    assert evaluation.loss == pytest.approx(token_bits * math.log(2) / 3)
    assert evaluation.perplexity == pytest.approx(2 ** (token_bits / 3))
    assert (evaluation.tokens, evaluation.bytes) == (3, 8)
    assert evaluation.lost_bits == pytest.approx(spelling)
    assert evaluation.coverage == pytest.approx(2 / 3)


def test_every_tokenizer_pays_alike_when_the_model_knows_nothing():
    # A model that gives every byte 1/256 needs 8 bits a byte, whatever the text.
    evaluation = evaluate(Bigram(torch.zeros(256, 256)), Bytes(), text("naïve 水 🙂\nto be"))
    assert evaluation.bpb == pytest.approx(8, rel=1e-6)
    assert (evaluation.coverage, evaluation.lost_bits) == (1, 0)


def test_forgetting_words_does_not_help():
    # The fewer words are known, the lower the loss per token: "unknown" is easy. Bits per byte must not fall.
    story = "".join(storyworld.stories(60_000, seed=1))
    train, held_out = story[:50_000], story[50_000:]
    scores = []
    for vocabulary in (2, 20, 2000):
        words = Words.train([train], min_count=1, vocab_size=vocabulary)
        ids = words.encode_to_array(train).astype(np.int64)
        counts = torch.bincount(torch.from_numpy(ids), minlength=words.vocab_size) + 0.1
        evaluation = evaluate(
            Bigram((counts / counts.sum()).log().repeat(words.vocab_size, 1)), words, text(held_out)
        )
        scores.append((evaluation.loss, evaluation.bpb, evaluation.coverage))
    losses, bpbs, coverages = zip(*scores, strict=True)
    assert losses[0] < losses[1] < losses[2]
    assert bpbs[0] > bpbs[1] > bpbs[2]
    assert coverages[0] < coverages[1] < coverages[2]


@given(
    n=st.integers(1, 700),
    context=st.one_of(st.none(), st.integers(1, 40)),
    batch=st.one_of(st.none(), st.integers(1, 20)),
    at_once=st.integers(1, 300),
)
@settings(max_examples=150, deadline=None)
def test_each_token_is_scored_exactly_once(n, context, batch, at_once):
    random = np.random.default_rng(n)
    tables = torch.from_numpy(random.standard_normal((7, 7))).log_softmax(1)
    ids = random.integers(0, 7, n).astype(np.uint16)
    once = math.log(7) - sum(tables[a, b].item() for a, b in pairwise(ids))
    before = bits_per_byte.TOKENS_AT_ONCE, bits_per_byte.WARM_UP
    bits_per_byte.TOKENS_AT_ONCE, bits_per_byte.WARM_UP = at_once, 16
    try:
        assert nats(Bigram(tables.float(), context), ids, batch=batch) == pytest.approx(once, rel=1e-5)
    finally:
        bits_per_byte.TOKENS_AT_ONCE, bits_per_byte.WARM_UP = before


@pytest.mark.parametrize("context", [1, 2, 7, 8, 64])
def test_each_token_has_half_a_context_before_it(context):
    class Counts(Bigram):
        def forward(self, tokens, memory=None):
            # Says token 1 is certain once it has seen half a context, and impossible before.
            past = 0 if memory is None else memory[0].shape[1]
            seen = past + torch.arange(1, tokens.shape[1] + 1)
            score = torch.where(seen >= context / 2, 30.0, -30.0).expand(tokens.shape)
            return torch.stack((-score, score), -1), (torch.zeros(len(tokens), past + tokens.shape[1]),)

    ids = np.ones(1000, np.uint16)
    only_at_the_very_start = sum(60.0 for seen in range(1, context) if seen < context / 2)
    assert nats(Counts(torch.zeros(2, 2), context), ids) == pytest.approx(
        math.log(2) + only_at_the_very_start, abs=1e-6
    )


def _gpt(context=16, vocab_size=31):
    torch.manual_seed(0)
    model = GPT(GPTConfig(context=context, layers=2, heads=2, width=16), vocab_size)
    with torch.no_grad():  # far from uniform, so that what it sees matters
        for parameter in model.parameters():
            parameter.mul_(6)
    return model


IDS = np.random.default_rng(3).integers(0, 31, 901).astype(np.uint16)


def test_windows_equal_each_token_scored_alone():
    model = _gpt()
    slow = math.log(31)
    model.eval()
    with torch.no_grad():
        for target in range(1, len(IDS)):
            # Windows start at 0, 8, 16, ..., the last ends with the text; the first with a target scores it.
            start = min(max(0, math.ceil((target - 16) / 8) * 8), len(IDS) - 1 - 16)
            tokens = torch.from_numpy(IDS[start:target].astype(np.int64))[None]
            slow += F.cross_entropy(model(tokens)[0][0, -1], torch.tensor(int(IDS[target]))).item()
    assert nats(model, IDS) == pytest.approx(slow, rel=1e-5)


def test_chunks_and_batches_change_nothing(monkeypatch):
    model = _gpt()
    whole = nats(model, IDS)
    assert nats(model, IDS) == whole
    for batch in (1, 3, 1000):
        assert nats(model, IDS, batch=batch) == pytest.approx(whole, rel=1e-6)
    monkeypatch.setattr(bits_per_byte, "LOGITS_AT_ONCE", 31 * 5)
    assert nats(model, IDS) == pytest.approx(whole, rel=1e-6)


@pytest.mark.parametrize(
    ("model_class", "config", "tokenizer"),
    [
        (CharRNN, CharRNNConfig(width=64, embedding=32), Characters),
        (WordGRU, WordGRUConfig(width=64, embedding=32), Words),
        (LSTMAttention, LSTMAttentionConfig(width=64, embedding=32, window=32), Characters),
    ],
)
def test_parallel_stretches_equal_one_unbroken_pass(model_class, config, tokenizer):
    message = "".join(storyworld.stories(60_000, seed=0))
    tokenizer = tokenizer.train([message])
    torch.manual_seed(0)
    model = model_class(config, tokenizer.vocab_size)
    batches = ContiguousStreams(tokenizer.encode_to_array(message), batch_size=8, sequence_length=32, seed=0)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    memory = None
    for step in range(60):
        inputs, targets, fresh = batches.at(step)
        logits, memory = model(inputs, None if fresh else detach(memory))
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    heard = tokenizer.encode_to_array("".join(storyworld.stories(12_000, seed=1)))
    tokens = torch.from_numpy(heard.astype(np.int64))
    with torch.inference_mode():
        logits, _ = model(tokens[None, :-1])
    unbroken = math.log(model.vocab_size) + F.cross_entropy(logits[0], tokens[1:], reduction="sum").item()
    assert unbroken / len(heard) < 0.8 * math.log(model.vocab_size)  # it has learnt something
    difference = abs(nats(model, heard) - unbroken)
    assert difference < 1e-4 * unbroken
    # The agreement is the warm-up's doing.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bits_per_byte, "WARM_UP", 1)
        assert abs(nats(model, heard) - unbroken) > 10 * difference


@pytest.mark.parametrize("context", [None, 128, 1024])
@pytest.mark.parametrize("vocab_size", [80, 8192, 50257])
def test_logits_are_never_large(context, vocab_size):
    largest = []

    class Silent(Bigram):
        def forward(self, tokens, memory=None):
            largest.append(tokens.numel() * vocab_size)
            return torch.zeros(1).expand(*tokens.shape, vocab_size), ()

    model = Silent(torch.zeros(1), context)
    model.vocab_size = vocab_size
    assert nats(model, np.zeros(3000, np.uint16)) == pytest.approx(3000 * math.log(vocab_size), rel=1e-5)
    assert max(largest) * 4 <= 32 * 2**20


def test_low_precision_gives_nearly_the_same():
    model = _gpt()
    assert nats(model, IDS, autocast=torch.bfloat16) == pytest.approx(nats(model, IDS), rel=0.02)


def test_the_model_is_left_as_it_was():
    model = replace_dropout(_gpt())
    model.train()
    first = nats(model, IDS)
    assert nats(model, IDS) == first  # no dropout while scoring
    assert model.training
    model.eval()
    nats(model, IDS)
    assert not model.training
    logits, _ = model(torch.zeros(1, 4, dtype=torch.int64))  # nothing made without gradients stayed behind
    logits.sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def replace_dropout(model):
    other = GPT(replace(model.config, dropout=0.5), model.vocab_size)
    other.load_state_dict(model.state_dict())
    return other


def test_progress_ends_at_all_tokens():
    seen = []
    nats(_gpt(), IDS, batch=2, progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (901, 901)
    assert len(seen) > 10


def test_a_tokenizer_of_another_model_is_a_clear_error():
    with pytest.raises(GroundupError, match="token 30, but the model knows only 5"):
        nats(_gpt(vocab_size=5), IDS)


def test_an_empty_split_is_a_clear_error():
    with pytest.raises(GroundupError, match="validation part of text is empty"):
        Validation(text(""), Bytes())


def test_an_unseen_character_is_spelt():
    letters = Characters.train(["to be or not to be"])
    known = Validation(text("to be"), letters)
    unknown = Validation(text("to bé"), letters)
    assert (known.lost_bits, known.coverage) == (0, 1)
    assert unknown.lost_bits == pytest.approx(ByteModel(letters.tokens()).bits("é"))
    assert unknown.coverage == pytest.approx(4 / 5)
    assert unknown.bytes == 6
