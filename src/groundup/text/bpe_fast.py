"""Byte-pair encoding, the quick way: the same merges as `bpe.py`, learnt hundreds of times faster.

The plain way looks through the whole text for every merge. Four ideas spare nearly all of that:

1. Work on each different chunk once, and let it weigh as often as it occurs (`counting.py`).
2. All chunks lie in one long row of symbols, and every pair knows the places where it begins, so a merge
   touches those places only. Merging tokens does not move anything: `first[p]` says which token starts at
   place p, `last[p]` which one ends there. From a token its neighbours are one step away:

       place      0  1  2  3  4  5
       text       |  t  h  e  r  e  |         after merging t+h into token T
       first      -  T  .  e  r  e  -         the token to the right of T starts at 1 + length(T)
       last       -  .  T  e  r  e  -         the token to the left of "e" ends at 3 - 1

3. All pairs with the new token come into being at its merge, and from then on a pair can only become rarer.
   So counts need not be kept up to date. The heap holds for each pair what it once counted, its most. When it
   comes to the top it is counted again: if that is still so, no other can be more frequent; if not, it goes
   back into the heap with the new count ("lazy greedy", Minoux 1978).
4. The first pairs, in every place of the text, are counted and sorted by NumPy.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from groundup.text.bpe import BYTES, SEEN_TWICE, Pair
from groundup.text.counting import count_chunks
from groundup.text.tokenizer import utf8

BORDER = 255  # stands between chunks: a byte that no UTF-8 text contains
NOTHING = -1  # no token starts, or ends, here


def train(texts: Iterable[str], merges: int, processes: int | None = None) -> list[Pair]:
    """Learn up to `merges` merges; equal to `bpe.train`. The texts are read once, in bounded memory."""
    return merges_of(count_chunks(texts, processes), merges)


def merges_of(chunks: Mapping[str, int], merges: int) -> list[Pair]:
    """The merges for chunks that occur so often."""
    row, weights = _lay_out(chunks)
    places, most = _first_pairs(row, weights)
    heap = [(-count, *pair) for pair, count in most.items() if count >= SEEN_TWICE]
    heapq.heapify(heap)
    first, last, weight = row.tolist(), row.tolist(), weights.tolist().__getitem__
    lengths = [1] * BYTES
    learnt: list[Pair] = []
    while heap and len(learnt) < merges:
        negative, left, right = heapq.heappop(heap)
        length = lengths[left]
        # Where the pair still stands. Earlier merges may have taken one of the two away.
        begins = places.pop((left, right))
        if isinstance(begins, np.ndarray):
            begins = begins.tolist()
        still = [p for p in begins if first[p] == left and first[p + length] == right]
        count = sum(map(weight, still))
        if count < -negative:
            if count >= SEEN_TWICE:
                heapq.heappush(heap, (-count, left, right))
                places[left, right] = still
            continue
        learnt.append((left, right))
        lengths.append(length + lengths[right])
        for pair, new in _merge(still, (left, right), lengths, first, last).items():
            count = sum(map(weight, new))
            if count >= SEEN_TWICE:
                heapq.heappush(heap, (-count, *pair))
                places[pair] = new
    return learnt


def _merge(
    places: Sequence[int],
    merged: Pair,
    lengths: Sequence[int],
    first: list[int],
    last: list[int],
) -> dict[Pair, list[int]]:
    """Put the newest token where the merged pair stands, at each of `places`, ascending.

    Returns the pairs that this makes, each with the places where it begins, ascending.
    """
    before: defaultdict[int, list[int]] = defaultdict(list)
    after: defaultdict[int, list[int]] = defaultdict(list)
    left, right = merged
    token = len(lengths) - 1
    step, length = lengths[left], lengths[token]
    for place in places:
        middle = place + step
        if first[middle] != right or first[place] != left:  # "aaa" holds "aa" twice, but gives up only one
            continue
        end = place + length
        first[place] = last[end - 1] = token
        first[middle] = NOTHING
        neighbour = last[place - 1]
        if neighbour >= 0:
            before[neighbour].append(place - lengths[neighbour])
        neighbour = first[end]
        if neighbour >= 0:
            after[neighbour].append(place)
    pairs = {(neighbour, token): begins for neighbour, begins in before.items()}
    pairs.update(((token, neighbour), begins) for neighbour, begins in after.items())
    return pairs


def _lay_out(chunks: Mapping[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """All chunks in one row of bytes, NOTHING between them; and of each byte, how often its chunk occurs."""
    border = bytes([BORDER])
    encoded = [utf8(chunk) for chunk in chunks]
    data = border + border.join(encoded) + border
    row = np.frombuffer(data, np.uint8).astype(np.int32)
    row[row == BORDER] = NOTHING
    counts = np.fromiter(chunks.values(), np.int64, len(chunks))
    lengths = np.fromiter(map(len, encoded), np.int64, len(chunks))
    return row, np.concatenate([np.zeros(1, np.int64), np.repeat(counts, lengths + 1)])


def _first_pairs(row: np.ndarray, weights: np.ndarray) -> tuple[dict[Pair, Any], dict[Pair, int]]:
    """Where each pair of bytes begins, ascending, and how often it occurs in the text."""
    begins = np.flatnonzero((row[:-1] >= 0) & (row[1:] >= 0))
    keys = row[begins] * BYTES + row[begins + 1]
    if len(begins) == 0:
        return {}, {}
    order = np.argsort(keys, kind="stable")
    begins, keys = begins[order].astype(np.int32), keys[order]
    kinds, starts = np.unique(keys, return_index=True)
    totals = np.add.reduceat(weights[begins], starts)
    pairs = [divmod(kind, BYTES) for kind in kinds.tolist()]
    places = dict(zip(pairs, np.split(begins, starts[1:]), strict=True))
    return places, dict(zip(pairs, totals.tolist(), strict=True))
