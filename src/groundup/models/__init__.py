"""Five language models on one contract, in the order of the ladder, and how to reach them by name."""

from collections.abc import Iterable

from groundup.models.ablations import ablate
from groundup.models.char_rnn import CharRNN, CharRNNConfig
from groundup.models.contract import LanguageModel
from groundup.models.gpt import GPT, GPTConfig
from groundup.models.lstm_attention import LSTMAttention, LSTMAttentionConfig
from groundup.models.transformer import Transformer, TransformerConfig
from groundup.models.word_gru import WordGRU, WordGRUConfig

ModelConfig = CharRNNConfig | WordGRUConfig | LSTMAttentionConfig | TransformerConfig | GPTConfig

MODELS: dict[str, tuple[type[ModelConfig], type[LanguageModel]]] = {
    "char-rnn": (CharRNNConfig, CharRNN),
    "word-gru": (WordGRUConfig, WordGRU),
    "lstm-attention": (LSTMAttentionConfig, LSTMAttention),
    "transformer": (TransformerConfig, Transformer),
    "gpt": (GPTConfig, GPT),
}


def build(config: ModelConfig, vocab_size: int, without: Iterable[str] = ()) -> LanguageModel:
    """A new model with fresh weights, drawn from torch's random state: seed it first.

    `without` names parts to take out of it; see ablations.py.
    """
    return ablate(MODELS[config.kind][1](config, vocab_size), without)
