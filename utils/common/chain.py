"""One recursion for V, Q, J and the laws of the states, over whatever numbers an MDP is made of.

Floats, fractions, elements of a field of rational functions, dual numbers modulo a prime: they all
add, multiply and solve linear equations, and nothing else is needed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from utils.common import linear


class Chain:
    """A finite MDP under a policy: the tables, and what follows from them by linear algebra.

    A subclass has the tables ``P`` [S, A, S], ``R`` [S, A], ``gamma``, ``rho0`` [S] and ``pi``
    [S, A]. It may do the products and the solves in a faster way.

    With gamma = 1 the sums over all times run to the end of the episode, and the states in which
    it has ended count 0.
    """

    P: Any
    R: Any
    gamma: Any
    rho0: Any
    pi: Any

    def average(self, table: np.ndarray) -> np.ndarray:
        """The mean over the actions of a table [S, A, ...]: E_pi[f], [S, ...]."""
        return (self.pi.reshape(self.pi.shape + (1,) * (table.ndim - 2)) * table).sum(axis=1)

    def expected_next(self, values: np.ndarray) -> np.ndarray:
        """(P v)(s, a) = sum_{s'} P(s'|s, a) v(s'), [S, A, ...]."""
        return self.P @ values

    @cached_property
    def P_pi(self) -> Any:
        """P_pi(s, s') = sum_a pi(a|s) P(s'|s, a), [S, S]."""
        return self.average(self.P)

    @cached_property
    def r_pi(self) -> np.ndarray:
        """r_pi(s) = sum_a pi(a|s) R(s, a), [S]."""
        return self.average(self.R)

    @cached_property
    def V(self) -> np.ndarray:
        """V = (I - gamma P_pi)^{-1} r_pi, [S] (``eq:J-infinite``)."""
        return self.resolve(self.gamma, self.r_pi)

    @cached_property
    def Q(self) -> np.ndarray:
        """Q = R + gamma P V, [S, A] (``eq:bellman``)."""
        return self.backup(self.V)

    @cached_property
    def objective(self) -> Any:
        """J = rho0^T V (``eq:J-infinite``)."""
        return self.rho0 @ self.V

    @cached_property
    def visits(self) -> np.ndarray:
        """sum_t gamma^t P(s_t = s), [S]; d_gamma is this divided by its sum (``eq:occupancy``)."""
        return self.resolve_transposed(self.gamma, self.rho0)

    def backup(self, values: np.ndarray) -> np.ndarray:
        """R + gamma P v, [S, A]: one step, then values ``values`` [S]."""
        return self.R + self.expected_next(values) * self.gamma

    def finite_horizon_values(self, horizon: int) -> tuple[np.ndarray, np.ndarray]:
        """(V [T + 1, S], Q [T, S, A]) with a time index and V[T] = 0 (``eq:q-finite``)."""
        V, Q = [self.r_pi * 0], []
        for _ in range(horizon):
            Q.append(self.backup(V[-1]))
            V.append(self.average(Q[-1]))
        return np.array(V[::-1]), np.array(Q[::-1])

    def state_laws(self, horizon: int) -> np.ndarray:
        """The laws of s_0, ..., s_T as [T + 1, S]: row t is rho0^T P_pi^t."""
        laws = [self.rho0]
        for _ in range(horizon):
            laws.append(laws[-1] @ self.P_pi)
        return np.array(laws)

    def resolve(self, rate: Any, source: np.ndarray) -> np.ndarray:
        """(I - rate P_pi)^{-1} source, [S, ...]; for rate 1 the sum to the end of the episode.

        ValueError for rate 1 if the episode need not end.
        """
        return self._resolved(self.P_pi, rate, source)

    def resolve_transposed(self, rate: Any, source: np.ndarray) -> np.ndarray:
        """(I - rate P_pi^T)^{-1} source, [S, ...]; for rate 1 and errors as ``resolve``."""
        return self._resolved(self.P_pi.T, rate, source)

    def _resolved(self, kernel, rate, source):
        if rate != 1:
            return self.solve(np.eye(len(source), dtype=int) - kernel * rate, source)
        going, out = self.going, source * 0
        kernel = kernel[np.ix_(going, going)]
        out[going] = self.solve(np.eye(len(kernel), dtype=int) - kernel, source[going])
        return out

    def solve(self, matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
        """The solution x of matrix @ x = right; shapes [S, S] and [S, ...]."""
        return linear.solve(matrix, right)

    @property
    def terminal(self) -> np.ndarray:
        """True for each state that no action leaves and that pays nothing, [S]."""
        states = np.arange(len(self.R))
        return ((self.P[states, :, states] == 1) & (self.R == 0)).all(axis=1)

    @cached_property
    def going(self) -> np.ndarray:
        """True for each state that is not terminal, [S].

        ValueError if from one of them the episode need not end: no terminal state can be reached.
        """
        terminal = self.terminal
        ends, before = terminal, None
        while before is None or (ends != before).any():  # one more step back from the end
            before = ends
            ends = ends | (np.asarray((self.P_pi != 0) @ ends.astype(int)) > 0)
        if not ends.all():
            state = int(np.flatnonzero(~ends)[0])
            raise ValueError(
                f"from state {state} the episode never ends under this policy; "
                "without a discount each state must lead to a terminal one"
            )
        return ~terminal


@dataclass(frozen=True, eq=False)
class Tables(Chain):
    """A chain given by its tables alone, with the shapes of ``Chain``."""

    P: Any
    R: Any
    gamma: Any
    rho0: Any
    pi: Any
