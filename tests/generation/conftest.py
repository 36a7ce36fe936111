"""Small models with lively weights: fresh ones score all tokens nearly alike, and would hide mistakes."""

from collections.abc import Callable

import pytest
import torch

from groundup.models.contract import LanguageModel
from groundup.models.gpt import GPT, GPTConfig

VOCAB = 17


class Elman(LanguageModel):
    context = None

    def __init__(self):
        super().__init__()
        self.vocab_size = VOCAB
        self.embedding = torch.nn.Embedding(VOCAB, 8)
        self.rnn = torch.nn.RNN(8, 8, batch_first=True)
        self.out = torch.nn.Linear(8, VOCAB)

    def forward(self, tokens, memory=None):
        x, h = self.rnn(self.embedding(tokens), memory[0].transpose(0, 1).contiguous() if memory else None)
        return self.out(x), (h.transpose(0, 1),)

    def flops_per_token(self, time):
        return 0

    def memory_per_token(self):
        return 0


def lively(build: Callable[[], LanguageModel]) -> LanguageModel:
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        model = build()
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.7)
    return model


def small_gpt(dropout: float = 0.0, context: int = 12, vocab: int = VOCAB) -> GPT:
    GPT.flops_per_token = GPT.memory_per_token = lambda *a: 0
    GPT.__abstractmethods__ = frozenset()
    config = GPTConfig(context=context, layers=2, heads=2, width=16, dropout=dropout)
    return lively(lambda: GPT(config, vocab))


@pytest.fixture
def gpt() -> GPT:
    return small_gpt()


@pytest.fixture(params=["gpt", "rnn"])
def model(request) -> LanguageModel:
    return small_gpt() if request.param == "gpt" else lively(Elman)


@pytest.fixture
def make_gpt():
    return small_gpt
