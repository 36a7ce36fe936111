"""The feed-forward layer of a transformer block: each token is transformed on its own.

Source: Vaswani et al. (2017), "Attention is all you need", section 3.3, equation 2.
"""

from torch import Tensor, nn

from groundup.models.linear import Linear


class FeedForward(nn.Module):
    """down(activation(up(x))): four times as wide inside; x and the result are `(batch, time, width)`.

    Attention moves information between tokens; this layer computes with it. In a block without cross-attention it
    holds two thirds of the weights.
    """

    def __init__(self, width: int, activation: nn.Module) -> None:
        super().__init__()
        self.up = Linear(width, 4 * width)
        self.activation = activation
        self.down = Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(self.activation(self.up(x)))
