"""The stopping game in closed form: one state, action 1 pays 1 and stops, action 0 waits.

p is the probability of action 1, q = 1 - p, and theta is the logit of p. So
J = p/(1 - gamma q), and reward-to-go on an episode that waits N times is gamma^N (q - p N).
All functions work on numbers, arrays and symbols.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from utils.symbolic.free_mdps import coin_mdp
from utils.symbolic.mdp import SymbolicMDP


def world(p, gamma) -> SymbolicMDP:
    """The game over the field of the symbols p and gamma; state 1 is the end.

    The derivative is the one with respect to the logit of p.
    """
    coin = coin_mdp([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], [[0, 1], [0, 0]], gamma, [1, 0], p)
    slope = p * (1 - p)
    return replace(coin, dpi=coin.dpi * slope, moving=((p, slope),))


def variance_of_q(p, gamma):
    """Var of sum_t gamma^t psi_t Q(s_t, a_t) for 0 < p < 1, 0 <= gamma < 1."""
    q = 1 - p
    middle = gamma**2 * q**2 + gamma * (3 * p - 2) + q
    return p * q * middle**2 / ((1 - gamma * q) ** 4 * (1 - gamma**2 * q))


def excess_of_q(p, gamma, coefficients: tuple | None = None):
    """Var of the form with Q minus Var of reward-to-go (``eq:stopping-game``).

    Other ``coefficients`` than ``excess_coefficients`` may be tried.
    """
    q = 1 - p
    factor = gamma**2 * (1 - gamma) * p**2 * q**2 / ((1 - gamma * q) * (1 - gamma**2 * q)) ** 3
    terms = excess_coefficients(gamma) if coefficients is None else coefficients
    return factor * sum(terms[k] * p ** (3 - k) * q**k for k in range(4))


def excess_coefficients(gamma) -> tuple:
    """The four factors of p^3, p^2 q, p q^2, q^3 in the bracket of ``eq:stopping-game``."""
    return (
        3 * gamma - 1,
        gamma * (1 - gamma) * (3 + gamma),
        (3 - gamma) * (1 - gamma) ** 2 * (1 + gamma),
        2 * (1 - gamma) ** 3 * (1 + gamma),
    )


def variance_of_g(p, gamma):
    """Var of sum_t gamma^t psi_t G_t for 0 < p < 1, 0 <= gamma < 1."""
    return variance_of_q(p, gamma) - excess_of_q(p, gamma)


def boundary(gamma: float) -> float:
    """p*(gamma): beyond it the exact Q lowers the variance. 1 for gamma >= 1/3.

    For 0 < gamma < 1/3 the bracket of ``eq:stopping-game``, divided by q^3, is a cubic in p/q with
    one change of sign, so it has exactly one positive root. ValueError unless 0 < gamma < 1.
    """
    if not 0 < gamma < 1:
        raise ValueError(f"gamma is {gamma}; it should lie strictly between 0 and 1")
    if 3 * gamma >= 1:
        return 1.0
    roots = np.roots([float(c) for c in excess_coefficients(gamma)])
    odds = max(root.real for root in roots if abs(root.imag) < 1e-9 * max(1, abs(root)))
    return odds / (1 + odds)
