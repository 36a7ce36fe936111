"""The loop that writes: read what is there, choose the next token, read that one too, and so on.

The model's memory makes this cheap: each step reads one token instead of the whole text again, and gives the
same as if it had read the whole. Two things need care, and both are settled by position alone:

**The window.** A model with a context of C tokens cannot hold more. When the C tokens are full, we forget the
older half, read the newer half again from an empty memory, and go on. `window_start` is that rule, and the
definition of the result: after n tokens, the next one is chosen from `model(tokens[window_start(n):n])`.

**Batches.** The contract has no padding mask, so all rows read the same number of tokens, in lock step. Up to
the shortest prompt they read together; after that a row whose prompt is not used up is given its own next
token instead of a chosen one. A row of a batch therefore gives what it gives alone.
"""

from collections.abc import Iterator, Sequence
from random import Random

import torch
from torch import Tensor

from groundup.common.errors import GroundupError
from groundup.generation.sampling import UNFILTERED, Sampling, choose
from groundup.models.contract import LanguageModel, Memory, pick_rows
from groundup.models.fast import accelerate


def window_start(length: int, context: int | None) -> int:
    """Where the window on a text of `length` tokens begins: 0 until the context is full, then in jumps.

    The token that does not fit becomes the last of a window of half the context, which then fills up.
    With a context of 4 the windows over 9 tokens hold 1, 2, 3, 4, then 2, 3, 4, then 2, 3:

    >>> [window_start(length, 4) for length in range(1, 10)]
    [0, 0, 0, 0, 3, 3, 3, 6, 6]
    """
    if context is None or length <= context:
        return 0
    half = max(1, context // 2)
    jump = context + 1 - half
    return jump * (1 + (length - context - 1) // jump)


def generate(
    model: LanguageModel,
    prompt: Sequence[int],
    max_tokens: int,
    sampling: Sampling = UNFILTERED,
    *,
    stop_token: int | None = None,
) -> list[int]:
    """The tokens that follow the prompt: `max_tokens` of them, or up to and with the stop token.

    The prompt holds at least one token: a model scores what follows a token, so an empty text needs a start
    token. Raises GroundupError for an empty prompt, for ids outside the vocabulary, and for a model whose
    scores are not numbers.
    """
    return list(stream(model, prompt, max_tokens, sampling, stop_token=stop_token))


def generate_batch(
    model: LanguageModel,
    prompts: Sequence[Sequence[int]],
    max_tokens: int,
    sampling: Sampling = UNFILTERED,
    *,
    stop_token: int | None = None,
) -> list[list[int]]:
    """`generate` for prompts of any lengths at once; row r equals `generate` with the seed `seed + r`."""
    written: list[list[int]] = [[] for _ in prompts]
    for row, token in stream_batch(model, prompts, max_tokens, sampling, stop_token=stop_token):
        written[row].append(token)
    return written


def stream(
    model: LanguageModel,
    prompt: Sequence[int],
    max_tokens: int,
    sampling: Sampling = UNFILTERED,
    *,
    stop_token: int | None = None,
) -> Iterator[int]:
    """The tokens of `generate`, each as soon as it is chosen. Close the iterator to stop early."""
    for _, token in stream_batch(model, [prompt], max_tokens, sampling, stop_token=stop_token):
        yield token


def stream_batch(
    model: LanguageModel,
    prompts: Sequence[Sequence[int]],
    max_tokens: int,
    sampling: Sampling = UNFILTERED,
    *,
    stop_token: int | None = None,
    done: set[int] | None = None,
) -> Iterator[tuple[int, int]]:
    """`(row, token)` for each token chosen. A caller ends a row early by adding its number to `done`.

    The model itself stays in its mode: what generates is a fast copy in evaluation mode with the same weights.
    """
    check_request(model, prompts, max_tokens)
    done = set() if done is None else done
    if not prompts or max_tokens == 0:
        return
    rows = list(range(len(prompts)))  # the prompts still being continued: one for each row of the tensors
    dice = [Random(sampling.seed + row) for row in rows]
    ends = [len(prompt) for prompt in prompts]  # where each prompt is used up

    tokens = _place_prompts(prompts).to(next(model.parameters()).device)
    memory: Memory | None = None
    start = read = 0  # the memory holds tokens[:, start:read]
    length = min(ends)
    model = accelerate(model).eval()  # the caller's model stays in its mode
    while rows:
        with torch.inference_mode():  # never around a `yield`: the caller's code would run in it too
            if window_start(length, model.context) != start:
                memory, start = None, window_start(length, model.context)
                read = start
            logits, memory = model(tokens[:, read:length], memory)
            read = length
            # Rows whose prompt is used up choose a token; the others find theirs in place.
            writing = [row for row in rows if length >= ends[row]]
            at: slice | list[int] = slice(None)
            if len(writing) < len(rows):
                at = [place for place, row in enumerate(rows) if length >= ends[row]]
            before = tokens[at, :length] if sampling.repetition_penalty != 1 else None
            chosen = choose(logits[at, -1], sampling, before, [dice[row] for row in writing])
            if length == tokens.shape[1]:
                tokens = torch.cat((tokens, torch.zeros_like(tokens)), dim=1)
            tokens[at, length] = torch.tensor(chosen, device=tokens.device)
        length += 1
        ended = set()
        for row, token in zip(writing, chosen, strict=True):
            yield row, token
            if row in done or token == stop_token or length == ends[row] + max_tokens:
                ended.add(row)
        if ended:
            keep = [place for place, row in enumerate(rows) if row not in ended]
            rows = [rows[place] for place in keep]
            if rows:
                index = torch.tensor(keep, device=tokens.device)
                tokens, memory = tokens[index], pick_rows(memory, index)
                # Where no row is writing, read on to the end of the next prompt in one go.
                length = max(length, min(ends[row] for row in rows))


def _place_prompts(prompts: Sequence[Sequence[int]]) -> Tensor:
    """Every text in one tensor, (batch, longest + 1), with room to grow: a prompt is in place before it is reached."""
    tokens = torch.zeros(len(prompts), max(map(len, prompts)) + 1, dtype=torch.long)
    for row, prompt in enumerate(prompts):
        tokens[row, : len(prompt)] = torch.as_tensor(prompt)
    return tokens


def check_request(model: LanguageModel, prompts: Sequence[Sequence[int]], max_tokens: int) -> None:
    """Raise GroundupError for a number of tokens or a prompt that cannot be continued."""
    if max_tokens < 0:
        raise GroundupError(f"Cannot write {max_tokens} tokens.", "Ask for 0 or more.")
    for prompt in prompts:
        if len(prompt) == 0:
            raise GroundupError(
                "The prompt is empty, and a model can only say what follows a token.",
                "Give at least one token, such as a line break or the tokenizer's end-of-text token.",
            )
        wrong = [token for token in prompt if not 0 <= token < model.vocab_size]
        if wrong:
            raise GroundupError(
                f"The prompt holds token {wrong[0]}, but the model knows 0 to {model.vocab_size - 1}.",
                "Encode the prompt with the tokenizer that the model was trained with.",
            )
