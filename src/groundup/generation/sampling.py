"""From a model's scores to the next token: the filters, the distribution they leave, and the draw from it.

A model gives one score (logit) per token of the vocabulary. Softmax makes probabilities of them, and a die
picks a token. Always taking the likeliest token repeats itself; drawing from the whole distribution falls,
in the long run, into the long tail of tokens that make no sense. Each filter below is one idea about where
to cut between the two. They are small functions on logits `(batch, vocab)`, and cut by writing -inf.

The worked numbers all use one distribution over four tokens: 0.5, 0.25, 0.15, 0.1.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import torch
from torch import Tensor

from groundup.common.errors import GroundupError


@dataclass(frozen=True)
class Sampling:
    """How to choose the next token. The defaults draw from the model's own distribution, unfiltered.

    temperature: divides the logits; below 1 is bolder, above 1 wilder, 0 always takes the likeliest (greedy).
    top_k: keep the k likeliest tokens; 0 is off.
    top_p: keep the smallest set of tokens that holds this much probability; 1 is off.
    min_p: keep tokens at least this fraction as likely as the likeliest; 0 is off.
    typical_p: keep the tokens of most typical surprise that hold this much probability; 1 is off.
    repetition_penalty: makes tokens that are already in the text less likely; 1 is off.
    seed: the same seed gives the same tokens. Row r of a batch throws its own die, seeded with `seed + r`.

    Greedy choice heeds the repetition penalty and none of the other filters.
    Raises GroundupError when a value makes no sense.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    typical_p: float = 1.0
    repetition_penalty: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        # Below 0.001 the division could overflow to infinity; and it cannot be told from 0 anyway.
        sound = self.temperature == 0 or 0.001 <= self.temperature < math.inf
        _require(sound, "temperature", self.temperature, "0 (greedy) or a number from 0.001 up, such as 0.8")
        whole = isinstance(self.top_k, int) and not isinstance(self.top_k, bool)
        _require(whole and self.top_k >= 0, "top_k", self.top_k, "a whole number such as 40, or 0 for off")
        _require(0 <= self.top_p <= 1, "top_p", self.top_p, "between 0 and 1, such as 0.9 (1 is off)")
        _require(0 <= self.min_p <= 1, "min_p", self.min_p, "between 0 and 1, such as 0.05 (0 is off)")
        _require(0 < self.typical_p <= 1, "typical_p", self.typical_p, "above 0 and at most 1, such as 0.9")
        sound = 0 < self.repetition_penalty < math.inf
        _require(sound, "repetition_penalty", self.repetition_penalty, "above 0, such as 1.2 (1 is off)")
        _require(isinstance(self.seed, int), "seed", self.seed, "a whole number, such as 0")


def _require(sound: bool, name: str, value: object, target: str) -> None:
    if not sound:
        raise GroundupError(f"{name} is {value!r}.", f"It must be {target}.")


UNFILTERED = Sampling()  # the model's own distribution


# --- the filters ------------------------------------------------------------------------------------------


def penalise_repetition(logits: Tensor, previous_tokens: Tensor, penalty: float) -> Tensor:
    """Make every token of `previous_tokens` `(batch, n)` less likely, once, however often it came.

    A positive logit is divided by the penalty and a negative one multiplied, so that both go down.
    Keskar et al. 2019, "CTRL", section 4.1 (they use 1.2).

    >>> penalise_repetition(torch.tensor([[2.0, -1.0, 0.5]]), torch.tensor([[0, 1, 1]]), 2.0).tolist()
    [[1.0, -2.0, 0.5]]
    """
    message = logits.gather(-1, previous_tokens)
    return logits.scatter(-1, previous_tokens, torch.where(message < 0, message * penalty, message / penalty))


