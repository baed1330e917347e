"""Critics that are linear in the scores, fitted by least squares in exact arithmetic.

Two directions of theta-space are taken, so that the fit is a matter of a matrix: with one direction
the coefficient w would be a number, and no check could tell a joint fit from one coordinate by
coordinate.
"""

from __future__ import annotations

import numpy as np

from utils.common.linear import solve
from utils.symbolic.finite_field import FiniteFieldMDP


def directions(mdp: FiniteFieldMDP) -> tuple[FiniteFieldMDP, FiniteFieldMDP]:
    """The point along its own direction, and along the table ``E`` [S]: D(s,0) = E(s) = -D(s,1)."""
    E = mdp.tables["E"]
    return mdp, mdp.along(np.column_stack([E, -E]))


def scores(mdp: FiniteFieldMDP) -> np.ndarray:
    """psi(s,a) along both directions, [S, A, 2]."""
    return np.stack([point.score for point in directions(mdp)], axis=2)


def gradient(mdp: FiniteFieldMDP) -> np.ndarray:
    """grad J along both directions, [2], by differentiating the values of the chain."""
    return np.array([point.gradient(point.objective) for point in directions(mdp)])


def visited(mdp: FiniteFieldMDP) -> np.ndarray:
    """d_gamma(s) pi(a|s), [S, A]: the weights of the theorem (``eq:compatible``)."""
    return mdp.occupancy[:, None] * mdp.pi


def second_moments(mdp: FiniteFieldMDP, weights: np.ndarray) -> np.ndarray:
    """sum of weight psi psi^T over all pairs, [2, 2]; with ``visited`` the Fisher matrix F."""
    psi = scores(mdp).reshape(-1, 2)
    return psi.T @ (psi * weights.reshape(-1, 1))


def fit(mdp: FiniteFieldMDP, weights: np.ndarray, joint: bool = True) -> np.ndarray:
    """w [2] that minimises sum of weight (Q - w psi - c)^2, with c [S] the table ``c``.

    Without ``joint`` each coordinate is fitted as if the other were absent, which is wrong.
    """
    psi = scores(mdp).reshape(-1, 2)
    target = (mdp.Q - mdp.tables["c"][:, None]).reshape(-1, 1)
    right = (psi * weights.reshape(-1, 1) * target).sum(axis=0)
    left = second_moments(mdp, weights)
    return solve(left, right) if joint else right / left.diagonal()


def gradient_with_critic(
    mdp: FiniteFieldMDP, weights: np.ndarray, joint: bool = True
) -> np.ndarray:
    """The right side of ``eq:compatible`` along both directions, [2], with ``fit`` for w."""
    critic = scores(mdp) @ fit(mdp, weights, joint) + mdp.tables["c"][:, None]
    return np.array([point.policy_gradient(critic) for point in directions(mdp)])


def natural_gradient(mdp: FiniteFieldMDP) -> np.ndarray:
    """F^{-1} grad J, [2], with the gradient found by differentiation (``eq:natural-gradient``)."""
    return solve(second_moments(mdp, visited(mdp)), gradient(mdp))
