"""How often each chunk occurs in a text: where words, word pieces and byte pairs all begin.

Text repeats itself: the 1.4 million chunks of Shakespeare are 36,000 different ones. A tokenizer that learns from
chunks with counts has a fortieth of the work. From 8 million characters on, other processes count the rest.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator

from groundup.common.errors import GroundupError
from groundup.common.process import ChildError, ChildProcess, ParentPipe
from groundup.text.pre_tokenization import cut_safely, pre_tokenize

MIN_CHARACTERS_FOR_PROCESSES = 8_000_000  # for less, starting processes takes longer than it saves
MAX_CHUNKS = 1_000_000  # different ones, in memory at once


def count_chunks(texts: Iterable[str], processes: int | None = None) -> Counter[str]:
    """The chunks of all the texts with their counts. The texts are read once, in order.

    Memory is bounded: above a million different chunks (some gigabytes of prose) the rarest are forgotten.
    """
    counts: Counter[str] = Counter()
    processes = min(os.cpu_count() or 1, 8) if processes is None else processes
    blocks = (block for text in texts for block in cut_safely(text))
    read = 0
    for block in blocks:
        _count(counts, block)
        read += len(block)
        if read >= MIN_CHARACTERS_FOR_PROCESSES and processes > 1:
            _count_in_processes(counts, blocks, processes)
    return counts


def _count(counts: Counter[str], block: str) -> None:
    counts.update(pre_tokenize(block))
    if len(counts) > MAX_CHUNKS:
        _forget_rarest(counts)


def _forget_rarest(counts: Counter[str]) -> None:
    """Keep the more frequent half; of equally frequent ones, those seen first."""
    for chunk in sorted(counts, key=counts.__getitem__, reverse=True)[MAX_CHUNKS // 2 :]:
        del counts[chunk]


def _count_in_processes(counts: Counter[str], blocks: Iterator[str], processes: int) -> None:
    """Deal the blocks to the processes in turn, then add up what they counted."""
    workers: list[ChildProcess] = []
    try:
        for _ in range(processes):
            workers.append(ChildProcess("groundup.text.counting", max_output_bytes=None))
        for index, block in enumerate(blocks):
            workers[index % processes].send(block)  # waits while the worker is behind, so nothing piles up
        for worker in workers:
            worker.send(None)
        for worker in workers:
            counts.update(worker.receive())
            if len(counts) > MAX_CHUNKS:
                _forget_rarest(counts)
    except (OSError, ChildError) as error:
        raise GroundupError(
            "A process that counted words stopped before it was done.",
            "The machine may be short of memory. Learn the tokenizer from less text.",
        ) from error
    finally:
        for worker in workers:
            worker.kill()


def main() -> None:
    """The child: counts the chunks of each block that it is sent, and replies with all counts to None."""
    parent, counts = ParentPipe(), Counter[str]()
    while (block := parent.requests.get()) is not None:
        _count(counts, block)
    parent.send(counts)
    parent.requests.get()  # the parent reads the reply and ends this process