def apply_temperature(logits: Tensor, temperature: float) -> Tensor:
    """Divide the logits: 0.5 squares the probabilities before they are scaled to sum to 1, 2 takes the root.

    >>> logits = torch.tensor([[0.5, 0.25, 0.15, 0.1]]).log()
    >>> apply_temperature(logits, 0.5).softmax(-1)  # 0.25, 0.0625, 0.0225, 0.01, divided by their sum 0.345
    tensor([[0.7246, 0.1812, 0.0652, 0.0290]])
    """
    return logits / temperature


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """Keep the k likeliest tokens, and any that ties with the last of them.

    Fan et al. 2018, "Hierarchical Neural Story Generation", section 5.4.

    >>> logits = torch.tensor([[0.5, 0.25, 0.15, 0.1]]).log()
    >>> keep_top_k(logits, 2).softmax(-1)  # 0.5 and 0.25 share the whole
    tensor([[0.6667, 0.3333, 0.0000, 0.0000]])
    """
    kth_best = logits.topk(min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    return logits.masked_fill(logits < kth_best, -math.inf)


def keep_top_p(logits: Tensor, p: float) -> Tensor:
    """Keep the smallest set of likeliest tokens whose probabilities sum to p or more (the nucleus).

    The set is small where the model is sure and large where it is not; top-k cannot do that.
    Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration", section 3.1.

    >>> logits = torch.tensor([[0.5, 0.25, 0.15, 0.1]]).log()
    >>> keep_top_p(logits, 0.7).softmax(-1)  # 0.5 is not enough, 0.5 + 0.25 is
    tensor([[0.6667, 0.3333, 0.0000, 0.0000]])
    """
    ordered, order = logits.sort(dim=-1)  # least likely first
    tail = ordered.softmax(-1).cumsum(-1) <= 1 - p  # what can go without cutting into the nucleus
    tail[..., -1] = False  # the likeliest token stays, even for p = 0
    return _cut(logits, order, tail)


def keep_min_p(logits: Tensor, p: float) -> Tensor:
    """Keep the tokens that are at least p times as likely as the likeliest one.

    Nguyen et al. 2024, "Turning Up the Heat: Min-p Sampling", section 3.

    >>> logits = torch.tensor([[0.5, 0.25, 0.15, 0.1]]).log()
    >>> keep_min_p(logits, 0.4).softmax(-1)  # the bar is 0.4 * 0.5 = 0.2
    tensor([[0.6667, 0.3333, 0.0000, 0.0000]])
    """
    shares = logits.softmax(-1)
    return logits.masked_fill(shares < p * shares.amax(-1, keepdim=True), -math.inf)


def keep_typical(logits: Tensor, p: float) -> Tensor:
    """Keep the tokens whose surprise is nearest to the expected surprise, until they hold probability p.

    The surprise of a token is -log(probability); its expectation is the entropy. People neither say the most
    predictable word all the time nor the least, so the likeliest token itself can be cut.
    Meister et al. 2023, "Locally Typical Sampling", section 4.

    The surprises here are 0.69, 1.39, 1.90, 2.30 nats and the entropy 1.21, so the second token is nearest:

    >>> logits = torch.tensor([[0.5, 0.25, 0.15, 0.1]]).log()
    >>> keep_typical(logits, 0.2).softmax(-1)
    tensor([[0., 1., 0., 0.]])
    >>> keep_typical(logits, 0.7).softmax(-1)
    tensor([[0.6667, 0.3333, 0.0000, 0.0000]])
    """
    log_shares = logits.log_softmax(-1)
    entropy = -(log_shares * log_shares.exp()).nansum(-1, keepdim=True)  # 0 * -inf counts as 0: nansum
    distance, order = (-log_shares - entropy).abs().sort(dim=-1)  # the most typical first
    mass = logits.gather(-1, order).softmax(-1).cumsum(-1)
    last_kept = (mass < p).sum(-1, keepdim=True).clamp(max=logits.shape[-1] - 1)
    atypical = distance > distance.gather(-1, last_kept)  # equally typical tokens stay or go together
    atypical[..., 0] = False
    return _cut(logits, order, atypical)


def _cut(logits: Tensor, order: Tensor, remove: Tensor) -> Tensor:
    """Write -inf where `remove`, which is in the sorted `order`, says so."""
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, order, remove), -math.inf)


# --- the distribution, and a draw from it ------------------------------------------------------------------


