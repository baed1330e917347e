"""An MDP at a random point of a finite field, for identities too large to expand.

A polynomial identity can be tested by evaluating both sides at one random point, with exact
arithmetic modulo the prime q = 2^61 - 1. If the two sides differ as polynomials, in total degree at
most D, they agree at a uniformly random point with probability at most D/q. Source: Schwartz
(1980), Fast probabilistic algorithms for verification of polynomial identities; Zippel (1979),
Probabilistic algorithms for sparse polynomials.

Here the point is an MDP. Its numbers are dual numbers v + w e with e^2 = 0: v is the value and w
the derivative along the direction D of theta-space, so gradients are exact too. The simplex
constraints hold by elimination of the last entry, as in `symbolic.free_mdp`. Nothing has to be
positive: an identity between rational functions does not know about probabilities.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

from utils.symbolic import SymbolicMDP, object_array
from utils.validation import check_count

PRIME = 2**61 - 1


class Dual:
    """value + slope e with e^2 = 0, over the integers modulo `PRIME`.

    The slope is None for a number whose derivative is not known, such as a gradient. Two numbers
    are equal if their values are: a slope is a derivative, and a statement about it is made with
    `FiniteFieldMDP.gradient`.
    """

    __slots__ = ("slope", "value")

    def __init__(self, value: int, slope: int | None = 0):
        self.value = int(value) % PRIME
        self.slope = None if slope is None else int(slope) % PRIME

    def __repr__(self) -> str:
        return f"Dual({self.value}, {self.slope})"

    def __eq__(self, other: object) -> bool:
        other = _dual(other)
        return NotImplemented if other is None else self.value == other.value

    __hash__ = None

    def __neg__(self) -> Dual:
        return self * -1

    def __add__(self, other: Any) -> Dual:
        other = _dual(other)
        if other is None:
            return NotImplemented
        known = self.slope is not None and other.slope is not None
        return Dual(self.value + other.value, self.slope + other.slope if known else None)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Dual:
        other = _dual(other)
        return NotImplemented if other is None else self + -other

    def __rsub__(self, other: Any) -> Dual:
        return -self + other

    def __mul__(self, other: Any) -> Dual:
        other = _dual(other)
        if other is None:
            return NotImplemented
        known = self.slope is not None and other.slope is not None
        slope = self.value * other.slope + self.slope * other.value if known else None
        return Dual(self.value * other.value, slope)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Dual:
        other = _dual(other)
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


def _dual(number: Any) -> Dual | None:
    if isinstance(number, Dual):
        return number
    return Dual(number) if isinstance(number, Integral) else None


@dataclass(frozen=True, eq=False)
class FiniteFieldMDP(SymbolicMDP):
    """A `SymbolicMDP` whose symbols all have values, drawn at random modulo `PRIME`.

    Formulas read as they do there. `gradient` returns the derivative along the direction `dpi`.
    """

    def gradient(self, value: Any) -> Any:
        """The slope of a dual number, or of each entry of an array.

        ValueError for a number that is a gradient already: second derivatives are not carried.
        """
        if isinstance(value, np.ndarray):
            out = np.empty(value.shape, dtype=object)
            for index in np.ndindex(value.shape):
                out[index] = self.gradient(value[index])
            return out
        value = _dual(value)
        if value.slope is None:
            raise ValueError("this number is a gradient already; second derivatives are not known")
        return Dual(value.slope, None)

    def solve(self, matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
        """The solution x of matrix @ x = right by elimination; shapes [S,S] and [S].

        ZeroDivisionError if the determinant is 0 at this point.
        """
        n = len(right)
        table = np.column_stack([matrix, right]).astype(object)
        for k in range(n):
            rows = [i for i in range(k, n) if _dual(table[i, k]).value]
            if not rows:
                raise ZeroDivisionError("a determinant is 0 at this point; draw another point")
            table[[k, rows[0]]] = table[[rows[0], k]]
            table[k] = table[k] * _dual(table[k, k]).inverse()
            for i in range(n):
                if i != k:
                    table[i] = table[i] - table[k] * table[i, k]
        return table[:, n]


def random_point(
    n_states: int, n_actions: int, numbers: random.Random, extra: int = 0
) -> FiniteFieldMDP:
    """An MDP of this size, and a direction for its policy, uniform over all points of the field.

    `extra` more random numbers come as `extra`, for the statement at hand.
    """
    check_count("n_states", n_states)
    check_count("n_actions", n_actions, least=2)
    S, A = range(n_states), range(n_actions)

    def draw() -> int:
        return numbers.randrange(PRIME)

    def law(length: int) -> list[Dual]:
        free = [Dual(draw()) for _ in range(length - 1)]
        return [*free, 1 - sum(free, Dual(0))]

    slopes = [[draw() for _ in A[:-1]] for _ in S]
    slopes = [[*row, -sum(row)] for row in slopes]
    values = [law(n_actions) for _ in S]
    pi = [
        [Dual(v.value, w) for v, w in zip(*rows, strict=True)]
        for rows in zip(values, slopes, strict=True)
    ]
    return FiniteFieldMDP(
        gamma=Dual(draw()),
        rho0=object_array(law(n_states)),
        P=object_array([[law(n_states) for _ in A] for _ in S]),
        R=object_array([[Dual(draw()) for _ in A] for _ in S]),
        pi=object_array(pi),
        dpi=object_array([[Dual(w) for w in row] for row in slopes]),
        moving=(),
        extra=tuple(Dual(draw()) for _ in range(extra)),
    )
