"""Exact means of polynomials in independent standard normal variables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import Any

import numpy as np
import sympy as sp
from sympy.polys.fields import FracElement


def gaussian_mean(polynomial: Any, noise: Sequence[Any]) -> Any:
    """E of a polynomial in independent standard normal ``noise``, term by term.

    E z^(2n) = 1 * 3 * ... * (2n - 1), and odd powers have mean 0 (``eq:gauss-pg-poly``,
    ``eq:lqr``). All other symbols are constants. Takes a SymPy expression and symbols, or elements
    of one field of rational functions (``symbolic.generators``), which is much faster. ValueError
    if the noise is missing, or if the expression is not a polynomial in it.
    """
    if not noise:
        raise ValueError("noise is empty; name at least one standard normal symbol")
    if isinstance(polynomial, FracElement):
        return _mean_in_field(polynomial, noise)
    expression = sp.sympify(polynomial)
    try:
        terms = sp.Poly(expression, *noise).terms()
    except sp.PolynomialError:
        raise ValueError(_not_a_polynomial(expression, noise)) from None
    return sp.Add(*(coefficient * _moment(powers) for powers, coefficient in terms))


def _mean_in_field(element: FracElement, noise: Sequence[FracElement]) -> FracElement:
    places = [element.field.gens.index(z) for z in noise]
    if any(powers[i] for powers in element.denom.monoms() for i in places):
        raise ValueError(_not_a_polynomial(element, noise))
    mean = element.numer.ring.zero
    for powers, coefficient in element.numer.terms():
        moment = _moment(powers[i] for i in places)
        if moment:
            rest = tuple(0 if i in places else power for i, power in enumerate(powers))
            mean[rest] = mean.get(rest, 0) + coefficient * int(moment)
    mean.strip_zero()
    return element.field.new(mean, element.denom)


def _moment(powers: Iterable[int]) -> sp.Integer:
    """E of a product of independent standard normals, each to its power."""
    return prod(sp.Integer(0) if n % 2 else sp.factorial2(n - 1) for n in powers)


def _not_a_polynomial(expression: Any, noise: Sequence[Any]) -> str:
    return f"{expression} is not a polynomial in {', '.join(map(str, noise))}"


def means_and_deviations(
    polynomials: Iterable[Any], noise: Sequence[Any]
) -> tuple[np.ndarray, np.ndarray]:
    """E and standard deviation of each of K polynomials in ``noise`` without other symbols, [K]."""
    means, deviations = [], []
    for polynomial in polynomials:
        mean = gaussian_mean(polynomial, noise)
        variance = gaussian_mean(sp.expand(polynomial**2), noise) - mean**2
        means.append(float(mean))
        deviations.append(float(sp.sqrt(variance)))
    return np.array(means), np.array(deviations)
