"""Byte-pair encoding, the plain way: the whole algorithm, to be read.

Start with the 256 bytes as tokens. Find the pair of neighbours that occurs most often, give it a token of its
own, replace it everywhere, and do so again until there are tokens enough. Frequent words end up as one token,
rare ones as a few, and nothing is ever unknown, because every text is bytes.

Gage (1994), "A New Algorithm for Data Compression", C Users Journal 12(2). For translation, on letters:
Sennrich, Haddow and Birch (2016), "Neural Machine Translation of Rare Words with Subword Units", section 3.2.
On bytes: Radford et al. (2019), "Language Models are Unsupervised Multitask Learners", section 2.2.

The usual example, three merges of "aaabdaaabac" (the token of a byte is the byte, "a" is 97):

>>> train(["aaabdaaabac"], 3)                       # aa = 256, ab = 257, aaab = 258
[(97, 97), (97, 98), (256, 257)]
>>> encode("aaabdaaabac", train(["aaabdaaabac"], 3))
[258, 100, 258, 97, 99]

`bpe_fast.py` learns the same merges thousands of times faster; `bpe_tokenizer.py` is the tokenizer of them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from groundup.text.pre_tokenization import pre_tokenize

Pair = tuple[int, int]

BYTES = 256  # the first merge makes token 256, the next 257, ...
SEEN_TWICE = 2  # a pair seen only once is no pattern


def train(texts: Iterable[str], merges: int) -> list[Pair]:
    """Learn up to `merges` merges, most frequent pair first. It stops early when no pair occurs twice.

    Where two pairs are equally frequent, the one with the smaller tokens comes first (the left token decides,
    then the right), so the same text always gives the same merges.
    """
    chunks = [list(chunk.encode("utf-8")) for text in texts for chunk in pre_tokenize(text)]
    learnt: list[Pair] = []
    while len(learnt) < merges:
        counts = count_pairs(chunks)
        best = min(counts, key=lambda pair: (-counts[pair], pair), default=None)
        if best is None or counts[best] < SEEN_TWICE:
            break
        chunks = [replace(chunk, best, BYTES + len(learnt)) for chunk in chunks]
        learnt.append(best)
    return learnt


def count_pairs(chunks: Iterable[Sequence[int]]) -> Counter[Pair]:
    """How often each pair of neighbours occurs, overlapping ones too: "aaa" holds the pair "aa" twice.

    >>> count_pairs([[1, 2, 3, 1, 2]])
    Counter({(1, 2): 2, (2, 3): 1, (3, 1): 1})
    """
    counts: Counter[Pair] = Counter()
    for chunk in chunks:
        counts.update(pairwise(chunk))
    return counts


def replace(ids: Sequence[int], pair: Pair, token: int) -> list[int]:
    """The ids with every `pair` replaced by `token`, from left to right.

    >>> replace([1, 1, 1, 2], (1, 1), 9)
    [9, 1, 2]
    """
    replaced: list[int] = []
    place = 0
    while place < len(ids):
        if tuple(ids[place : place + 2]) == pair:
            replaced.append(token)
            place += 2
        else:
            replaced.append(ids[place])
            place += 1
    return replaced


def encode(text: str, merges: Sequence[Pair]) -> list[int]:
    """Token ids of a text: in each chunk, do the merges again, in the order in which they were learnt."""
    order = {pair: index for index, pair in enumerate(merges)}
    ids: list[int] = []
    for chunk in pre_tokenize(text):
        tokens = list(chunk.encode("utf-8"))
        while True:
            known = [pair for pair in pairwise(tokens) if pair in order]
            if not known:
                break
            first = min(known, key=order.__getitem__)
            tokens = replace(tokens, first, BYTES + order[first])
        ids += tokens
    return ids


def vocabulary(merges: Sequence[Pair]) -> list[bytes]:
    """The bytes of each token, in order of id.

    >>> vocabulary([(97, 98), (256, 99)])[256:]
    [b'ab', b'abc']
    """
    tokens = [bytes([value]) for value in range(BYTES)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    return tokens


def decode(ids: Iterable[int], merges: Sequence[Pair]) -> str:
    """The text of token ids. Bytes that are no whole character (a model may write such) show as U+FFFD."""
    tokens = vocabulary(merges)
    return b"".join(tokens[index] for index in ids).decode("utf-8", errors="replace")
