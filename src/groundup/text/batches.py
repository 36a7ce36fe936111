"""Token ids to training batches: random windows, and contiguous streams for truncated back-propagation.

Both give `inputs` and `targets`, `(batch_size, sequence_length)`, where `targets` are the inputs shifted by one: at
each position the target is the token that comes next. What `.at(step)` gives depends on the seed and the step
alone. So there is no state to save: a resumed run asks for the step it had reached and gets the same batch.
"""

from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from groundup.common.errors import GroundupError
from groundup.text.token_cache import release

# A window can bring up to 2 MB of a large file into memory: the system maps what lies near, too.
LARGE = 2**26  # bytes of tokens; smaller data may stay in memory whole
WINDOWS_BETWEEN_RELEASES = 64


class Batches(Protocol):
    """The batches of a training, by their number."""

    def at(self, step: int) -> tuple[Any, ...]:
        """Inputs and targets of a step; streams also say whether memory starts again."""


class RandomWindows:
    """Windows that start anywhere in the text, each place equally likely, drawn again at every step.

    `data` are token ids `(tokens,)`, in memory or mapped. The windows of step n are drawn by
    `np.random.default_rng([seed, n])`, so they depend on nothing else: a resumed run needs no saved state.

    Raises GroundupError when the text is shorter than one window (`sequence_length` inputs and one more target).
    """

    def __init__(self, data: np.ndarray, batch_size: int, sequence_length: int, seed: int) -> None:
        _check(data, batch_size, sequence_length)
        self.data, self.batch_size, self.sequence_length, self.seed = data, batch_size, sequence_length, seed

    def at(self, step: int) -> tuple[Tensor, Tensor]:
        """Inputs and targets of a step, each `(batch_size, sequence_length)` int64."""
        generator = np.random.default_rng([self.seed, step])
        starts = generator.integers(0, len(self.data) - self.sequence_length, size=self.batch_size)
        return cut_windows(self.data, starts, self.sequence_length, step)


class ContiguousStreams:
    """`batch_size` parallel streams, each read from left to right, `sequence_length` tokens a step.

    Row b of step n+1 goes on exactly where row b of step n stopped, so a recurrent model can carry its memory
    from step to step (truncated back-propagation through time). The alphabet, with batch_size 2,
    sequence_length 4 and seed 4:

        step 0    defg  mnop    targets  efgh  nopq    fresh
        step 1    hijk  qrst             ijkl  rstu
        step 2    lmno  uvwx             mnop  vwxy
        step 3    cdef  lmno             defg  mnop    fresh: the next pass, shifted by 2 and not 3

    Each pass over the text is shifted by up to `sequence_length` tokens, drawn from the seed and the number of the
    pass, so that windows are not cut at the same places every time. To make room for it, neighbouring streams may
    share up to `sequence_length / (batch_size - 1)` tokens. Where the text is too short for `batch_size` streams,
    they share more.

    Raises GroundupError when the text is shorter than one window (`sequence_length` inputs and one more target).
    """

    def __init__(self, data: np.ndarray, batch_size: int, sequence_length: int, seed: int) -> None:
        _check(data, batch_size, sequence_length)
        self.data, self.batch_size, self.sequence_length, self.seed = data, batch_size, sequence_length, seed
        pairs = len(data) - 1  # of an input and its target
        self.steps_per_pass = max(1, pairs // batch_size // sequence_length)
        stream = self.steps_per_pass * sequence_length
        self._shift = min(sequence_length, pairs - stream)
        # The streams start evenly spaced, the last where it and its shift still fit.
        self._starts = np.linspace(0, pairs - stream - self._shift, batch_size).astype(np.int64)

    def at(self, step: int) -> tuple[Tensor, Tensor, bool]:
        """Inputs and targets of a step, each `(batch_size, sequence_length)` int64, and whether memory starts again.

        That `fresh` holds for all rows at once: at the first step of each pass.
        """
        number, index = divmod(step, self.steps_per_pass)
        shift = np.random.default_rng([self.seed, number]).integers(0, self._shift + 1)
        starts = self._starts + shift + index * self.sequence_length
        inputs, targets = cut_windows(self.data, starts, self.sequence_length, step)
        return inputs, targets, index == 0


def cut_windows(data: np.ndarray, starts: np.ndarray, time: int, step: int) -> tuple[Tensor, Tensor]:
    """Inputs and targets `(len(starts), time)` of the windows that begin there; `step` says when to release memory."""
    if data.nbytes > LARGE and step % max(1, WINDOWS_BETWEEN_RELEASES // len(starts)) == 0:
        release(data)
    # A view of every window, (tokens - time, time + 1), that costs nothing; picking rows copies only those.
    every = np.lib.stride_tricks.sliding_window_view(np.asarray(data), time + 1)
    windows = torch.from_numpy(every[starts].astype(np.int64))  # (batch, time + 1)
    return windows[:, :-1].contiguous(), windows[:, 1:].contiguous()


def _check(data: np.ndarray, batch_size: int, sequence_length: int) -> None:
    if batch_size < 1 or sequence_length < 1:
        raise GroundupError(
            f"A batch of {batch_size} rows of {sequence_length} tokens is empty.", "Both must be at least 1."
        )
    if len(data) < sequence_length + 1:
        longest = f" of at most {len(data) - 1}" if len(data) > 1 else ""
        raise GroundupError(
            f"The text has {len(data):,} tokens, which is too few for a context of {sequence_length:,}: "
            f"it takes {sequence_length + 1:,}, the last as a target.",
            f"Use a shorter context{longest}, or more text." if longest else "Use more text.",
        )
