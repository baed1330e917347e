"""Power series of a rational function: a second route to what is otherwise a closed form.

V, Q, J and d_gamma are rational in gamma and have no pole at gamma = 0, so each is the sum of its
power series near 0, and the coefficient of gamma^k in V is the mean reward of step k. The
coefficients come out of a long division and can be compared with enumerated prefixes, which know
nothing of Bellman's equation.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sympy.polys.fields import FracElement


def series(value: Any, symbol: FracElement, order: int) -> Any:
    """The coefficients c_0, ..., c_order of value = sum_k c_k symbol^k, an array [order + 1].

    An array of field elements [...] gives [..., order + 1]. ValueError if a value has a pole at 0
    or ``order`` is negative.
    """
    if order < 0:
        raise ValueError(f"order is {order}; it should be at least 0")
    if isinstance(value, np.ndarray):
        out = np.empty((*value.shape, order + 1), dtype=object)
        for index in np.ndindex(value.shape):
            out[index] = series(value[index], symbol, order)
        return out
    value = symbol.field.field_new(value)
    above, below = (_coefficients(part, symbol) for part in (value.numer, value.denom))
    zero = symbol * 0
    first = below.get(0, zero)
    if first == 0:
        raise ValueError(f"the value has a pole at {symbol.as_expr()} = 0")
    found = np.empty(order + 1, dtype=object)
    for k in range(order + 1):
        known = sum((below.get(j, zero) * found[k - j] for j in range(1, k + 1)), zero)
        found[k] = (above.get(k, zero) - known) / first
    return found


def _coefficients(polynomial: Any, symbol: FracElement) -> dict[int, FracElement]:
    """{k: the coefficient of symbol^k}, as elements of the field."""
    place = polynomial.ring.gens.index(symbol.numer)
    parts: dict[int, dict] = {}
    for monomial, number in polynomial.terms():
        rest = (*monomial[:place], 0, *monomial[place + 1 :])
        parts.setdefault(monomial[place], {})[rest] = number
    field = symbol.field
    return {k: field.field_new(polynomial.ring.from_dict(part)) for k, part in parts.items()}
