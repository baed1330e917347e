"""A finite MDP whose transitions are mostly zero, such as a large grid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from utils.common.validation import SUM_TOLERANCE, check_discount, check_distributions, finite_array
from utils.model.mdp import Branches, FiniteMDP, power_of_two


@dataclass(frozen=True, eq=False)
class SparseMDP:
    """The same as ``FiniteMDP``, with ``P`` as a SciPy sparse matrix [S A, S].

    Row s A + a of ``P`` is the law of the next state after action a in state s. ``exact.evaluate``,
    its short forms, ``simulate`` and ``policy_gradient`` take it wherever they take a FiniteMDP;
    common random numbers and exact variances need the dense form.

    Raises ValueError as ``FiniteMDP`` does.
    """

    P: object
    R: np.ndarray
    gamma: float
    rho0: np.ndarray

    def __post_init__(self) -> None:
        from scipy.sparse import csr_array  # deferred: it makes `import utils` slower

        R = finite_array("R", self.R, (None, None))
        n_states, n_actions = R.shape
        rho0 = finite_array("rho0", self.rho0, (n_states,))
        check_distributions("rho0", rho0)
        P = csr_array(self.P, dtype=float, copy=True)
        P.sum_duplicates()
        if P.shape != (n_states * n_actions, n_states):
            raise ValueError(
                f"P has shape {list(P.shape)}, not [{n_states * n_actions}, {n_states}]"
            )
        if not np.isfinite(P.data).all() or (P.data < 0).any():
            k = np.flatnonzero(~(np.isfinite(P.data) & (P.data >= 0)))[0]
            row = np.searchsorted(P.indptr, k, side="right") - 1
            raise ValueError(
                f"P[{row // n_actions}, {row % n_actions}, {P.indices[k]}] is {P.data[k]:.12g}, "
                "not a probability (>= 0)"
            )
        sums = P.sum(axis=1)
        wrong = np.flatnonzero(np.abs(sums - 1) > SUM_TOLERANCE)
        if len(wrong):
            s, a = divmod(int(wrong[0]), n_actions)
            raise ValueError(f"P[{s}, {a}] sums to {sums[wrong[0]]:.12g}, not 1")
        P.eliminate_zeros()
        object.__setattr__(self, "P", P)
        object.__setattr__(self, "R", R)
        object.__setattr__(self, "gamma", check_discount(self.gamma))
        object.__setattr__(self, "rho0", rho0)

    @property
    def n_states(self) -> int:
        """S, the number of states."""
        return self.R.shape[0]

    @property
    def n_actions(self) -> int:
        """A, the number of actions."""
        return self.R.shape[1]

    @property
    def R_max(self) -> float:
        """The largest mean reward in absolute value, max |R(s, a)|."""
        return float(np.abs(self.R).max())

    def to_dense(self) -> FiniteMDP:
        """The same MDP with a dense table P [S, A, S]."""
        return FiniteMDP(
            self.P.toarray().reshape(*self.R.shape, self.n_states), self.R, self.gamma, self.rho0
        )

    def expected_next(self, values: np.ndarray) -> np.ndarray:
        """(P v)(s, a) = sum_{s'} P(s'|s, a) v(s'), [S, A]."""
        return (self.P @ values).reshape(self.R.shape)

    def policy_kernel(self, probabilities: np.ndarray):
        """P_pi [S, S] as a sparse matrix."""
        from scipy.sparse import csr_array

        n_pairs = self.R.size
        weights = (
            probabilities.ravel(),
            np.arange(n_pairs),
            np.arange(0, n_pairs + 1, self.n_actions),
        )
        return csr_array(weights, shape=(self.n_states, n_pairs)) @ self.P

    @cached_property
    def branches(self) -> Branches:
        """The steps that are possible from each state; see ``FiniteMDP.branches``."""
        n_states, n_actions = self.R.shape
        first = self.P.indptr[:-1:n_actions]  # the entries of a state lie side by side
        counts = np.diff(self.P.indptr[::n_actions])
        pair_of_entry = np.repeat(np.arange(self.R.size), np.diff(self.P.indptr))
        columns = np.arange(power_of_two(counts.max()))
        present = columns < counts[:, None]
        entries = np.where(present, first[:, None] + columns, 0)
        states, actions = np.divmod(pair_of_entry[entries], n_actions)
        pairs = np.where(present, states * power_of_two(n_actions) + actions, 0)
        return Branches(
            pairs,
            self.P.indices[entries].astype(np.int64),
            np.where(present, self.P.data[entries], 0.0),
        )
