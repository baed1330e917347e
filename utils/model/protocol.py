"""What a function needs of an MDP or a policy, whatever its numbers and however it is stored."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np


class MDP(Protocol):
    """What V, Q and d_gamma need: no table of P, so that it may be sparse."""

    @property
    def R(self) -> np.ndarray:
        """Mean rewards R(s, a), [S, A]."""

    @property
    def gamma(self) -> Any:
        """The discount."""

    @property
    def rho0(self) -> np.ndarray:
        """The law of the first state, [S]."""

    @property
    def n_states(self) -> int:
        """S."""

    @property
    def n_actions(self) -> int:
        """A."""

    @property
    def terminal(self) -> np.ndarray:
        """True for each state that no action leaves and that pays nothing, [S]."""

    def expected_next(self, values: np.ndarray) -> np.ndarray:
        """(P v)(s, a) = sum_{s'} P(s'|s, a) v(s'), [S, A]."""

    def policy_kernel(self, probabilities: np.ndarray) -> Any:
        """P_pi(s, s') = sum_a pi(a|s) P(s'|s, a), [S, S], an array or a sparse matrix."""


class Tables(Protocol):
    """An MDP as four tables, of floats, fractions or symbols."""

    @property
    def P(self) -> np.ndarray:
        """P(s'|s, a), [S, A, S]."""

    @property
    def R(self) -> np.ndarray:
        """Mean rewards R(s, a), [S, A]."""

    @property
    def gamma(self) -> Any:
        """The discount."""

    @property
    def rho0(self) -> np.ndarray:
        """The law of the first state, [S]."""


class TabularMDP(Tables, Protocol):
    """What second moments need: the law of the reward too, in floats or in fractions."""

    @property
    def R_next(self) -> np.ndarray | None:
        """Mean rewards R(s, a, s'), [S, A, S], or None where s' does not matter."""

    @property
    def reward_sd(self) -> Any:
        """The standard deviation of a reward given (s, a, s'), [S, A] or [S, A, S]."""

    @property
    def n_states(self) -> int:
        """S."""

    @property
    def n_actions(self) -> int:
        """A."""


class Policy(Protocol):
    """A table of probabilities."""

    @property
    def probabilities(self) -> np.ndarray:
        """pi(a|s), [S, A]."""

    @property
    def n_states(self) -> int:
        """S."""

    @property
    def n_actions(self) -> int:
        """A."""


class ScoredPolicy(Policy, Protocol):
    """A policy with a score, in floats or in fractions."""

    @property
    def scores(self) -> np.ndarray:
        """psi(s, a), [S, A, d]."""
