"""Sums over all trajectories, in a field of rational functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def sum_of_products(pairs: Iterable[tuple[Any, Any]], zero: Any) -> Any:
    """sum x y over the pairs (x, y), numbers of the kind of ``zero``.

    A field of rational functions cancels after every sum and product. Here the numerators over one
    denominator are added as polynomials, and the whole is cancelled once.
    """
    if not hasattr(zero, "field"):
        return sum((x * y for x, y in pairs), zero)
    convert, one = zero.field, zero.field.ring.one
    numerators: dict[Any, Any] = {}
    for pair in pairs:
        x, y = map(convert, pair)
        below = x.denom * y.denom
        numerators[below] = numerators.get(below, 0) + x.numer * y.numer
    common = one
    for below in numerators:
        common = common.lcm(below)
    terms = (above * common.exquo(below) for below, above in numerators.items())
    return convert.new(sum(terms, 0 * one), common)
