"""Where text is cut before tokens are learnt: one pattern, stored in the tokenizer, for training and for use.

A token never reaches across a cut, so "dog." and "dog!" do not become two unrelated tokens. The shape is
GPT-2's (Radford et al. 2019, section 2.2): a word carries the space before it, " the"; so does a run of other
signs, or of digits (three at most, as in GPT-4). Of several spaces, the last goes to the word that follows.

GPT-2 writes "letter" as `\\p{L}`, which asks the regex engine's own table of Unicode. Engines disagree on it:
each has the table of the year it was made. We write letters as whole blocks of Unicode, which stay what they
are, as XML does for names (XML 1.0, fifth edition, section 2.3). So `regex`, tiktoken and `tokenizers` cut
every text alike, this year's versions and next year's. And vowel signs of Hindi, to `\\p{L}` no letters,
stay in their words.
"""

from collections.abc import Iterator
from functools import lru_cache

import regex

LETTERS = (
    "A-Za-z\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u037d"  # Latin, and marks that combine with it
    "\u037f-\u167f\u1681-\u1fff"  # Greek to Ethiopic; Ogham but for its space; Indic and South-East Asian
    "\u200c\u200d"  # joiners, inside Persian and Indic words
    "\u2c00-\u2dff\u3041-\ud7ff\uf900-\ufdcf\ufdf0-\ufdff\ufe70-\ufefe"  # Coptic, kana, Chinese, Korean
    "\uff21-\uff3a\uff41-\uff5a\uff66-\uffdc"  # full-width letters
    "\U00010000-\U0001cfff\U0001e000-\U0001eeff\U00020000-\U0003fffd"  # ancient and rare scripts
)

SPLIT_PATTERN = (
    r"'(?:[sdmt]|ll|ve|re)"  # 's, 'll, ...
    rf"| ?[{LETTERS}]+"
    r"| ?[0-9]{1,3}"
    rf"| ?[^\s0-9{LETTERS}]+"
    r"|\s+(?!\S)"  # spaces, but for the last where something follows
    r"|\s+"
)

GPT2_PATTERN = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"

BLOCK = 2**20  # characters

_safe_cut = regex.compile(r"(?<=\S)\s")


@lru_cache(maxsize=16)
def compiled(pattern: str) -> regex.Pattern:
    return regex.compile(pattern)


def pre_tokenize(text: str, pattern: str = SPLIT_PATTERN) -> list[str]:
    """The chunks of a text. Joined again they are the text.

    >>> split("We'll meet at 10:30,  friend")
    ['We', "'ll", ' meet', ' at', ' 10', ':', '30', ',', ' ', ' friend']
    """
    return compiled(pattern).findall(text)


def cut_safely(text: str, size: int = BLOCK) -> Iterator[str]:
    """Blocks of about `size` characters, cut only where `SPLIT_PATTERN` cuts too: between a word and a space.

    The chunks of the blocks are the chunks of the text, so a long text can be read block by block.
    """
    start = 0
    while len(text) - start > size:
        cut = _safe_cut.search(text, start + size)
        if cut is None:
            break
        yield text[start : cut.start()]
        start = cut.start()
    yield text[start:]
