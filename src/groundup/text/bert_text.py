"""How BERT (Devlin et al. 2019) tidies a text and cuts it into words, before word pieces.

It drops control characters, accents and capitals, and cuts at spaces and around each punctuation mark and
each Chinese character. The ids no longer say what was dropped: this tokenizer can read, but not copy.
"""

import unicodedata

CHINESE = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip


class _Tidied(dict[int, str]):
    """From the number of a character to what BERT makes of it: between spaces, if it is a word by itself."""

    def __missing__(self, number: int) -> str:
        tidied = self[number] = _tidy(chr(number))
        return tidied


def _tidy(character: str) -> str:
    if character in "\t\n\r":
        return " "
    if character == "\ufffd" or unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs"):
        return ""
    if character.isspace():
        return " "
    bare = [c for c in unicodedata.normalize("NFD", character) if unicodedata.category(c) != "Mn"]
    lower = "".join("".join(bare).lower() if len(bare) == 1 else [c.lower() for c in bare])
    if any(first <= ord(character) <= last for first, last in CHINESE):
        return f" {lower} "
    return "".join(f" {c} " if _is_punctuation(c) else c for c in lower)


def _is_punctuation(character: str) -> bool:
    """Unicode's punctuation, and all ASCII signs, of which Unicode counts some as symbols."""
    if character.isascii():
        return character.isprintable() and not character.isalnum() and character != " "
    return unicodedata.category(character).startswith("P")


_tidied = _Tidied()


def words(text: str) -> list[str]:
    """
    >>> words("Café-Bar, 3€!")
    ['cafe', '-', 'bar', ',', '3€', '!']
    """
    return text.translate(_tidied).split()


def words_with_places(text: str) -> list[tuple[str, list[int]]]:
    """Each word, and for each of its characters the place in the text that it comes from.

    >>> words_with_places("É, x")
    [('e', [0]), (',', [1]), ('x', [3])]
    """
    result: list[tuple[str, list[int]]] = []
    word: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text + " "):
        for tidied in _tidied[ord(character)]:
            if tidied != " ":
                word.append(tidied)
                places.append(place)
            elif word:
                result.append(("".join(word), places))
                word, places = [], []
    return result
