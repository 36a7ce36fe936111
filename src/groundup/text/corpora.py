"""Corpora: named texts with a licence, a source and a fixed train/validation split.

`load_corpus` finds one by its name:

    shakespeare, tinyshakespeare, alice, names, sotu    fetched once (assets.py)
    storyworld, storyworld:20MB, storyworld:2MB:seed=7  written by a program, with an entropy that is known
    play.txt   a.txt,b.txt   letters/                   files and folders of yours
    -                                                   standard input
    hf:OWNER/NAME, hf:OWNER/NAME:COLUMN:50MB            a data set on the hub (the `datasets` extra)

A name of the first two kinds wins over a file that is called the same; write ./names for the file.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from groundup.common.errors import GroundupError
from groundup.text.asset_texts import READERS, TEXT_BYTES
from groundup.text.assets import asset, fetch
from groundup.text.sources import Progress
from groundup.text.stream_sources import from_hub, from_stdin
from groundup.text.text_files import PlainText, fingerprint, open_files

SPLITS = ("train", "validation")
PIECE = 2**20  # characters
STORYWORLD = ("Stories of a small world with a known entropy", "free of rights: written by a program")

# Where text can be cut so that tokenizing the parts gives the tokens of the whole. Tokenizers begin a token
# at a space, so before a space that follows something else is safe. Before a line end it is safe only after a
# letter or digit: GPT-4's tokens take line ends along after punctuation. Between line end and word is safe.
_SAFE_CUT = re.compile(r"(?<=\S)(?= )|(?<=[^\W_])(?=\s)|(?<=\S\n)(?=\w)")


@dataclass(frozen=True)
class Corpus:
    """A text in two parts, read from where it lies each time; only `text` holds it all in memory.

    `fingerprint` is a SHA-256 over the exact text and its split: what is built from it is filed under that.
    `spec` is the name by which `load_corpus` finds it again from anywhere, with absolute paths.
    """

    name: str
    title: str
    source: str
    licence: str
    spec: str
    fingerprint: str
    sizes: dict[str, int]  # split -> bytes of UTF-8
    stream: Callable[[str], Iterator[str]] = field(repr=False, compare=False)  # split -> text in any portions
    notes: tuple[str, ...] = ()  # what was changed in reading, in words

    def pieces(self, split: str) -> Iterator[str]:
        """Pieces of about a million characters; the tokens of the pieces are the tokens of the whole."""
        return in_pieces(self.stream(_known(split)), PIECE)

    def text(self, split: str) -> str:
        return "".join(self.stream(_known(split)))

    def size(self, split: str) -> int:
        """Bytes of the text as UTF-8."""
        return self.sizes[_known(split)]


@dataclass(frozen=True)
class CorpusInfo:
    """One row of a table."""

    name: str
    title: str
    licence: str
    size: int  # bytes of text, both splits
    fetched: bool


def load_corpus(name: str | Sequence[str], progress: Progress | None = None) -> Corpus:
    """The corpus of that name (see the top of this file), or of several files; fetched if need be.

    `progress(bytes done, bytes in all or None, message)` is called while something is fetched or spooled.

    Raises GroundupError: nothing of that name, not text, not UTF-8, too short, not to be fetched.
    """
    if not isinstance(name, str):
        return _files(name) if len(name) != 1 else load_corpus(name[0], progress)
    kind, *options = name.split(":")
    if kind == "storyworld":
        return _storyworld(options)
    if name in TEXT_BYTES:
        return _from_asset(name, progress)
    if kind in TEXT_BYTES:
        raise GroundupError(f"'{kind}' takes no options, and got '{':'.join(options)}'.", f"Write `{kind}`.")
    if kind == "hf":
        return _hub(name, options, progress)
    if name == "-":
        path = from_stdin(progress)
        return _plain("stdin", str(path), open_files([path]), title="Standard input", source="a pipe")
    # A comma may also be part of one file's name.
    return _files([name] if _exists(Path(name).expanduser()) else name.split(","))


def list_corpora() -> list[CorpusInfo]:
    """The corpora that have a name of their own."""
    rows = []
    for name, size in TEXT_BYTES.items():
        item = asset(name)
        rows.append(CorpusInfo(name, item.title, item.licence, size, item.fetched))
    return [*rows, CorpusInfo("storyworld", *STORYWORLD, 2_200_000, fetched=True)]


def corpus_from_texts(name: str, train: str, validation: str) -> Corpus:
    """A corpus that is in memory already."""
    parts = dict(zip(SPLITS, (train, validation), strict=True))
    return _measured(
        name, name, lambda split: iter([parts[split]]), title=name, source="memory", licence="yours"
    )


def in_pieces(texts: Iterable[str], size: int) -> Iterator[str]:
    """Cut text that comes in any portions into pieces of `size` characters or a little more, at a safe place.

    Where eight times `size` brings no safe place (an endless word), a piece ends anywhere, to bound memory.
    """
    parts: list[str] = []
    length, enough = 0, size + 1
    for text in texts:
        parts.append(text)
        length += len(text)
        while length >= enough:
            joined = "".join(parts)
            safe = _SAFE_CUT.search(joined, size)
            if safe is None and length < 8 * size:
                parts, enough = [joined], length + size  # look again when there is more
                break
            cut = safe.start() if safe is not None else 8 * size
            yield joined[:cut]
            parts, length, enough = [joined[cut:]], length - cut, size + 1
    if length:
        yield "".join(parts)


def _from_asset(name: str, progress: Progress | None) -> Corpus:
    item = asset(name)
    about = {"title": item.title, "source": " or ".join(map(str, item.sources)), "licence": item.licence}
    folder = fetch(name, progress)
    if name == "tinyshakespeare":
        text = open_files([folder / "tinyshakespeare.txt"])
        return _plain(name, name, text, **about)
    try:
        parts = dict(zip(SPLITS, READERS[name](folder), strict=True))
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise GroundupError(
            f"The files of '{name}' in {folder} are not what was fetched.",
            f"Run `groundup assets remove {name}`, then try again.",
        ) from error
    return _measured(name, name, lambda split: iter([parts[split]]), **about)


def _storyworld(options: list[str]) -> Corpus:
    size, seed = 2_000_000, 0
    for option in options:
        if match := re.fullmatch(r"seed=(\d+)", option):
            seed = int(match[1])
        else:
            size = _bytes(option, "`storyworld:2MB` or `storyworld:2MB:seed=7`")
    # Two seeds of its own for each seed: no part of one corpus is a part of another.
    held = min(max(size // 10, 1), 200_000)
    target = {"train": (size, 2 * seed), "validation": (held, 2 * seed + 1)}

    def stream(split: str) -> Iterator[str]:
        from groundup.text.storyworld import stories

        return stories(*target[split])

    spec = f"storyworld:{size}B:seed={seed}"
    title, licence = STORYWORLD
    about = {"title": title, "source": "groundup.text.storyworld", "licence": licence}
    return _measured("storyworld", spec, stream, **about)


def _files(names: Sequence[str]) -> Corpus:
    if not names:
        raise GroundupError("No corpus was named.", "`--corpus shakespeare`, or the path of a text file.")
    paths = [Path(name).expanduser().absolute() for name in names]
    for name, path in zip(names, paths, strict=True):
        if not _exists(path):
            raise _missing(name, path)
        if len(paths) > 1 and "," in str(path):
            raise GroundupError(
                f"'{path}' has a comma in its name, which stands between files when there are several.",
                "Rename it, or name the folder that holds them all.",
            )
    name = paths[0].name if len(paths) == 1 else f"{paths[0].name} and {len(paths) - 1} more"
    spec = ",".join(str(path) for path in paths)
    return _plain(name, spec, open_files(paths), title=name, source=spec)


def _hub(spec: str, options: list[str], progress: Progress | None) -> Corpus:
    if not options or not re.fullmatch(r"[\w.-]+/[\w.-]+", options[0]) or len(options) > 3:
        raise GroundupError(
            f"'{spec}' does not name a data set.", "Write `hf:OWNER/NAME` or `hf:OWNER/NAME:COLUMN`."
        )
    repository, *rest = options
    size = _bytes(rest.pop(), "`hf:OWNER/NAME:COLUMN:50MB`") if rest and re.match(r"\d", rest[-1]) else None
    path = from_hub(repository, rest[0] if rest else None, size, progress)
    return _plain(repository, spec, open_files([path]), title=f"{repository} on the hub", source=spec)


def _plain(
    name: str, spec: str, text: PlainText, *, title: str, source: str, licence: str = "yours"
) -> Corpus:
    sizes = {"train": text.train_bytes, "validation": text.validation_bytes}
    return Corpus(name, title, source, licence, spec, text.fingerprint, sizes, text.stream, text.notes)


def _measured(
    name: str, spec: str, stream: Callable[[str], Iterator[str]], *, title: str, source: str, licence: str
) -> Corpus:
    digest = hashlib.sha256()
    sizes = dict.fromkeys(SPLITS, 0)
    for split in SPLITS:
        for text in stream(split):
            data = text.encode()
            digest.update(data)
            sizes[split] += len(data)
    return Corpus(name, title, source, licence, spec, fingerprint(digest, sizes["train"]), sizes, stream)


def _bytes(size: str, example: str) -> int:
    units = {"b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3}
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(b|kb|mb|gb)", size.lower())
    count = round(float(match[1]) * units[match[2]]) if match else 0
    if count < 1:
        raise GroundupError(f"'{size}' is not a size.", f"Sizes are like 500kB, 2MB or 1GB: {example}.")
    return count


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:  # a folder on the way that may not be read; a whole text given as a name
        raise GroundupError(
            f"'{str(path)[:100]}' cannot be looked for: {error.strerror}.", "Name a text file."
        ) from error


def _missing(name: str, path: Path) -> GroundupError:
    """A corpus or a file was mistyped: offer the nearest of both."""
    known = [*TEXT_BYTES, "storyworld"]
    if not path.parent.is_dir():
        hint = f"The folder {path.parent} does not exist either."
    elif near := get_close_matches(path.name, [*known, *(item.name for item in path.parent.iterdir())], n=1):
        hint = f"Did you mean '{near[0]}'?"
    else:
        hint = f"Known: {', '.join(known)}; or name a text file, a folder, or - for standard input."
    return GroundupError(f"There is no corpus and no file '{name}'.", hint)


def _known(split: str) -> str:
    if split not in SPLITS:
        raise GroundupError(f"There is no split '{split}'.", "A corpus has 'train' and 'validation'.")
    return split
