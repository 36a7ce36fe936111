"""How long to train: seconds of training, steps, or tokens read."""

import re
from dataclasses import dataclass
from typing import Literal

from groundup.common.errors import GroundupError
from groundup.common.formatting import format_duration

# What a preset gets unless told otherwise: all five then take about five minutes.
DEFAULT_BUDGET = "48s"

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

    def grown(self, text: str, *, seconds: float, steps: int, tokens: int) -> "Budget":
        """Another budget for a training that has come so far: "5min" is the new whole, "+2min" is added.

        Raises GroundupError where nothing would be left to train, or the two cannot be added.
        """
        budget = Budget.parse(text.strip().removeprefix("+"))
        if text.strip().startswith("+"):
            if budget.unit != self.unit:
                raise GroundupError(
                    f"{budget.words} cannot be added to a budget of {self.words}.",
                    f"Add {self.unit}, or give the new whole, without the '+'.",
                )
            budget = Budget(self.amount + budget.amount, self.unit)
        if budget.spent(seconds=seconds, steps=steps, tokens=tokens) >= 1:
            come = {"seconds": round(seconds, 1), "steps": steps, "tokens": tokens}[budget.unit]
            raise GroundupError(
                f"It has trained for {Budget(come, budget.unit).words} already: {budget.words} in all is not more.",
                "Give more in all, or add to what it has, as in +2min.",
            )
        return budget

    @property
    def words(self) -> str:
        """As a person says it: 48 seconds, 10 minutes, 2:48 minutes, 500 steps, 2 million tokens.

        >>> Budget.parse("2Mtokens").words
        '2 million tokens'
        """
        if self.unit != "seconds":
            for name, size in (("billion", 1e9), ("million", 1e6)):
                if self.amount >= size:
                    return f"{self.amount / size:.4g} {name} {self.unit}"
            return f"{self.amount:,.0f} {self.unit if self.amount != 1 else self.unit[:-1]}"
        amount = round(self.amount) if self.amount > 60 else self.amount
        for name, size in (("hour", 3600), ("minute", 60)):
            if amount >= size and amount % size == 0:
                return f"{amount / size:g} {name}{'' if amount == size else 's'}"
        number, unit = format_duration(amount).split()
        many = {"s": "seconds", "min": "minutes", "h": "hours"}[unit]
        return f"{number.removesuffix('.0')} {many if self.amount != 1 else 'second'}"

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
