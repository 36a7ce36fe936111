"""Words: spelling against a dictionary, British throughout, nothing twice in a row, and the habits of good prose.

The dictionary is American (pyspellchecker's, an author's tool that learners need not have). A British spelling is
known by its American twin; an American one is a fault. The field's own words stand in words.txt, a course's in its own.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from groundup.course.authoring.targets import LessonFault, Passage

WORDS_FILE = "words.txt"
LONG = 40  # words in a sentence
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_FENCE = re.compile(r"^(`{3,}|~{3,}|\$\$).*?^\1\s*$", re.MULTILINE | re.DOTALL)  # of code, or of a formula
_NOT_WORDS = re.compile(
    r"`[^`]*`|\$[^$\s](?:[^$\n]*[^$\s])?\$|https?://\S+|\]\([^)]*\)|<[^>\n]+>|\S*[\w][/\\@=_]\S*|\S+\.(?:py|md|toml|json|txt)\b|--?\w[\w-]*(?<=\s)"
)

HABITS = {  # writing.md, as patterns
    r"simply|obviously|as we all know|easy|easily|trivial(?:ly)?": "to a learner who does not find it so, it is a slap",
    r"just": "it belittles what follows; leave it out",
    r"(?:a|the|this|your) (?:\w+ )?model (?:understands|knows|wants|thinks|believes)": "say what it computes",
}


def check_words(texts: Sequence[Passage], course: Path | None) -> Iterator[LessonFault]:
    """Faults for spelling and for words that stand twice; warnings for habits."""
    known = own_words(course)
    if texts and find_spec("spellchecker") is None:
        says = "spelling was not checked: there is no dictionary. `pip install pyspellchecker` brings one."
        yield LessonFault(texts[0].file, says, warning=True)
    for passage in texts:
        text = _words_only(passage.text)
        for word, first in _words(text):
            if says := misspelt(word, known, first):
                yield LessonFault(passage.file, says, passage.line_with(word))
        yield from _habits(passage, text)


def own_words(course: Path | None) -> frozenset[str]:
    """The field's words, and those of a course, in small letters."""
    files = [Path(__file__).with_name(WORDS_FILE), *([course / WORDS_FILE] if course else [])]
    lines = [line for file in files if file.exists() for line in file.read_text(encoding="utf-8").split("\n")]
    return frozenset(word.lower() for line in lines for word in line.split("#")[0].split())


def _words_only(text: str) -> str:
    """Without code, addresses and names of files; as many lines as before."""
    text = _FENCE.sub(lambda match: "\n" * match[0].count("\n"), text)
    return _NOT_WORDS.sub(lambda match: " · " + "\n" * match[0].count("\n"), text)


def _words(text: str) -> Iterator[tuple[str, bool]]:
    """Words of letters, and whether each begins a sentence."""
    for match in _WORD.finditer(text):
        if all(unicodedata.name(char, "").startswith("LATIN ") or char in "'’" for char in match[0]):
            near = text[max(0, match.start() - 1) : match.end() + 1]
            if not re.search(r"[\d_∂^]", near):  # part of a formula or of a name
                yield match[0], not re.search(r"[\w,;)\"”'’–-]\s*$", text[: match.start()])


# ---- spelling -------------------------------------------------------------------------------------------------


def misspelt(word: str, known: frozenset[str], first: bool = False) -> str:
    """What is wrong with a word; nothing where it is right, or a name. `first`: it begins a sentence.

    >>> misspelt("colour", frozenset())
    ''
    >>> misspelt("color", frozenset())
    "'color' is American; this course writes 'colour'."
    """
    plain = re.sub(r"(?:['’]s|['’])$", "", word.replace("’", "'"))
    if len(plain) < 3 or plain[1:] != plain[1:].lower() or (plain[0].isupper() and not first):
        return ""  # GRU, NumPy, Bahdanau
    lower = plain.lower()
    if lower in known or lower.removesuffix("s") in known:
        return ""
    if (british := to_british(lower)) != lower:
        return f"'{plain}' is American; this course writes '{british}'."
    if find_spec("spellchecker") is None or _is_known(lower) or plain[0].isupper():
        return ""
    near = _dictionary().correction(lower)
    meant = f": {near}?" if near and near != lower else "."
    return f"'{plain}' is not a word of the dictionary{meant} Or add it to {WORDS_FILE}."


PREFIXES = ("un", "re", "non", "pre", "over", "under", "sub", "multi", "mis", "de")


def _is_known(lower: str) -> bool:
    dictionary = _dictionary()
    if {lower, lower.removesuffix("s"), to_american(lower)} & dictionary.word_frequency.dictionary.keys():
        return True
    rest = next((lower.removeprefix(prefix) for prefix in PREFIXES if lower.startswith(prefix)), "")
    return len(rest) > 3 and (rest in dictionary or to_american(rest) in dictionary)


@cache
def _dictionary() -> Any:
    from spellchecker import SpellChecker

    return SpellChecker(language="en", distance=1)


# ---- British and American ---------------------------------------------------------------------------------------

