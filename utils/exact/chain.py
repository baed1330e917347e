"""A finite MDP under a policy with a score: the tables that exact second moments need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from utils.model import rational
from utils.model.policies import check_fits


@dataclass(frozen=True, eq=False)
class ScoredChain:
    """The tables of an MDP and a policy side by side; ``scores`` is [S, A, d].

    All of it works on floats and on fractions (``utils.model.rational``).
    """

    P: np.ndarray
    R: np.ndarray
    gamma: object
    rho0: np.ndarray
    pi: np.ndarray
    scores: np.ndarray

    @classmethod
    def of(cls, mdp, policy) -> ScoredChain:
        check_fits(mdp, policy)
        return cls(mdp.P, mdp.R, mdp.gamma, mdp.rho0, policy.probabilities, policy.scores)

    @property
    def kernel(self) -> np.ndarray:
        """P_pi, [S, S]."""
        return self.mean(self.P)

    def mean(self, table: np.ndarray) -> np.ndarray:
        """The mean over actions of a table [S, A, ...]: E_pi[f], [S, ...]."""
        return (self.pi.reshape(self.pi.shape + (1,) * (table.ndim - 2)) * table).sum(axis=1)

    def solve(self, rate, source: np.ndarray) -> np.ndarray:
        """(I - rate P_pi)^{-1} source, [S, ...]."""
        matrix = np.eye(len(self.rho0), dtype=int) - rate * self.kernel
        solver = rational.solve if matrix.dtype == object else np.linalg.solve
        return solver(matrix, source)

    def adjoint_solve(self, rate, source: np.ndarray) -> np.ndarray:
        """(I - rate P_pi^T)^{-1} source, [S, ...]."""
        matrix = np.eye(len(self.rho0), dtype=int) - rate * self.kernel.T
        solver = rational.solve if matrix.dtype == object else np.linalg.solve
        return solver(matrix, source)

    def values(self) -> tuple[np.ndarray, np.ndarray]:
        """V [S] and Q [S, A] (``eq:bellman``)."""
        V = self.solve(self.gamma, self.mean(self.R))
        return V, self.R + self.gamma * (self.P @ V)

    def finite_horizon_values(self, horizon: int) -> tuple[np.ndarray, np.ndarray]:
        """V [T + 1, S] and Q [T, S, A] (``eq:q-finite``)."""
        V, Q = [0 * self.rho0], []
        for _ in range(horizon):
            Q.append(self.R + self.gamma * (self.P @ V[-1]))
            V.append(self.mean(Q[-1]))
        return np.array(V[::-1]), np.array(Q[::-1])

    def action_sum(self, table: np.ndarray) -> np.ndarray:
        """sum_a grad pi(a|s) f(s, a) for a table [(T,) S, A], as [(T,) S, d]."""
        return (self.pi[:, :, None] * self.scores * table[..., None]).sum(axis=-2)
