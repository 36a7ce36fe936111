"""How long to train: seconds of training, steps, or tokens read."""

import re
from dataclasses import dataclass
from typing import Literal

from groundup.common.errors import GroundupError

# What a preset gets unless told otherwise: all five then take about five minutes.
USUAL = "48s"

Unit = Literal["seconds", "steps", "tokens"]

_UNITS: dict[str, tuple[Unit, float]] = {
    "s": ("seconds", 1), "sec": ("seconds", 1), "second": ("seconds", 1), "seconds": ("seconds", 1),
    "min": ("seconds", 60), "minute": ("seconds", 60), "minutes": ("seconds", 60),
    "h": ("seconds", 3600), "hour": ("seconds", 3600), "hours": ("seconds", 3600),
    "step": ("steps", 1), "steps": ("steps", 1),
    "token": ("tokens", 1), "tokens": ("tokens", 1),
}  # fmt: skip
_MULTIPLES = {"": 1, "k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9}
_FORM = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kKMB]?)\s*([a-z]+)\s*")


@dataclass(frozen=True)
class Budget:
    """An amount of one unit. Seconds count training alone: not loading, evaluating or saving.

    >>> Budget.parse("2min")
    Budget(amount=120, unit='seconds')
    >>> str(Budget.parse("2Mtokens"))
    '2Mtokens'
    """

    amount: float
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> "Budget":
        """Read '76s', '2min', '1h', '500steps' or '2Mtokens'."""
        how = "Write it as 76s, 2min, 1h, 500steps or 2Mtokens."
        match = _FORM.fullmatch(text)
        if match is None or match[3] not in _UNITS:
            raise GroundupError(f"'{text}' is not a budget.", how)
        unit, size = _UNITS[match[3]]
        amount = float(match[1]) * _MULTIPLES[match[2]] * size
        if unit != "seconds":
            amount = round(amount)
        if amount <= 0:
            raise GroundupError(f"A budget of {text} trains nothing.", how)
        return cls(int(amount) if amount == int(amount) else amount, unit)

    def spent(self, *, seconds: float, steps: int, tokens: int) -> float:
        """The share of the budget that is used up: 0 at the start, 1 or more when it is spent."""
        return {"seconds": seconds, "steps": steps, "tokens": tokens}[self.unit] / self.amount

    def __str__(self) -> str:
        if self.unit == "seconds":
            return f"{self.amount:g}s"
        for letter, size in (("B", 10**9), ("M", 10**6), ("k", 10**3)):
            if self.amount >= size and self.amount % (size // 1000) == 0:
                return f"{self.amount / size:g}{letter}{self.unit}"
        return f"{self.amount:g}{self.unit}"