def stages(
    logits: Tensor, sampling: Sampling, previous_tokens: Tensor | None = None
) -> Iterator[tuple[str, Tensor]]:
    """The logits `(batch, vocab)`, float32, as the model gives them and after each filter that is on.

    The order of the filters matters (top-p after a temperature keeps other tokens than before it); it is the
    order of the transformers library: repetition, temperature, top-k, top-p, min-p, typical. Each comes with
    the name of its setting, the first with "model". Softmax makes probabilities of any stage.
    """
    logits = logits.float()
    yield "model", logits
    if sampling.repetition_penalty != 1 and previous_tokens is not None:
        logits = _penalised(logits, sampling, previous_tokens)
        yield "repetition_penalty", logits
    if sampling.temperature == 0:  # greedy: all probability on one token, and log(0) on the others
        yield "temperature", torch.nn.functional.one_hot(logits.argmax(-1), logits.shape[-1]).float().log()
        return
    if sampling.temperature != 1:
        logits = apply_temperature(logits, sampling.temperature)
        yield "temperature", logits
    if sampling.top_k > 0:
        logits = keep_top_k(logits, sampling.top_k)
        yield "top_k", logits
    if sampling.top_p < 1:
        logits = keep_top_p(logits, sampling.top_p)
        yield "top_p", logits
    if sampling.min_p > 0:
        logits = keep_min_p(logits, sampling.min_p)
        yield "min_p", logits
    if sampling.typical_p < 1:
        yield "typical_p", keep_typical(logits, sampling.typical_p)


def probabilities(logits: Tensor, sampling: Sampling, previous_tokens: Tensor | None = None) -> Tensor:
    """The distribution that the next token is drawn from, `(batch, vocab)`, float32, each row summing to 1.

    logits: `(batch, vocab)`. previous_tokens: `(batch, n)`, prompt and all, for the repetition penalty.
    It is the softmax of the last of the `stages`; greedy sampling puts all probability on one token.
    """
    for _, filtered in stages(logits, sampling, previous_tokens):  # noqa: B007 (the last one is wanted)
        pass
    return filtered.softmax(-1)


def choose(
    logits: Tensor, sampling: Sampling, previous_tokens: Tensor | None, dice: Sequence[Random]
) -> list[int]:
    """One next token for each row of logits `(batch, vocab)`; row r throws `dice[r]`, and only when it must.

    Raises GroundupError when the logits are not numbers.
    """
    if sampling.temperature == 0:  # needs no softmax, and no die
        best, tokens = _penalised(logits, sampling, previous_tokens).max(-1)
        require_numbers(best)  # the maximum of a row is NaN or infinite exactly when the row is damaged
        return tokens.tolist()
    return draw(probabilities(logits, sampling, previous_tokens), [die.random() for die in dice])


def draw(shares: Tensor, throws: Sequence[float]) -> list[int]:
    """The token that each throw in [0, 1) lands on, with the tokens side by side, as wide as their shares.

    shares: `(batch, vocab)`, as `probabilities` gives them; throws: one for each row.
    A throw of 0.6 on 0.5, 0.25, 0.15, 0.1 lands on the second token, which lies from 0.5 to 0.75.
    Throws come from outside, so the same throw means the same token on every device.

    >>> draw(torch.tensor([[0.5, 0.25, 0.15, 0.1]]), [0.6])
    [1]
    """
    right_edges = shares.cpu().double().cumsum(-1)
    total = right_edges[:, -1:]  # 1, but for rounding
    require_numbers(total)
    landed = torch.tensor(throws, dtype=torch.float64).unsqueeze(-1) * total
    # The first token whose right edge lies beyond: so never one of width 0.
    return torch.searchsorted(right_edges, landed, right=True).squeeze(-1).tolist()


def require_numbers(values: Tensor) -> None:
    """Raise GroundupError unless every value is finite."""
    if not all(map(math.isfinite, values.flatten().tolist())):
        raise GroundupError(
            "The model's scores are not numbers (NaN or infinity): its weights are damaged.",
            "Use an earlier checkpoint, or train it again with a lower learning rate.",
        )


def _penalised(logits: Tensor, sampling: Sampling, previous_tokens: Tensor | None) -> Tensor:
    if sampling.repetition_penalty == 1 or previous_tokens is None:
        return logits
    return penalise_repetition(logits, previous_tokens, sampling.repetition_penalty)
