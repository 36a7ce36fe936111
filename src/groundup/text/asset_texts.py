"""The texts that are fetched: how each is made of its files, and which part of it validates.

A reader gets the asset's folder and returns (training text, validation text). Nothing is cleaned but what is
said here. Tiny Shakespeare is one file like any other; its split is in text_files.py.
"""

import hashlib
import re
from pathlib import Path


def _shakespeare(folder: Path) -> tuple[str, str]:
    """42 works. Two whole plays validate, so that no sentence of theirs was seen in training.

    Held out are a tragedy and a comedy of about the average length; both kinds stay well covered in training.
    The rest follows in the order of the file names, which is the same on every machine.
    """
    held = ("macbeth_gut.txt", "twelfth_night_gut.txt")
    files = sorted(folder.glob("*.txt"))
    works = {file.name: file.read_text(encoding="ascii").strip("\n") for file in files}
    gap = "\n\n\n\n"
    train = gap.join(text for name, text in works.items() if name not in held)
    return train + "\n", gap.join(works[name] for name in held) + "\n"


def _alice(folder: Path) -> tuple[str, str]:
    """The book without the notices around it. The last two of twelve chapters validate."""
    text = (folder / "alice.txt").read_text(encoding="utf-8-sig")  # and its line ends become "\n"
    notice = re.compile(r"^(?:\*\*\* ?(?:START|END) OF|End of Project Gutenberg).*$", re.MULTILINE)
    body = notice.split(text)[1].strip("\n")
    cut = body.index("CHAPTER XI.")
    return body[:cut], body[cut:] + "\n"


def _names(folder: Path) -> tuple[str, str]:
    """Family and first names, each once, one a line, in small letters: the files shout them all.

    The files go from frequent to rare: a cut would train on one and validate on the other. Sorting by a hash
    shuffles them, and the same way everywhere. The last tenth validates.
    """
    lines = [
        line for file in sorted(folder.iterdir()) for line in file.read_text(encoding="ascii").splitlines()
    ]
    names = sorted(
        {line.split()[0].lower() for line in lines}, key=lambda name: hashlib.sha256(name.encode()).digest()
    )
    cut = len(names) * 9 // 10
    return "\n".join(names[:cut]) + "\n", "\n".join(names[cut:]) + "\n"


def _sotu(folder: Path) -> tuple[str, str]:
    """Addresses by year, an empty line after each. The last ones validate, up to 256 kB: the future."""
    files = sorted(folder.glob("*.txt"))
    addresses = [file.read_text(encoding="utf-8").strip() + "\n\n" for file in files]
    held: list[str] = []
    while sum(len(address.encode()) for address in [*held, addresses[-1]]) <= 256_000:
        held.insert(0, addresses.pop())
    return "".join(addresses), "".join(held)


READERS = {"shakespeare": _shakespeare, "alice": _alice, "names": _names, "sotu": _sotu}

TEXT_BYTES = {  # of both splits, for a table: a test reads the texts and compares
    "shakespeare": 5_057_359,
    "tinyshakespeare": 1_115_394,
    "alice": 144_430,
    "names": 718_110,
    "sotu": 10_761_624,
}
