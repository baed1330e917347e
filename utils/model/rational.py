"""Exact fractions in place of floats: the variance recursions give rational numbers from these.

``utils.exact.variance`` only adds, multiplies and solves linear equations. Fed with arrays of
``fractions.Fraction``, it returns fractions, which a chapter can print and a test can compare
without a tolerance.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from utils.common.validation import check_shape
from utils.model.mdp import FiniteMDP


def fractions(values) -> np.ndarray:
    """An array of ``Fraction`` from nested numbers or strings such as "2/5"."""
    return np.vectorize(Fraction, otypes=[object])(np.array(values, dtype=object))


@dataclass(frozen=True, eq=False)
class RationalMDP:
    """The tables of a finite MDP as fractions: P [S, A, S], R [S, A], gamma, rho0 [S]."""

    P: np.ndarray
    R: np.ndarray
    gamma: Fraction
    rho0: np.ndarray

    def __post_init__(self) -> None:
        for name in ("P", "R", "rho0"):
            object.__setattr__(self, name, fractions(getattr(self, name)))
        object.__setattr__(self, "gamma", Fraction(self.gamma))
        n_states, n_actions = self.R.shape
        check_shape("P", self.P, (n_states, n_actions, n_states))
        check_shape("rho0", self.rho0, (n_states,))
        for name, sums in (("P", self.P.sum(axis=2)), ("rho0", self.rho0.sum(axis=0))):
            if (np.asarray(sums) != 1).any():
                raise ValueError(f"a law in {name} does not sum to 1")

    def to_floats(self) -> FiniteMDP:
        """The same MDP in floats, for simulation; gamma must be below 1."""
        P, R, rho0 = (table.astype(float) for table in (self.P, self.R, self.rho0))
        return FiniteMDP(P, R, float(self.gamma), rho0)

    @property
    def n_states(self) -> int:
        """S, the number of states."""
        return self.R.shape[0]

    @property
    def n_actions(self) -> int:
        """A, the number of actions."""
        return self.R.shape[1]


@dataclass(frozen=True, eq=False)
class RationalPolicy:
    """pi(a|s) [S, A] and the score psi(s, a) [S, A, d] as fractions."""

    probabilities: np.ndarray
    scores: np.ndarray

    def __post_init__(self) -> None:
        for name in ("probabilities", "scores"):
            object.__setattr__(self, name, fractions(getattr(self, name)))

    @property
    def n_states(self) -> int:
        """S, the number of states."""
        return self.probabilities.shape[0]

    @property
    def n_actions(self) -> int:
        """A, the number of actions."""
        return self.probabilities.shape[1]


def logit_policy(p, shared: bool = False) -> RationalPolicy:
    """Two actions, pi(1|s) = p[s], with the score a - p[s] (``eq:sigmoid-score``).

    The parameter is one logit for each state, or with ``shared`` one logit for all states, each
    state adding its own fixed offset.
    """
    p = fractions(p)
    pi = np.stack([1 - p, p], axis=1)
    centred = np.stack([-p, 1 - p], axis=1)
    rows = np.ones((len(p), 1), dtype=int) if shared else np.eye(len(p), dtype=int)
    return RationalPolicy(pi, centred[:, :, None] * rows[:, None, :])


def solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The solution of matrix x = right by Gauss-Jordan elimination, without rounding."""
    n = len(matrix)
    table = np.concatenate([matrix, right.reshape(n, -1)], axis=1).astype(object)
    for k in range(n):
        pivot = next((i for i in range(k, n) if table[i, k] != 0), None)
        if pivot is None:
            raise ValueError("the matrix is singular")
        table[[k, pivot]] = table[[pivot, k]]
        table[k] = table[k] / table[k, k]
        for i in range(n):
            if i != k:
                table[i] = table[i] - table[i, k] * table[k]
    return table[:, n:].reshape(right.shape)
