"""Dates as people write them, and as ISO 8601 has them: "3rd of March 1999" and "1999-03-03".

A small translation with everything a large one has: the words change order ("March 3" is "03" after "-03-"),
one thing has many names ("Mar", "MARCH", "3"), and some words say nothing new ("Wednesday"). Pairs are
generated, so there is no end of them.

Only forms that can be read in one way are written. "03/04/1999" is April in London and March in New York, so
it is left out, and so are years of two digits. Numbers with dots are written in one order alone, day first.
"""

import random
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Literal

import torch
from torch import Tensor

from groundup.common.errors import GroundupError

FIRST, LAST = date(1900, 1, 1), date(2099, 12, 31)
MONTHS = [
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
]  # fmt: skip
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_ONES = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"]
_TEENS = [f"{number}teenth" for number in ("thir", "four", "fif", "six", "seven", "eigh", "nine")]
_TWENTIES = ["twentieth", *(f"twenty-{item}" for item in _ONES)]
ORDINALS = [*_ONES, "tenth", "eleventh", "twelfth", *_TEENS, *_TWENTIES, "thirtieth", "thirty-first"]


def nth(day: int) -> str:
    """
    >>> [nth(day) for day in (1, 2, 3, 4, 11, 22, 31)]
    ['1st', '2nd', '3rd', '4th', '11th', '22nd', '31st']
    """
    ending = {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{'th' if 11 <= day <= 13 else ending}"


# {month} March, {mon} Mar, {weekday} Wednesday, {wkd} Wed, {d} 3, {dd} 03, {m} 3, {mm} 03, {nth} 3rd, {ordinal} third
FORMATS = (
    "{d} {month} {y}",
    "{d} {mon} {y}",
    "{nth} {month} {y}",
    "{nth} of {month} {y}",
    "{nth} of {month}, {y}",
    "{month} {d}, {y}",
    "{month} {nth}, {y}",
    "{month} the {nth}, {y}",
    "{mon} {d}, {y}",
    "{mon} {d} {y}",
    "{weekday}, {d} {month} {y}",
    "{weekday}, {month} {d}, {y}",
    "{weekday} the {nth} of {month} {y}",
    "{wkd} {d} {mon} {y}",
    "{ordinal} of {month} {y}",
    "the {ordinal} of {month}, {y}",
    "{month} the {ordinal}, {y}",
    "{dd}-{mon}-{y}",
    "{d}.{m}.{y}",
    "{dd}.{mm}.{y}",
    "{y}/{mm}/{dd}",
    "{y} {month} {d}",
    "{y}{mm}{dd}",
)
CASES: tuple[Callable[[str], str], ...] = (
    str,
    str,
    str,
    str.lower,
    str.upper,
)  # as it stands, three times in five

PAD, BEGIN, END = 0, 1, 2
CHARACTERS = "".join(sorted(set(" ,-./0123456789" + "".join([*MONTHS, *DAYS, *ORDINALS, "theof"]).lower()
                                + "".join([*MONTHS, *DAYS, *ORDINALS, "theof"]).upper())))  # fmt: skip
VOCAB_SIZE = 3 + len(CHARACTERS)
LONGEST_SOURCE = 40
"""Characters of the longest text that is accepted; the longest that is generated has 37."""
LONGEST_TARGET = len("1999-03-03") + 1  # with END

Split = Literal["train", "held out"]


def write_date(day: date, form: str) -> str:
    """
    >>> write_date(date(1999, 3, 3), "{weekday} the {nth} of {month} {y}")
    'Wednesday the 3rd of March 1999'
    """
    month, weekday = MONTHS[day.month - 1], DAYS[day.weekday()]
    return form.format(
        month=month, mon=month[:3], weekday=weekday, wkd=weekday[:3], d=day.day, dd=f"{day.day:02}",
        m=day.month, mm=f"{day.month:02}", nth=nth(day.day), ordinal=ORDINALS[day.day - 1], y=day.year,
    )  # fmt: skip


def is_held_out(day: date) -> bool:
    """Whether a date is one of the tenth that no model trains on, in whatever form it is written."""
    return zlib.crc32(day.isoformat().encode()) % 10 == 0


def pairs(split: Split, seed: int | str) -> Iterator[tuple[str, str]]:
    """Written dates and their ISO form, without end: any date from 1900 to 2099 in any form and case."""
    chance = random.Random(seed)
    first, last = FIRST.toordinal(), LAST.toordinal()
    while True:
        day = date.fromordinal(chance.randint(first, last))
        form, case = chance.choice(FORMATS), chance.choice(CASES)
        if is_held_out(day) == (split == "held out"):
            yield case(write_date(day, form)), day.isoformat()


def encode(texts: Sequence[str]) -> Tensor:
    """Texts as tokens, one for each character, shorter ones filled up with PAD: `(batch, longest)`.

    Raises GroundupError for an empty text, a character that no date has, and a text that is too long.
    """
    for text in texts:
        if not text.strip():
            raise GroundupError("The text is empty.", "Give it a date, such as '3rd of March 1999'.")
        strange = ", ".join(map(repr, sorted(set(text) - set(CHARACTERS))))
        if strange:
            raise GroundupError(
                f"{text[:30]!r} has characters that no date here has: {strange}.",
                "It knows English dates, such as '3rd of March 1999': letters, digits, and , . / -",
            )
        if len(text) > LONGEST_SOURCE:
            raise GroundupError(
                f"'{text[:30]}...' has {len(text)} characters; at most {LONGEST_SOURCE} are read.",
                "Give it one date at a time.",
            )
    longest = max(map(len, texts))
    return torch.tensor([[*tokens(text), *[PAD] * (longest - len(text))] for text in texts])


def tokens(text: str) -> list[int]:
    return [3 + CHARACTERS.index(char) for char in text]


def encode_targets(texts: Iterable[str]) -> Tensor:
    """ISO dates as tokens between BEGIN and END: `(batch, 12)`."""
    return torch.tensor([[BEGIN, *tokens(text), END] for text in texts])


def decode(row: Iterable[int]) -> str:
    """The text of one row of tokens, up to END."""
    text = ""
    for token in row:
        if token == END:
            break
        text += CHARACTERS[token - 3] if token >= 3 else ""
    return text


def batch(split: Split, seed: int, number: int, size: int) -> tuple[Tensor, Tensor]:
    """Sources and targets of batch `number`, as `encode` and `encode_targets` give them."""
    sources, targets = zip(*islice(pairs(split, f"{seed} {number}"), size), strict=True)
    return encode(sources), encode_targets(targets)
