"""Exact means under Beta laws, with free exponents: for Beta policies and for soft edges."""

from __future__ import annotations

from typing import Any

import sympy as sp


def moment(alpha: Any, q: int, k: Any) -> sp.Expr:
    """E[a^k] under Beta(alpha, q) with a whole q: the product of (alpha + j)/(alpha + k + j)."""
    return sp.prod((alpha + j) / (alpha + k + j) for j in range(q))


def normaliser(alpha: Any, q: int) -> sp.Expr:
    """B(alpha, q) = (q - 1)!/(alpha (alpha + 1) ... (alpha + q - 1)) for a whole q."""
    return sp.factorial(q - 1) / sp.prod(alpha + j for j in range(q))


def log_moment(alpha: Any, q: int, k: Any) -> sp.Expr:
    """E[a^k log a] under Beta(alpha, q) with a whole q, from the expanded density (``eq:beta``).

    (1 - a)^(q - 1) is expanded, and a^r log a has the integral -1/(r + 1)^2 over (0, 1).
    """
    signs = {j: (-1) ** j * sp.binomial(q - 1, j) for j in range(q)}
    mass = sum(c / (alpha + j) for j, c in signs.items())
    return -sum(c / (alpha + k + j) ** 2 for j, c in signs.items()) / mass


def moment_by_gamma(alpha: Any, beta: Any, k: Any) -> sp.Expr:
    """E[a^k] under Beta(alpha, beta), a quotient of Gamma functions."""
    up = sp.gamma(alpha + k) * sp.gamma(alpha + beta)
    return up / (sp.gamma(alpha) * sp.gamma(alpha + beta + k))


def log_moment_law(alpha: float, beta: float, k: float) -> tuple[float, float]:
    """E and standard deviation of a^k (log a - E log a) under Beta(alpha, beta) (``eq:beta``).

    Derivatives of E[a^k] by k give E[a^k log a] and E[a^k log^2 a].
    """
    from scipy.special import beta as B
    from scipy.special import polygamma

    def derivatives(k: float) -> tuple[float, float, float]:
        moment = B(alpha + k, beta) / B(alpha, beta)
        first = polygamma(0, alpha + k) - polygamma(0, alpha + beta + k)
        second = polygamma(1, alpha + k) - polygamma(1, alpha + beta + k)
        return moment, moment * first, moment * (first**2 + second)

    centre = derivatives(0)[1]
    moment, with_log, _ = derivatives(k)
    mean = with_log - centre * moment
    moment, with_log, with_square = derivatives(2 * k)
    square = with_square - 2 * centre * with_log + centre**2 * moment
    return float(mean), float((square - mean**2) ** 0.5)


def edge_score(n: Any, u: sp.Symbol, w: sp.Symbol) -> sp.Expr:
    """-p'(x)/p(x) for p proportional to (x (1 - x))^(n - 1), in u = x and w = 1 - x."""
    log_p = (n - 1) * (sp.log(u) + sp.log(w))
    return sp.factor(-(log_p.diff(u) - log_p.diff(w)))


def edge_mean(f: Any, n: Any, u: sp.Symbol, w: sp.Symbol) -> sp.Expr:
    """E of f under Beta(n, n), term by term; f is a sum of whole powers of u = x and w = 1 - x.

    E[u^i w^j] = B(n + i, n + j)/B(n, n), a rational function of n, as n + i, n + j > 0 makes it
    finite (``eq:infinite-fisher``).
    """
    mean = sp.Integer(0)
    for term in sp.Add.make_args(sp.expand(f)):
        rest, powers = term.as_independent(u, w)
        i, j = (int(powers.as_powers_dict().get(x, 0)) for x in (u, w))
        mean += rest * _rising(n, i) * _rising(n, j) / _rising(2 * n, i + j)
    return sp.factor(mean)


def _rising(n: Any, i: int) -> sp.Expr:
    """Gamma(n + i)/Gamma(n)."""
    if i >= 0:
        return sp.prod(n + j for j in range(i))
    return 1 / sp.prod(n - j for j in range(1, -i + 1))


def information_without_edges(n: Any, size: sp.Symbol) -> sp.Expr:
    """The integral of psi^2 p from eps to 1 - eps, eps = 1/(1 + R^2), for n a multiple of 1/2.

    ``size`` is R. With x = r^2/(1 + r^2) the integrand is rational in r.
    """
    r = sp.Symbol("r", positive=True)
    x = r**2 / (1 + r**2)
    root = r / (1 + r**2)  # of x (1 - x)
    p = root ** (2 * n - 2) / sp.beta(n, n).rewrite(sp.gamma)
    score = (n - 1) * (1 - 2 * x) / root**2  # up to its sign, which the square forgets
    integrand = sp.apart(sp.cancel(score**2 * p * x.diff(r)), r)
    return sp.integrate(integrand, (r, 1 / size, size))
