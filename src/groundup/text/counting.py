"""How often each chunk occurs in a text: where words, word pieces and byte pairs all begin.

Text repeats itself: the 1.4 million chunks of Shakespeare are 36,000 different ones. Whoever learns from
chunks with counts has a fortieth of the work. From 8 million characters on, other processes count the rest.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from subprocess import PIPE
from typing import IO

from groundup.common.errors import GroundupError
from groundup.text.split import cut_safely, split
from groundup.text.tokenizer import utf8

SEVERAL_FROM = 8_000_000  # characters; starting processes is not worth it for less
MOST_CHUNKS = 1_000_000  # different ones, in memory at once


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
        if read >= SEVERAL_FROM and processes > 1:
            _count_in_processes(counts, blocks, processes)
    return counts


def _count(counts: Counter[str], block: str) -> None:
    counts.update(split(block))
    if len(counts) > MOST_CHUNKS:
        _forget_rarest(counts)


def _forget_rarest(counts: Counter[str]) -> None:
    """Keep the more frequent half; of equally frequent ones, those seen first."""
    for chunk in sorted(counts, key=counts.__getitem__, reverse=True)[MOST_CHUNKS // 2 :]:
        del counts[chunk]


# Processes of our own, `python -m groundup.text.counting`, rather than a pool of `multiprocessing`: that
# would run a learner's script again in every process (unless it guards itself), or fork one that has threads.


def _count_in_processes(counts: Counter[str], blocks: Iterator[str], processes: int) -> None:
    """Deal the blocks to the processes in turn, then add up what they counted."""
    command = [sys.executable, "-P", "-m", "groundup.text.counting"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}  # finds what we found
    workers: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(processes):
            workers.append(subprocess.Popen(command, stdin=PIPE, stdout=PIPE, env=environment))
        for index, block in enumerate(blocks):
            data = utf8(block)
            inlet = workers[index % processes].stdin
            assert inlet is not None
            # This waits while the worker is busy, so nothing piles up.
            inlet.write(len(data).to_bytes(8, "little") + data)
        for worker in workers:
            found, _ = worker.communicate()
            counts.update(json.loads(found))
            if len(counts) > MOST_CHUNKS:
                _forget_rarest(counts)
    except (OSError, ValueError) as error:
        raise GroundupError(
            "A process that counted words stopped before it was done.",
            "The machine may be short of memory. Learn the tokenizer from less text.",
        ) from error
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def _serve(inlet: IO[bytes], outlet: IO[bytes]) -> None:
    counts: Counter[str] = Counter()
    while header := inlet.read(8):
        _count(counts, inlet.read(int.from_bytes(header, "little")).decode("utf-8"))
    outlet.write(json.dumps(counts).encode())


if __name__ == "__main__":
    _serve(sys.stdin.buffer, sys.stdout.buffer)
