"""The five models, with lively weights: fresh ones score all tokens nearly alike, and hide mistakes."""

from collections.abc import Callable

import pytest
import torch

from groundup.models.char_rnn import CharRNN, CharRNNConfig
from groundup.models.contract import LanguageModel
from groundup.models.gpt import GPT, GPTConfig
from groundup.models.lstm_attention import LSTMAttention, LSTMAttentionConfig
from groundup.models.transformer import Transformer, TransformerConfig
from groundup.models.word_gru import WordGRU, WordGRUConfig

VOCAB = 17


def lively(build: Callable[[], LanguageModel]) -> LanguageModel:
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        model = build()
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.7)
    return model


def small_gpt(dropout: float = 0.0, context: int = 12, vocab: int = VOCAB) -> LanguageModel:
    config = GPTConfig(context=context, layers=2, heads=2, width=16, dropout=dropout)
    return lively(lambda: GPT(config, vocab))


MODELS: dict[str, Callable[[], LanguageModel]] = {
    "char-rnn": lambda: CharRNN(CharRNNConfig(width=12, embedding=8), VOCAB),
    "word-gru": lambda: WordGRU(WordGRUConfig(width=12, embedding=8, layers=2), VOCAB),
    "lstm-attention": lambda: LSTMAttention(LSTMAttentionConfig(width=12, embedding=8, window=6), VOCAB),
    "transformer": lambda: Transformer(TransformerConfig(context=12, layers=2, heads=2, width=16), VOCAB),
    "gpt": small_gpt,
}


@pytest.fixture(params=MODELS)
def model(request) -> LanguageModel:
    return lively(MODELS[request.param])


@pytest.fixture
def gpt() -> LanguageModel:
    return small_gpt()


@pytest.fixture
def make_gpt() -> Callable[..., LanguageModel]:
    return small_gpt
