"""Turning the complete Shakespeare (5 MB) into token ids, beside tiktoken called directly.

tiktoken has the same merges. Ours calls it too, and checks the text before; that may cost a tenth at most.
"""

import tiktoken

from groundup.text.bpe_tokenizer import BPE
from groundup.text.corpora import load_corpus
from table import medians, print_rows


def measure() -> list[dict]:
    corpus = load_corpus("shakespeare")
    text = corpus.text("train") + corpus.text("validation")
    ours = BPE.train([text], vocab_size=8192)
    peer = tiktoken.Encoding(
        "peer", pat_str=ours.pattern, mergeable_ranks=ours.ranks, special_tokens=ours.special_tokens
    )
    assert ours.encode(text) == peer.encode_ordinary(text)
    programs = {
        "ours, list": lambda: ours.encode(text),
        "peer, list": lambda: peer.encode_ordinary(text),
        "ours, array": lambda: ours.encode_to_array(text),
        "peer, array": lambda: peer.encode_to_numpy(text),
    }
    rates = {name: len(text) / 1e6 / seconds for name, seconds in medians(programs, rounds=5).items()}
    return [
        {
            "what": f"encode {len(text) / 1e6:.2f} MB to {kind}, 8,192 tokens",
            "ours": rates[f"ours, {form}"],
            "peer": rates[f"peer, {form}"],
            "peer_name": "tiktoken",
            "ratio": rates[f"ours, {form}"] / rates[f"peer, {form}"],
            "reach": "at least 0.9",
            "unit": "MB/s",
        }
        for form, kind in (("list", "a list"), ("array", "an array"))
    ]


if __name__ == "__main__":
    print_rows(measure())
