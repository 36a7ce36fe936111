"""Days as people write them. (`%-d`, a day without its zero, is not known to Windows.)"""

from datetime import date


def long_day(day: date) -> str:
    """Sunday, 22 November"""
    return f"{day:%A}, {day.day} {day:%B}"


def short_day(day: date) -> str:
    """22 Nov"""
    return f"{day.day} {day:%b}"
