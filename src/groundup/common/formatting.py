"""Numbers, times, sizes and texts of models, formatted for people."""

import unicodedata
from datetime import date
from itertools import pairwise


def format_count(number: float | None) -> str:
    """A large number for people: 4,200 · 812 k · 1.21 M. A dash where there is none."""
    if number is None:
        return "-"
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= 0.9995 * size and number >= 9999.5:
            return f"{number / size:.3g} {letter}"
    return f"{number:,.0f}"


def format_number(value: float) -> str:
    """A number as people read it: 0.5 · −3 · 1e−05. Not for what is read by programs."""
    return f"{value:g}".replace("-", "−")


def format_or_dash(value: float | None, form: str) -> str:
    """A number in the given format; a dash where there is none."""
    return "-" if value is None else format(value, form)


def format_duration(seconds: float | None) -> str:
    """A time for people: 0.4 s · 55 s · 4:35 min · 1:02 h."""
    if seconds is None:
        return "-"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 100:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02d} h"


def format_day(day: date) -> str:
    """A day in a list: 22 Nov. (`%-d`, a day without its zero, is not known to Windows.)"""
    return f"{day.day} {day:%b}"


def format_long_day(day: date) -> str:
    """A day in a title: Sunday, 22 November."""
    return f"{day:%A}, {day.day} {day:%B}"


def format_bytes(size: int) -> str:
    """Bytes for people: 812 kB, 4.9 MB, 139 GB."""
    for unit, letters in ((1e9, "GB"), (1e6, "MB")):
        if size >= unit:
            return f"{size / unit:,.1f} {letters}" if size < 100 * unit else f"{size / unit:,.0f} {letters}"
    return f"{size / 1e3:,.0f} kB"


def corpus_title(spec: str) -> str:
    """A short name for a corpus: of `/home/ann/my.txt` my.txt, of `storyworld:2MB:seed=7` storyworld."""
    if ("/" not in spec and "\\" not in spec) or spec.startswith("hf:"):
        return spec.split(":")[1] if spec.startswith("hf:") else spec.split(":", maxsplit=1)[0]
    first, *more = spec.split(",")
    name = first.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    return f"{name} and {len(more)} more" if more else name


def make_printable(text: str) -> str:
    """What a model wrote, safe to show: it can write any byte, also one that would command the terminal."""

    def shown(char: str) -> str:
        if char == "\t":
            return " "
        return char if char == "\n" or unicodedata.category(char)[0] != "C" else "\N{REPLACEMENT CHARACTER}"

    return "".join(map(shown, text.replace("\r\n", "\n")))


def sparkline(values: list[float], width: int) -> str:
    """The course of some numbers in one line of blocks, the newest at the right.

    A wild start is clipped, so that it does not squeeze the rest.

    >>> sparkline([4.0, 3.0, 2.0, 1.0], 4)
    '█▆▃▁'
    """
    if len(values) < 2 or width < 2:
        return ""
    if len(values) > width:  # the mean of each stretch
        edges = [round(i * len(values) / width) for i in range(width + 1)]
        values = [sum(values[a:b]) / (b - a) for a, b in pairwise(edges)]
    low, high = min(values), max(values[min(len(values) // 10, len(values) - 2) :])
    if high <= low:
        return "▁" * len(values)
    blocks = "▁▂▃▄▅▆▇█"
    return "".join(blocks[min(7, int((value - low) / (high - low) * 7.999))] for value in values)
