"""Dates as people write them: each form means one date, and none that is held out is trained on."""

import doctest
import re
from datetime import date, timedelta
from itertools import islice

import pytest
import torch

from groundup.common.errors import GroundupError
from groundup.text import dates


def some(split, seed=1, number=4000):
    return list(islice(dates.pairs(split, seed), number))


def test_the_examples_in_the_docstrings_are_right():
    assert doctest.testmod(dates).failed == 0


def every_day(first=dates.FIRST, last=dates.LAST):
    day = first
    while day <= last:
        yield day
        day += timedelta(days=1)


def test_there_are_a_dozen_forms_and_more_and_all_are_written():
    assert len(set(dates.FORMATS)) == len(dates.FORMATS) >= 20
    day = date(1999, 3, 3)
    written = {dates.write_date(day, form) for form in dates.FORMATS}
    assert len(written) == len(dates.FORMATS)
    assert {"3rd of March 1999", "Wednesday, 3 March 1999", "Mar 3, 1999", "March the third, 1999"} <= written
    assert {"3.3.1999", "03.03.1999", "1999/03/03", "19990303", "03-Mar-1999"} <= written


@pytest.mark.parametrize("form", dates.FORMATS)
def test_no_text_means_two_dates(form):
    days = [
        *every_day(date(1931, 1, 1), date(1931, 12, 31)),
        *every_day(date(2004, 1, 1), date(2004, 12, 31)),
    ]
    assert len({dates.write_date(day, form) for day in days}) == len(days)


def test_no_form_leaves_open_which_number_is_the_month():
    """Two numbers up to 12 side by side are a day and a month: always in the one order that the dot has."""
    for form in dates.FORMATS:
        if "mon" not in form:
            assert re.fullmatch(r"\{dd?\}\.\{mm?\}\.\{y\}|\{y\}/?\{mm\}/?\{dd\}", form), form


def test_pairs_are_right():
    """Read back by rules of another kind than those that wrote them."""
    for text, iso in some("train"):
        year, month, day = (int(part) for part in iso.split("-"))
        assert date(year, month, day).isoformat() == iso
        low = text.lower()
        assert str(year) in low
        digits = [int(number) for number in re.findall(r"\d+", low)]
        name = dates.MONTHS[month - 1].lower()[:3]
        if re.search("[a-z]{3}", low):
            assert name in low
            ordinal = dates.ORDINALS[day - 1]
            assert day in digits or re.search(rf"(?<![a-z-]){ordinal} ?of|{ordinal},", low), text
        elif len(digits) == 1:
            assert low == iso.replace("-", "")
        else:
            assert digits == ([day, month, year] if "." in low else [year, month, day])
        for number, weekday in enumerate(dates.DAYS):
            if weekday.lower() in low:
                assert date(year, month, day).weekday() == number


def test_ordinals_are_spelled_right():
    assert len(dates.ORDINALS) == 31
    assert [dates.ORDINALS[day - 1] for day in (1, 8, 12, 13, 15, 18, 20, 21, 29, 30, 31)] == [
        "first", "eighth", "twelfth", "thirteenth", "fifteenth", "eighteenth", "twentieth", "twenty-first",
        "twenty-ninth", "thirtieth", "thirty-first",
    ]  # fmt: skip


def test_trained_and_held_out_dates_are_disjoint_and_a_tenth_is_held_out():
    train, held_out = ({iso for _, iso in some(split)} for split in ("train", "held out"))
    assert not train & held_out
    shares = [dates.is_held_out(day) for day in every_day()]
    assert sum(shares) / len(shares) == pytest.approx(0.1, abs=0.005)


def test_the_seed_decides_and_all_forms_cases_and_years_come():
    assert some("train", 5, 50) == some("train", 5, 50) != some("train", 6, 50)
    pairs = some("train")
    assert {iso[:3] for _, iso in pairs} == {f"{year:03}" for year in range(190, 210)}
    lettered = [text for text, _ in pairs if re.search("[A-Za-z]", text)]
    lower = sum(text.islower() for text in lettered) / len(lettered)
    upper = sum(text.isupper() for text in lettered) / len(lettered)
    assert lower == pytest.approx(0.2, abs=0.03)
    assert upper == pytest.approx(0.2, abs=0.03)


def test_all_that_is_generated_can_be_read():
    longest = max(
        len(dates.write_date(day, form)) for day in every_day() if day.year == 1908 for form in dates.FORMATS
    )
    assert longest <= dates.LONGEST_SOURCE
    texts, isos = zip(*some("train"), strict=True)
    assert len(set(dates.CHARACTERS)) == len(dates.CHARACTERS)
    tokens = dates.encode(texts)
    assert tokens.max() < dates.VOCAB_SIZE
    assert [dates.decode(row) for row in tokens.tolist()] == list(texts)
    targets = dates.encode_targets(isos)
    assert targets.shape[1] == dates.LONGEST_TARGET + 1
    assert [dates.decode(row) for row in targets.tolist()] == list(isos)


def test_short_texts_are_filled_up_and_targets_are_framed():
    tokens = dates.encode(["3.3.1999", "19990303 "])
    assert tokens.shape == (2, 9)
    assert (tokens == dates.PAD).tolist() == [[False] * 8 + [True], [False] * 9]
    target = dates.encode_targets(["1999-03-03"])[0]
    assert (target[0], target[-1]) == (dates.BEGIN, dates.END)
    assert dates.decode([dates.BEGIN, *target[1:4].tolist(), dates.END, *target[1:].tolist()]) == "199"


def test_batches_depend_on_seed_and_number_alone():
    first, again, next_, other = (dates.batch("train", *at, 8) for at in ((1, 0), (1, 0), (1, 1), (2, 0)))
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert dates.decode(first[1][0].tolist()) not in {dates.decode(b[1][0].tolist()) for b in (next_, other)}
    held_out = dates.batch("held out", 1, 0, 50)[1].tolist()
    assert all(dates.is_held_out(date.fromisoformat(dates.decode(row))) for row in held_out)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "text is empty"),
        ("   ", "text is empty"),
        ("3 März 1999", "characters that no date here has: 'z', 'ä'"),
        ("3\x1bmarch\n1999", r"'3\\x1bmarch\\n1999' has characters that no date here has: '\\n', '\\x1b'"),
        ("3 March 1999, " * 4, "has 56 characters; at most 40"),
    ],
)
def test_texts_that_cannot_be_read_are_refused(text, message):
    with pytest.raises(GroundupError, match=message):
        dates.encode(["3 March 1999", text])
