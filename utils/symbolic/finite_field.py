"""An MDP at a random point of a finite field, for identities too large to expand.

A polynomial identity can be tested by evaluating both sides at one random point, with exact
arithmetic modulo the prime q = 2^61 - 1. If the two sides differ as polynomials, in total degree at
most D, they agree at a uniformly random point with probability at most D/q. Source: Schwartz
(1980), Fast probabilistic algorithms for verification of polynomial identities; Zippel (1979),
Probabilistic algorithms for sparse polynomials.

Here the point is an MDP. Its numbers are dual numbers v + w e with e^2 = 0: v is the value and w
the derivative along the direction D of theta-space, so gradients are exact too. The simplex
constraints hold by elimination of the last entry, as in ``symbolic.free_mdp``. Nothing has to be
positive: an identity between rational functions does not know about probabilities.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from utils.common.linear import object_array
from utils.common.validation import check_count
from utils.symbolic.dual import PRIME, Dual, as_dual
from utils.symbolic.mdp import SymbolicMDP


@dataclass(frozen=True, eq=False)
class FiniteFieldMDP(SymbolicMDP):
    """A ``SymbolicMDP`` whose symbols all have values, drawn at random modulo ``PRIME``.

    Formulas read as they do there. ``gradient`` returns the derivative along the direction ``dpi``.
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
        value = as_dual(value)
        if value.slope is None:
            raise ValueError("this number is a gradient already; second derivatives are not known")
        return Dual(value.slope, None)

    def along(self, dpi: np.ndarray) -> FiniteFieldMDP:
        """The same point with another direction of theta-space, D(s,a) = ``dpi`` [S, A]."""
        moved = np.frompyfunc(lambda p, d: Dual(p.value, d.value), 2, 1)
        return replace(self, pi=moved(self.pi, dpi), dpi=dpi)


def random_point(
    n_states: int,
    n_actions: int,
    numbers: random.Random,
    extra: int = 0,
    tables: Mapping[str, tuple[int, ...]] | None = None,
) -> FiniteFieldMDP:
    """An MDP of this size, and a direction for its policy, uniform over all points of the field.

    ``extra`` more random numbers come as ``extra``, and tables of them, {name: shape}, as
    ``tables``, for the statement at hand.
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
        tables={
            name: object_array([Dual(draw()) for _ in np.ndindex(shape)]).reshape(shape)[()]
            for name, shape in (tables or {}).items()
        },
    )
