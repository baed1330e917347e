"""Dual numbers over the integers modulo a large prime: a value and its derivative, exactly."""

from __future__ import annotations

from numbers import Integral
from typing import Any

PRIME = 2**61 - 1


class Dual:
    """value + slope e with e^2 = 0, over the integers modulo ``PRIME``.

    The slope is None for a number whose derivative is not known, such as a gradient. Two numbers
    are equal if their values are: a slope is a derivative, and a statement about it is made with
    ``FiniteFieldMDP.gradient``.
    """

    __slots__ = ("slope", "value")

    def __init__(self, value: int, slope: int | None = 0):
        self.value = int(value) % PRIME
        self.slope = None if slope is None else int(slope) % PRIME

    def __repr__(self) -> str:
        return f"Dual({self.value}, {self.slope})"

    def __eq__(self, other: object) -> bool:
        other = as_dual(other)
        return NotImplemented if other is None else self.value == other.value

    __hash__ = None  # type: ignore[assignment]

    def __neg__(self) -> Dual:
        return self * -1

    def __add__(self, other: Any) -> Dual:
        other = as_dual(other)
        if other is None:
            return NotImplemented
        known = self.slope is not None and other.slope is not None
        return Dual(self.value + other.value, self.slope + other.slope if known else None)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Dual:
        other = as_dual(other)
        return NotImplemented if other is None else self + -other

    def __rsub__(self, other: Any) -> Dual:
        return -self + other

    def __mul__(self, other: Any) -> Dual:
        other = as_dual(other)
        if other is None:
            return NotImplemented
        known = self.slope is not None and other.slope is not None
        slope = self.value * other.slope + self.slope * other.value if known else None
        return Dual(self.value * other.value, slope)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Dual:
        other = as_dual(other)
        return NotImplemented if other is None else self * other.inverse()

    def __rtruediv__(self, other: Any) -> Dual:
        return self.inverse() * other

    def __pow__(self, exponent: int) -> Dual:
        if not isinstance(exponent, Integral) or exponent < 0:
            return NotImplemented
        value = pow(self.value, int(exponent), PRIME)
        if exponent == 0:
            return Dual(1)
        if self.slope is None:
            return Dual(value, None)
        return Dual(value, exponent * pow(self.value, int(exponent) - 1, PRIME) * self.slope)

    def inverse(self) -> Dual:
        """1 / self; ZeroDivisionError if the value is 0, whatever the slope."""
        if self.value == 0:
            raise ZeroDivisionError("a denominator is 0 at this point; draw another point")
        inverse = pow(self.value, -1, PRIME)
        slope = None if self.slope is None else -self.slope * inverse * inverse
        return Dual(inverse, slope)


def as_dual(number: Any) -> Dual | None:
    """The number as a dual number; None if it is neither dual nor an integer."""
    if isinstance(number, Dual):
        return number
    return Dual(int(number)) if isinstance(number, Integral) else None
