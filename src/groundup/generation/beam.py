"""Beam search: the likeliest whole continuation, as far as keeping a few candidates can find it.

Greedy choice takes the likeliest token at each step, and can miss a better text that begins with a less
likely token. Beam search keeps the `beams` best beginnings instead of one. It finds more probable text, which
is what a translation wants and what a story does not: Holtzman et al. 2020 show how dull it gets.

Source: Graves 2012, "Sequence Transduction with Recurrent Neural Networks", section 2.5. The length penalty
and the rule for stopping are those of the transformers library, and give its results.
"""

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from groundup.common.errors import GroundupError
from groundup.generation.generate import check_request, window_start
from groundup.generation.sampling import require_numbers
from groundup.models.contract import LanguageModel, Memory, pick_rows
from groundup.models.fast import accelerate


@torch.inference_mode()
def beam_search(
    model: LanguageModel,
    prompt: Sequence[int],
    max_tokens: int,
    beams: int,
    *,
    length_penalty: float = 1.0,
    stop_token: int | None = None,
) -> list[tuple[list[int], float]]:
    """The best continuations found, best first: at most `beams` pairs of new tokens and score.

    score = (sum of the tokens' log-probabilities, in nats) / (number of tokens) ** length_penalty.
    Every token makes the sum smaller, so a penalty of 0 prefers short texts; 1 compares means per token, and
    more than 1 prefers long ones. A continuation ends with the stop token, which it includes, or at
    `max_tokens`. One beam is greedy choice; vocab ** max_tokens beams are an exhaustive search.
    Beyond the model's context the window slides as in `generate`.
    Raises GroundupError for a bad prompt, fewer than one beam, and a model whose scores are not numbers.
    """
    check_request(model, [prompt], max_tokens)
    if beams < 1:
        raise GroundupError(f"Beam search with {beams} beams keeps nothing.", "Ask for 1 or more, such as 4.")
    if max_tokens == 0:
        return [([], 0.0)]
    device = next(model.parameters()).device
    texts = torch.tensor([list(prompt)], device=device)  # (live beams, tokens so far); one until they part
    scores = torch.zeros(1, device=device)  # summed log-probability of each live beam
    finished: list[tuple[float, list[int]]] = []

    memory: Memory | None = None
    start = read = 0
    model = accelerate(model).eval()  # the caller's model stays in its mode
    for length in range(1, max_tokens + 1):  # of the continuations that this step makes
        if window_start(texts.shape[1], model.context) != start:
            memory, start = None, window_start(texts.shape[1], model.context)
            read = start
        logits, memory = model(texts[:, read:], memory)
        read = texts.shape[1]
        last = logits[:, -1].float()
        require_numbers(last.amax(-1))

        survivors: list[tuple[float, int, int]] = []
        for rank, (total, origin, token) in enumerate(_likeliest_steps(scores, last, 2 * beams)):
            if token == stop_token or length == max_tokens:
                if rank < beams:  # one that would not have been kept is not worth finishing
                    tokens = [*texts[origin, len(prompt) :].tolist(), token]
                    finished.append((total / length**length_penalty, tokens))
            elif len(survivors) < beams:
                survivors.append((total, origin, token))
        finished = sorted(finished, key=lambda pair: -pair[0])[:beams]
        # Sums only fall. So stop when the best live beam, as it stands, is no better than the worst
        # finished one. (Divided by its length, a long text could still catch up: the usual bargain.)
        full = len(finished) == beams
        if not survivors or (full and survivors[0][0] / length**length_penalty <= finished[-1][0]):
            break
        totals, origins, chosen = zip(*survivors, strict=True)
        rows = torch.tensor(origins, device=device)
        texts = torch.cat((texts[rows], torch.tensor(chosen, device=device)[:, None]), dim=1)
        scores = torch.tensor(totals, device=device)
        memory = pick_rows(memory, rows)
    return [(tokens, score) for score, tokens in finished]


def _likeliest_steps(scores: Tensor, logits: Tensor, count: int) -> Iterator[tuple[float, int, int]]:
    """(summed log-probability, beam, token) of the likeliest continuations by one token, best first.

    scores `(beams,)`, logits `(beams, vocab)`. Beam search asks for twice as many as it keeps: should each of the
    first ones be a stop token, as many are left to go on with. Impossible continuations are left out.
    """
    totals = (scores[:, None] + logits.log_softmax(-1)).flatten()  # every beam with every token
    best = totals.topk(min(count, len(totals)))
    for total, place in zip(best.values.tolist(), best.indices.tolist(), strict=True):
        if total == -math.inf:
            return
        yield total, *divmod(place, logits.shape[1])
