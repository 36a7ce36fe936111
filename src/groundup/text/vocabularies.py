"""Well-known vocabularies as tokenizers: GPT-2's, GPT-4's, GPT-4o's, BERT's, Llama's and Mistral's."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

from groundup.common.errors import GroundupError, did_you_mean
from groundup.text.assets import fetch
from groundup.text.bpe_tokenizer import BPE
from groundup.text.sentencepiece_bpe import SentencePieceBPE
from groundup.text.sources import Progress
from groundup.text.tokenizer import Tokenizer
from groundup.text.wordpiece import WordPiece

# How their makers cut text. GPT-4: contractions in capitals too, words may start with any one sign, digits by
# threes, line ends stay with the signs before them. GPT-4o also cuts before a capital, as in "camelCase".
CL100K_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_ENDING = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
O200K_PATTERN = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_ENDING}|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_ENDING}"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CL100K_SPECIAL = {
    "<|endoftext|>": 100257,
    "<|fim_prefix|>": 100258,
    "<|fim_middle|>": 100259,
    "<|fim_suffix|>": 100260,
    "<|endofprompt|>": 100276,
}
O200K_SPECIAL = {"<|endoftext|>": 199999, "<|endofprompt|>": 200018}

_readers: dict[str, Callable[[Path], Tokenizer]] = {
    "gpt2": lambda folder: BPE.from_gpt2(folder / "encoder.json", folder / "vocab.bpe"),
    "cl100k": lambda at: BPE.from_tiktoken(at / "cl100k_base.tiktoken", CL100K_PATTERN, CL100K_SPECIAL),
    "o200k": lambda at: BPE.from_tiktoken(at / "o200k_base.tiktoken", O200K_PATTERN, O200K_SPECIAL),
    "bert": lambda folder: WordPiece.from_bert(folder / "vocab.txt"),
    "llama": lambda folder: SentencePieceBPE.from_llama_js(folder / "llama-tokenizer.js"),
    "mistral": lambda folder: _tekken(folder / "tekken_240911.json"),
}
VOCABULARIES = tuple(_readers)


def load_vocabulary(name: str, progress: Progress | None = None) -> Tokenizer:
    """The tokenizer of that name (see `VOCABULARIES`); its file is fetched the first time.

    >>> load_vocabulary("gpt2").encode("strawberry")
    [301, 1831, 8396]
    """
    if name not in _readers:
        raise GroundupError(f"There is no vocabulary {name!r}.", did_you_mean(name, _readers))
    return _readers[name](fetch(name, progress))


def _tekken(file: Path) -> BPE:
    """Mistral's Tekken: byte pairs, whose ids begin after a thousand that are kept for special tokens."""
    data = json.loads(file.read_text(encoding="utf-8"))
    config = data["config"]
    remaining = config["default_num_special_tokens"]
    used = data["vocab"][: config["default_vocab_size"] - remaining]  # the file has more than the models know
    ranks = {base64.b64decode(token["token_bytes"]): remaining + token["rank"] for token in used}
    return BPE(ranks, pattern=config["pattern"])
