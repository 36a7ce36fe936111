"""BERT: the transformer's encoder alone, which reads a text whole and says what belongs in its gaps.

    the cat [MASK] on the mat ──► embedding ──► encoder block ×N ──► head ──► "sat"
                                                 every word sees every other

A language model may look only backwards, or it would see what it has to predict. BERT looks both ways: some
words are masked, and they alone are predicted, from what stands before and after. It cannot write a text, but
what it knows of each word is richer, and that is what it is used for: search, classification, question answering.

Source: Devlin et al. (2019), "BERT: Pre-training of deep bidirectional transformers for language
understanding", sections 3 and 3.1, task 1. The paper's task 2, telling whether two sentences follow each
other, is left out, and with it the embeddings that tell them apart; training is as good without (Liu et al.
2019, "RoBERTa", section 4.2).
"""

from typing import ClassVar, Literal

import torch.nn.functional as F
from torch import Tensor, nn

from groundup.common.errors import GroundupError
from groundup.models.attention import SelfAttention
from groundup.models.config import check_sizes, model_config
from groundup.models.feed_forward import FeedForward
from groundup.models.linear import Linear


@model_config
class BertConfig:
    kind: Literal["bert"] = "bert"
    context: int = 24
    """The most tokens that it reads at once. The paper has 512."""
    layers: int = 2
    """Blocks, one upon the other; each is an attention layer and a feed-forward layer. The paper has 12."""
    heads: int = 4
    """Attention patterns side by side in each layer. The width is divided among them. The paper has 12."""
    width: int = 96
    """Numbers that stand for each token between the layers. The paper has 768."""
    dropout: float = 0.0
    """The chance that a number is set to zero in training. The paper has 0.1."""
    init_std: float = 0.04
    """Standard deviation of the embeddings at the start."""

    def __post_init__(self) -> None:
        check_sizes(self)


class BertBlock(nn.Module):
    """norm(x + attention(x)), then norm(x + feed_forward(x)), x `(batch, time, width)`.

    The encoder's block of 2017, with GELU for ReLU. In gpt.py the norms stand before the sub-layers.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        width = config.width
        self.attention = SelfAttention(width, config.heads, config.dropout)
        self.attention_norm = nn.LayerNorm(width)
        self.feed_forward = FeedForward(width, nn.GELU())
        self.feed_forward_norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = self.attention_norm(x + self.dropout(self.attention(x)))
        return self.feed_forward_norm(x + self.dropout(self.feed_forward(x)))


class Bert(nn.Module):
    """`vocab_size` counts every token that can be read, the mask too."""

    name: ClassVar[str] = "bert"

    def __init__(self, config: BertConfig, vocab_size: int) -> None:
        super().__init__()
        width = config.width
        self.config, self.vocab_size = config, vocab_size
        self.token_embedding = nn.Embedding(vocab_size, width)
        self.position_embedding = nn.Embedding(config.context, width)
        self.embedding_norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(BertBlock(config) for _ in range(config.layers))
        # The head: a dense layer, then the tied embedding matrix with a bias for each token.
        self.head = Linear(width, width)
        self.head_norm = nn.LayerNorm(width)
        self.head_bias = nn.Parameter(self.token_embedding.weight.new_zeros(vocab_size))
        self.initialise()

    def initialise(self) -> None:
        """Glorot and Bengio (2010), equation 16, for the layers; small embeddings; biases zero.

        The paper has 0.02 for all. In a narrow model layers so small hand on too little, and learning is slow
        to begin. The embeddings must be small, because they are the lm_head as well: at first no token is
        much likelier than another.
        """
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            elif name.endswith("embedding.weight"):
                nn.init.normal_(parameter, std=self.config.init_std)
            elif parameter.dim() == 2:  # the norms' weights stay at one
                nn.init.xavier_uniform_(parameter)

    def encode(self, tokens: Tensor) -> Tensor:
        """tokens `(batch, time)` to what is known of each after reading all, `(batch, time, width)`.

        Raises GroundupError where the text is longer than the context.
        """
        time, context = tokens.shape[1], self.config.context
        if time > context:
            raise GroundupError(
                f"The text has {time} tokens, and the model reads {context} at once.",
                "Give it a shorter one.",
            )
        x = self.token_embedding(tokens) + self.position_embedding.weight[:time]
        x = self.dropout(self.embedding_norm(x))
        for block in self.blocks:
            x = block(x)
        return x

    def predict(self, x: Tensor) -> Tensor:
        """Logits `(..., vocab)` of the tokens at the positions whose encodings are x `(..., width)`.

        The places to be predicted are few. In training only those are given, which saves most of the largest
        matrix product.
        """
        x = self.head_norm(F.gelu(self.head(x)))
        return F.linear(x, self.token_embedding.weight, self.head_bias)

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits `(batch, time, vocab)` for every place of tokens `(batch, time)`, masked or not."""
        return self.predict(self.encode(tokens))
