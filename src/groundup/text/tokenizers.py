"""All tokenizers by name: learn one, save it, read it again."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from groundup.common.atomic import write_text
from groundup.common.errors import GroundupError, did_you_mean
from groundup.text.bpe_tokenizer import BPE
from groundup.text.byte_level import Bytes
from groundup.text.characters import ANY_CHARACTER, Characters
from groundup.text.tokenizer import TOKENIZER_FILE, Tokenizer
from groundup.text.tokenizer_file import unsupported
from groundup.text.wordpiece import WordPiece
from groundup.text.words import Words

TOKENIZERS: dict[str, type[Tokenizer]] = {
    kind.kind: kind for kind in (Characters, Bytes, Words, WordPiece, BPE)
}


def train_tokenizer(kind: str, texts: Iterable[str], **options: Any) -> Tokenizer:
    """Learn a tokenizer from pieces of text, read once, in order. `options` are those of its `train`.

    Raises GroundupError for an unknown kind or option, and for texts that are one string.
    """
    if kind not in TOKENIZERS:
        raise GroundupError(f"There is no tokenizer {kind!r}.", did_you_mean(kind, TOKENIZERS))
    if isinstance(texts, str):
        raise GroundupError(
            "The texts are one string, which would be read letter by letter.", "Write [text]."
        )
    learn = TOKENIZERS[kind].train
    known = learn.__func__.__kwdefaults__  # type: ignore[attr-defined]
    for option in options:
        if option not in known:
            raise GroundupError(
                f"The {kind} tokenizer has no option {option!r}.", did_you_mean(option, known)
            )
    return learn(texts, **options)


def save_tokenizer(tokenizer: Tokenizer, path: Path) -> None:
    """Write a `tokenizer.json`, whole or not at all. The `tokenizers` library reads it to the same ids."""
    write_text(Path(path), json.dumps(tokenizer.to_json(), ensure_ascii=False, indent=1) + "\n")


def load_tokenizer(path: Path) -> Tokenizer:
    """Read a `tokenizer.json`, ours or another's, or the one in a folder.

    Raises GroundupError when it is missing, damaged, or asks for what groundup does not do.
    """
    path = Path(path)
    file = path / TOKENIZER_FILE if path.is_dir() else path
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        return _kind_of(data).from_json(data)
    except FileNotFoundError:
        raise GroundupError(
            f"There is no tokenizer at {file}.", "Check the path; a run keeps its own in its folder."
        ) from None
    except OSError as error:
        raise GroundupError(
            f"Could not read {file}: {error.strerror or error}.", "Check the path."
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise GroundupError(
            f"{file} is damaged, or is no tokenizer file ({type(error).__name__}: {error}).",
            "Copy it again from where it came, or learn the tokenizer again.",
        ) from error


def _kind_of(data: dict[str, Any]) -> type[Tokenizer]:
    """The class that a file is read by. Its pipeline says so; a file needs no name of ours in it."""
    model = data["model"]["type"]
    cut = data["pre_tokenizer"] or {"type": "nothing"}
    if model == "WordLevel":
        return Characters if cut.get("pattern") == {"Regex": ANY_CHARACTER} else Words
    if model == "WordPiece":
        return WordPiece
    if model == "BPE":
        return Bytes if cut["type"] == "ByteLevel" and not cut.get("use_regex", True) else BPE
    raise unsupported(f"tokens by {model!r}")
