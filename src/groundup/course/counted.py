"""Numbers that count how often they are multiplied: what a checker of the number of operations hands over."""

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass
class Counted:
    """A number that counts multiplications; a division counts as one, too."""

    value: float
    multiplications: ClassVar[int] = 0

    def __mul__(self, other: Any) -> "Counted":
        Counted.multiplications += 1
        return Counted(self.value * _value(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "Counted":
        Counted.multiplications += 1
        return Counted(self.value / _value(other))

    def __rtruediv__(self, other: Any) -> "Counted":
        Counted.multiplications += 1
        return Counted(_value(other) / self.value)

    def __pow__(self, power: int) -> "Counted":
        Counted.multiplications += max(0, abs(power) - 1)
        return Counted(self.value**power)

    def __add__(self, other: Any) -> "Counted":
        return Counted(self.value + _value(other))

    __radd__ = __add__

    def __sub__(self, other: Any) -> "Counted":
        return Counted(self.value - _value(other))

    def __rsub__(self, other: Any) -> "Counted":
        return Counted(_value(other) - self.value)

    def __neg__(self) -> "Counted":
        return Counted(-self.value)

    def __lt__(self, other: Any) -> bool:
        return self.value < _value(other)

    def __gt__(self, other: Any) -> bool:
        return self.value > _value(other)

    def __float__(self) -> float:
        return float(self.value)

    def __repr__(self) -> str:
        return f"{self.value:.6g}"


def _value(number: Any) -> float:
    return number.value if isinstance(number, Counted) else number
