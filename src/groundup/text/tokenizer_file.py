"""`tokenizer.json`, the file format of the `tokenizers` library: what all kinds of tokenizers write alike.

The file is a pipeline: cut off special tokens (`added_tokens`), tidy the text (`normalizer`), cut it into
chunks (`pre_tokenizer`), turn each chunk into tokens (`model`); and back again (`decoder`). Nothing of our
own is added: the pipeline shows what kind a tokenizer is.
"""

from collections.abc import Mapping
from typing import Any

from groundup.common.errors import GroundupError


def document(
    model: dict[str, Any],
    pre_tokenizer: dict[str, Any],
    decoder: dict[str, Any],
    special_tokens: Mapping[str, int],
    normalizer: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The whole content of a file."""
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    by_id = sorted((index, token) for token, index in special_tokens.items())
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": index, "content": token, **flags} for index, token in by_id],
        "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer,
        "post_processor": None,
        "decoder": decoder,
        "model": model,
    }


def special_tokens_in(data: Mapping[str, Any]) -> dict[str, int]:
    return {token["content"]: token["id"] for token in data.get("added_tokens") or []}


def split_step(pattern: str) -> dict[str, Any]:
    """The pre-tokenizer that cuts a text into the chunks that the pattern matches."""
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def pattern_of(step: Mapping[str, Any]) -> str:
    """The pattern of a `Split` step."""
    if step.get("type") == "Split" and step.get("behavior") == "Isolated" and "Regex" in step["pattern"]:
        return step["pattern"]["Regex"]
    raise unsupported(f"cutting text by {step.get('type')!r}")


def tokens_by_id(vocabulary: Mapping[str, int]) -> list[str]:
    """The tokens in order of id. Raises ValueError unless the ids are 0, 1, 2, ... with none left out."""
    tokens = sorted(vocabulary, key=vocabulary.__getitem__)
    if [vocabulary[token] for token in tokens] != list(range(len(tokens))):
        raise ValueError("ids are missing from the vocabulary")
    return tokens


def unsupported(subject: str) -> GroundupError:
    return GroundupError(
        f"This tokenizer file asks for something that groundup does not do: {subject}.",
        "Read it with the `tokenizers` library: tokenizers.Tokenizer.from_file.",
    )
