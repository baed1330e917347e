"""A finite law with free entries: means are evaluated first and differentiated after.

SymPy moves a derivative into a sum by itself, so that the two sides of an identity about sums of
function symbols may become the same object before anything is decided. Here a mean is one element
of a field of rational functions, and its derivative is taken of that element, not term by term.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement, product
from math import prod
from typing import Any

import numpy as np
from sympy import QQ
from sympy.polys.fields import FracElement, field

from utils.common.linear import object_array

Direction = tuple[tuple[FracElement, Any], ...]


@dataclass(frozen=True, eq=False)
class FiniteLaw:
    """A law p_theta on n outcomes; theta has K coordinates.

    p           [n]  probabilities, elements of a field
    f           [n]  a function f_theta of the outcome
    directions  for each coordinate of theta, the pairs (symbol, its derivative)
    extra       further free symbols
    """

    p: np.ndarray
    f: np.ndarray
    directions: tuple[Direction, ...]
    extra: tuple[FracElement, ...] = ()

    def mean(self, f: np.ndarray) -> Any:
        """E[f(X)] = sum_i p_i f_i for f [n]; for f [n,...] an array [...]."""
        return np.tensordot(self.p, f, axes=1)[()]

    def gradient(self, value: Any) -> np.ndarray:
        """The K derivatives of a field element, or of each entry of [...]: [..., K]."""
        if isinstance(value, np.ndarray):
            out = np.empty((*value.shape, len(self.directions)), dtype=object)
            for index in np.ndindex(value.shape):
                out[index] = self.gradient(value[index])
            return out
        value = self.p[0].field.field_new(value)
        return object_array(
            [
                sum((value.diff(symbol) * d for symbol, d in direction), value * 0)
                for direction in self.directions
            ]
        )

    def hessian(self, value: Any) -> np.ndarray:
        """The matrix of second derivatives, [K, K]; of an array [...], [..., K,K]."""
        return self.gradient(self.gradient(value))

    @cached_property
    def score(self) -> np.ndarray:
        """psi_i = grad p_i / p_i = grad log p_i, [n,K] (``eq:log-derivative``)."""
        return self.gradient(self.p) / self.p[:, None]

    @cached_property
    def score_gradient(self) -> np.ndarray:
        """The second derivatives of log p_i, the gradient of the score, [n,K,K]."""
        return self.gradient(self.score)


def free_law(
    n: int = 3,
    parameters: Sequence[str] = ("x",),
    moving_f: bool = False,
    extra: Sequence[str] = (),
) -> FiniteLaw:
    """Any law on ``n`` outcomes at any point: values, slopes and curvatures are free numbers.

    Symbols: p<i>, its slope p<i>_x along each parameter x, its second derivative p<i>_xy; the last
    entry is 1 minus the others. f<i> is the value of f; with ``moving_f`` it has slopes f<i>_x.
    Derivatives up to the second order are known. ValueError if there are fewer than two outcomes.
    """
    if n < 2:
        raise ValueError(f"n = {n}; a law that can move has at least 2 outcomes")
    twice = list(combinations_with_replacement(range(len(parameters)), 2))
    of: dict[str, Any] = {}
    names = []
    for i in range(n - 1):
        names += [f"p{i}", *(f"p{i}_{x}" for x in parameters)]
        names += [f"p{i}_{parameters[j]}{parameters[k]}" for j, k in twice]
    for i in range(n):
        names += [f"f{i}", *(f"f{i}_{x}" for x in parameters if moving_f)]
    K, *symbols = field([*names, *extra], QQ)
    of.update(zip([*names, *extra], symbols, strict=True))

    def direction(k: int) -> Direction:
        x = parameters[k]
        pairs = [(of[f"p{i}"], of[f"p{i}_{x}"]) for i in range(n - 1)]
        for i, j in product(range(n - 1), range(len(parameters))):
            first, second = sorted((j, k))
            curvature = of[f"p{i}_{parameters[first]}{parameters[second]}"]
            pairs.append((of[f"p{i}_{parameters[j]}"], curvature))
        if moving_f:
            pairs += [(of[f"f{i}"], of[f"f{i}_{x}"]) for i in range(n)]
        return tuple(pairs)

    entries = [of[f"p{i}"] for i in range(n - 1)]
    return FiniteLaw(
        p=object_array([*entries, K(1) - sum(entries, K(0))]),
        f=object_array([of[f"f{i}"] for i in range(n)]),
        directions=tuple(map(direction, range(len(parameters)))),
        extra=tuple(of[name] for name in extra),
    )


def polynomial_law(
    n: int = 3,
    parameters: Sequence[str] = ("x",),
    degree: int = 1,
    extra: Sequence[str] = (),
) -> FiniteLaw:
    """A law on ``n`` outcomes whose entries are polynomials of this total degree, all free.

    p_i = sum of c<i><powers> times a monomial for i < n - 1; the last p is 1 minus the others. The
    values f0, f1, ... are free too. Here theta itself is a symbol, and all derivatives are known.
    """
    powers = [
        tuple(chosen.count(x) for x in parameters)
        for d in range(degree + 1)
        for chosen in combinations_with_replacement(parameters, d)
    ]
    names = [f"c{i}" + "".join(map(str, power)) for i in range(n - 1) for power in powers]
    names += [f"f{i}" for i in range(n)]
    K, *symbols = field([*parameters, *names, *extra], QQ)
    of = dict(zip([*parameters, *names, *extra], symbols, strict=True))
    theta = [of[name] for name in parameters]

    def term(i: int, power: tuple[int, ...]) -> FracElement:
        coefficient = of[f"c{i}" + "".join(map(str, power))]
        return coefficient * prod((x**k for x, k in zip(theta, power, strict=True)), start=K(1))

    entries = [sum((term(i, power) for power in powers), K(0)) for i in range(n - 1)]
    return FiniteLaw(
        p=object_array([*entries, K(1) - sum(entries, K(0))]),
        f=object_array([of[f"f{i}"] for i in range(n)]),
        directions=tuple(((x, K(1)),) for x in theta),
        extra=tuple(of[name] for name in extra),
    )
