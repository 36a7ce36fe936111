"""Learning byte pairs from the complete Shakespeare (5 MB), beside `tokenizers`, `rustbpe` and our plain one.

All read the same text in memory and may use two cores (ours needs one below 8 MB). `tokenizers` and `rustbpe`
get it as a list of lines, which lets `tokenizers` use both cores; in one piece it takes half as long again.

The plain program would take hours. So one of its merges is timed, near the end of learning, when the text has
become shortest and a merge costs least; times the number of merges that is less than the whole would take.
"""

import os

os.environ["RAYON_NUM_THREADS"] = "2"  # read when tokenizers and rustbpe are imported

import rustbpe
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from groundup.text import bpe, bpe_fast
from groundup.text.bpe_tokenizer import BPE
from groundup.text.corpora import load_corpus
from groundup.text.pre_tokenization import GPT2_PATTERN, pre_tokenize
from table import medians, print_rows

SIZES = (4096, 8192)


def with_tokenizers(lines: list[str], size: int) -> None:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=size, show_progress=False, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(lines, trainer)


def with_rustbpe(lines: list[str], size: int) -> None:
    rustbpe.Tokenizer().train_from_iterator(lines, size, pattern=GPT2_PATTERN)


def one_plain_merge(text: str, size: int) -> float:
    """Seconds that the plain program takes for its last merge."""
    tokenizer = BPE.train([text], vocab_size=size - 1)
    known: dict[str, list[int]] = {}
    for chunk in pre_tokenize(text):
        if chunk not in known:
            known[chunk] = tokenizer.encode(chunk)
    chunks = [known[chunk] for chunk in pre_tokenize(text)]

    def merge() -> None:
        counts = bpe.count_pairs(chunks)
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        for chunk in chunks:
            bpe.replace(chunk, best, size - 1)

    return medians({"merge": merge}, rounds=1)["merge"]


def measure() -> list[dict]:
    corpus = load_corpus("shakespeare")
    text = corpus.text("train") + corpus.text("validation")
    lines = text.splitlines(keepends=True)
    rows = []
    for size in SIZES:
        seconds = medians(
            {
                "ours": lambda size=size: bpe_fast.train([text], size - bpe.BYTES),
                "tokenizers": lambda size=size: with_tokenizers(lines, size),
                "rustbpe": lambda size=size: with_rustbpe(lines, size),
            }
        )
        seconds["our plain one, at least"] = one_plain_merge(text, size) * (size - bpe.BYTES)
        ours = seconds.pop("ours")
        reaches = {"tokenizers": "at most 2", "rustbpe": "", "our plain one, at least": "at most 0.02"}
        for peer, taken in seconds.items():
            rows.append(
                {
                    "what": f"learn {size:,} byte pairs from {len(text) / 1e6:.2f} MB",
                    "ours": ours,
                    "peer": taken,
                    "peer_name": peer,
                    "ratio": ours / taken,
                    "reach": reaches[peer],
                    "unit": "s",
                }
            )
    return rows


if __name__ == "__main__":
    print_rows(measure())
