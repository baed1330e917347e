"""A world of thousands of states whose transitions are mostly zero.

The exact functions ask of an MDP its rewards, its discount, its first law, the mean of a function
of the next state and the kernel of a policy. So a world that keeps ``P`` as a sparse matrix can be
handed to them in place of a ``FiniteMDP``, and the work follows the transitions that exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csr_array

from utils import FiniteMDP


@dataclass(frozen=True, eq=False)
class SparseMDP:
    """``P`` as a SciPy sparse matrix [S A, S] whose row s A + a is the law P(.|s, a)."""

    P: Any
    R: np.ndarray
    gamma: float
    rho0: np.ndarray

    @property
    def n_states(self) -> int:
        """S, the number of states."""
        return self.R.shape[0]

    @property
    def n_actions(self) -> int:
        """A, the number of actions."""
        return self.R.shape[1]

    @property
    def terminal(self) -> np.ndarray:
        """True for each state that no action leaves and that pays nothing, [S]."""
        pairs, own = np.arange(self.R.size), np.repeat(np.arange(self.n_states), self.n_actions)
        on_own_state = csr_array((np.ones(self.R.size), (pairs, own)), shape=self.P.shape)
        stays = self.P.multiply(on_own_state).sum(axis=1).reshape(self.R.shape) == 1
        return (stays & (self.R == 0)).all(axis=1)

    def to_dense(self) -> FiniteMDP:
        """The same MDP with a dense table P [S, A, S]."""
        P = self.P.toarray().reshape(*self.R.shape, self.n_states)
        return FiniteMDP(P, self.R, self.gamma, self.rho0)

    def expected_next(self, values: np.ndarray) -> np.ndarray:
        """(P v)(s, a) = sum_{s'} P(s'|s, a) v(s'), [S, A]."""
        return (self.P @ values).reshape(self.R.shape)

    def policy_kernel(self, probabilities: np.ndarray) -> Any:
        """P_pi [S, S] as a sparse matrix."""
        n_pairs = self.R.size
        weights = (
            probabilities.ravel(),
            np.arange(n_pairs),
            np.arange(0, n_pairs + 1, self.n_actions),
        )
        return csr_array(weights, shape=(self.n_states, n_pairs)) @ self.P


def grid(side: int, gamma: float = 0.99, slip: float = 0.2) -> SparseMDP:
    """A ``side`` x ``side`` grid of states: from the top left to the bottom right corner.

    Actions are left, down, right, up, as in FrozenLake. With probability ``slip`` a move goes to
    one of its two sides instead, each with slip/2; a wall keeps the state. Every step costs 1 until
    the goal, which is absorbing.
    """
    states = np.arange(side * side)
    row, column = np.divmod(states, side)
    reach = [  # the state that each pure move leads to
        np.clip(row + down, 0, side - 1) * side + np.clip(column + right, 0, side - 1)
        for down, right in ((0, -1), (1, 0), (0, 1), (-1, 0))
    ]
    goal = len(states) - 1
    pairs, next_states, chances = [], [], []
    for action in range(4):
        for turn, chance in ((0, 1 - slip), (-1, slip / 2), (1, slip / 2)):
            pairs.append(states * 4 + action)
            next_states.append(np.where(states == goal, goal, reach[(action + turn) % 4]))
            chances.append(np.full(len(states), chance))
    entries = np.concatenate(chances), (np.concatenate(pairs), np.concatenate(next_states))
    R = np.full((len(states), 4), -1.0)
    R[goal] = 0
    P = csr_array(coo_array(entries, shape=(len(states) * 4, len(states))))  # repeats are added up
    return SparseMDP(P, R, gamma, np.eye(1, len(states))[0])
