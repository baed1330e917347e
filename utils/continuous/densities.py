"""Densities on the line as SymPy expressions, and exact integrals against them."""

from __future__ import annotations

from typing import Any

import sympy as sp


def standard_normal(x: Any) -> sp.Expr:
    """phi(x) = e^(-x^2/2) / sqrt(2 pi)."""
    return sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)


def normal_below(x: Any) -> sp.Expr:
    """Phi(x), the probability that a standard normal number is at most x."""
    return 1 - sp.erfc(x / sp.sqrt(2)) / 2


def gaussian(a: Any, mu: Any, sigma: Any) -> sp.Expr:
    """The density of mu + sigma z at a (``eq:gauss-score`` is about its logarithm)."""
    return standard_normal((a - mu) / sigma) / sigma


def gaussian_integral(f: Any, a: sp.Symbol, mu: Any, sigma: Any) -> sp.Expr:
    """E[f(a)] for a = mu + sigma z, in closed form, with one exponent in each exponential."""
    mean = sp.simplify(sp.integrate(f * gaussian(a, mu, sigma), (a, -sp.oo, sp.oo)))
    return mean.replace(sp.exp, lambda power: sp.exp(sp.cancel(power)))


def laplace(a: Any, mu: Any, b: Any, side: int) -> sp.Expr:
    """The density e^(-|a - mu|/b) / (2 b) above mu (``side`` 1) or below it (-1)."""
    return sp.exp(-side * (a - mu) / b) / (2 * b)


def laplace_mean(below: Any, above: Any, a: sp.Symbol, mu: Any, b: Any) -> sp.Expr:
    """E of the function that is ``below`` for a < mu and ``above`` for a > mu (``eq:laplace``)."""
    left = sp.integrate(sp.expand(below * laplace(a, mu, b, -1)), (a, -sp.oo, mu))
    right = sp.integrate(sp.expand(above * laplace(a, mu, b, 1)), (a, mu, sp.oo))
    return sp.simplify(left + right)


def box_defect(theta: sp.Symbol, eta: sp.Symbol, strip: bool = True) -> sp.Expr:
    """D(eta) of the density 1/theta on (0, theta), for eta > 0 (``eq:L1-differentiable``).

    Inside, 1/(theta + eta) - 1/theta + eta/theta^2 is never negative. The ``strip`` between theta
    and theta + eta, where the old density is 0, may be left out.
    """
    inside = theta * (1 / (theta + eta) - 1 / theta + eta / theta**2)
    return inside + (eta / (theta + eta) if strip else 0)


def laplace_defect(eta: sp.Symbol) -> sp.Expr:
    """D(eta) of the density e^(-|a - theta|)/2, for eta > 0 (``eq:L1-differentiable``).

    With theta = 0. The gap is positive left of 0 and right of eta; between them it is negative up
    to the place (eta + log(1 + eta))/2.
    """
    x = sp.Symbol("x", real=True)
    rise, fall = sp.exp(x) / 2, sp.exp(-x) / 2
    left = rise * sp.exp(-eta) - (1 - eta) * rise
    middle = rise * sp.exp(-eta) - (1 + eta) * fall
    right = fall * sp.exp(eta) - (1 + eta) * fall
    turn = (eta + sp.log(1 + eta)) / 2
    parts = (left, -sp.oo, 0), (-middle, 0, turn), (middle, turn, eta), (right, eta, sp.oo)
    return sum(sp.simplify(sp.integrate(gap, (x, low, high))) for gap, low, high in parts)