_OUR = (
    "arm|behavi|cand|clam|col|demean|endeav|fav|ferv|flav|glam|harb|hon|hum|lab|neighb|od|parl|ranc|rig|rum|sav|splend|"
    "tum|val|vap|vig"
)
_OUR_ENDS = r"(?:s|ed|ing|ings|able|ably|ful|fully|al|ally|hood|hoods|ite|ites|less|ist|er|ers|ly|y)?"
_OUR_WORD = re.compile(rf"((?:mis|dis|un|multi)?(?:{_OUR}))or({_OUR_ENDS})")
_IZE = re.compile(r"(\w{2,})(iz|yz)(e|es|ed|er|ers|ing|ation|ations|able)")
_NO_ISE = re.compile(r"(?:\w*(?:siz|priz|seiz|maiz)|\w*gauz)(?:e|es|ed|er|ers|ing|able)")
_SIZE_WORDS = re.compile(r"(?:empha|synthe|hypothe|empath|fanta|paren?the|o)siz\w+")
_DOUBLED = re.compile(
    r"((?:un|re|mis)?(?:label|model|travel|cancel|signal|level|fuel|channel|tunnel|total|dial|equal|initial|pencil|quarrel|"
    r"marvel|counsel|spiral|rival|unravel|panel|trial))(ed|ing|er|ers|or|ors)"
)
_PAIRS = {  # American, British
    "center": "centre", "centers": "centres", "centered": "centred", "centering": "centring", "fiber": "fibre",
    "fibers": "fibres", "liter": "litre", "liters": "litres", "theater": "theatre", "somber": "sombre",
    "meager": "meagre", "caliber": "calibre", "kilometer": "kilometre", "kilometers": "kilometres",
    "centimeter": "centimetre", "centimeters": "centimetres", "millimeter": "millimetre",
    "millimeters": "millimetres", "defense": "defence", "offense": "offence", "pretense": "pretence",
    "gray": "grey", "grays": "greys", "grayscale": "greyscale", "catalog": "catalogue", "catalogs": "catalogues",
    "analog": "analogue", "aluminum": "aluminium", "fulfill": "fulfil", "fulfills": "fulfils",
    "fulfillment": "fulfilment", "skillful": "skilful", "enrollment": "enrolment", "mold": "mould", "plow": "plough",
    "skeptic": "sceptic", "skeptical": "sceptical", "gotten": "got", "airplane": "aeroplane", "cozy": "cosy",
    "math": "mathematics", "toward": "towards",
}  # fmt: skip
_TO_AMERICAN = {british: american for american, british in _PAIRS.items()}


def to_british(word: str) -> str:
    """An American spelling in British; any other word as it is. Small letters."""
    if word in _PAIRS:
        return _PAIRS[word]
    if match := _OUR_WORD.fullmatch(word):
        return f"{match[1]}our{match[2]}"
    if (match := _IZE.fullmatch(word)) and (_SIZE_WORDS.fullmatch(word) or not _NO_ISE.fullmatch(word)):
        return f"{match[1]}{match[2].replace('z', 's')}{match[3]}"
    if match := _DOUBLED.fullmatch(word):
        return f"{match[1]}l{match[2]}"
    return word


def to_american(word: str) -> str:
    """A British spelling in American, so that an American dictionary knows it."""
    if word in _TO_AMERICAN:
        return _TO_AMERICAN[word]
    word = re.sub(r"our", "or", word)
    word = re.sub(r"([iy])s(e|es|ed|er|ers|ing|ation|ations|able)$", r"\1z\2", word)
    word = re.sub(r"(\w{2}[bt])re(s|d)?$", r"\1er\2", word)
    return re.sub(r"ll(ed|ing|er|ers|or|ors)$", r"l\1", word)


# ---- habits -----------------------------------------------------------------------------------------------------


def _habits(passage: Passage, text: str) -> Iterator[LessonFault]:
    for match in re.finditer(r"\b([^\W\d_]+)(?!\s*\n\s*\n)\s+\1\b", text):
        if match[1].lower() not in ("that", "had"):
            yield LessonFault(
                passage.file, f"'{match[1]}' stands twice in a row.", passage.line_with(match[1])
            )
    for word, says in (*_banned(text), *_long(text)):
        yield LessonFault(passage.file, says, passage.line_with(word), warning=True)
    if formula := re.search(r"\\(?:frac|sum|partial|cdot|text|left|mathbf)\b", text):
        says = f"{formula[0]}: a formula stands between dollars, $\\sqrt{{d}}$, or is plain text, f′(x) = 2x."
        yield LessonFault(passage.file, says, passage.line_with(formula[0]), warning=True)


def _banned(text: str) -> Iterator[tuple[str, str]]:
    """A word of the text, and why it should not be there."""
    spoken = re.sub(r"[\"“][^\"”\n]*[\"”]|\*[^*\n]+\*", " · ", text)  # quoted words are another author's
    for habit, why in HABITS.items():
        for match in re.finditer(rf"\b(?:{habit})\b", spoken, re.IGNORECASE):
            yield match[0], f"'{match[0]}': {why}."
    for match in re.finditer(r"([a-z]{3,})!(?!=)", spoken):
        yield match[1], f"'{match[0]}': no exclamation marks for cheer."


def _long(text: str) -> Iterator[tuple[str, str]]:
    """The first word of each sentence that is too long, and how long it is."""
    for sentence in re.split(r"(?<=[.!?:;])[*_\"”)]*\s+|\n\s*\n|\n\s*(?:[-*|>#]|\d+\.)\s", text):
        count = len(_WORD.findall(sentence))
        if count > LONG:
            first, *more = sentence.split()
            yield first, f"a sentence of {count} words ('{' '.join([first, *more[:4]])} ...'): say it in two."
