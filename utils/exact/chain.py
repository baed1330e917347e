"""A finite MDP under a policy, in floats with one factorisation, or with scores for variances."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from utils.common.chain import Chain
from utils.exact.resolvent import resolvent
from utils.model.policies import check_differentiable, check_fits
from utils.model.protocol import MDP, Policy, ScoredPolicy, TabularMDP


@dataclass(frozen=True, eq=False)
class PolicyChain(Chain):
    """An MDP in floats under a policy; each I - rate P_pi is factorised once.

    ValueError if the policy is for other states or actions.
    """

    mdp: MDP
    policy: Policy
    _inverses: dict = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        check_fits(self.mdp, self.policy)

    @property
    def R(self) -> np.ndarray:
        """Mean rewards, [S, A]."""
        return self.mdp.R

    @property
    def gamma(self) -> float:
        """The discount."""
        return self.mdp.gamma

    @property
    def rho0(self) -> np.ndarray:
        """The law of the first state, [S]."""
        return self.mdp.rho0

    @property
    def pi(self) -> np.ndarray:
        """pi(a|s), [S, A]."""
        return self.policy.probabilities

    @property
    def terminal(self) -> np.ndarray:
        """True for each state that no action leaves and that pays nothing, [S]."""
        return self.mdp.terminal

    def expected_next(self, values: np.ndarray) -> np.ndarray:
        """(P v)(s, a), [S, A]."""
        return self.mdp.expected_next(values)

    @cached_property
    def P_pi(self) -> Any:
        """P_pi, [S, S], an array or a sparse matrix."""
        return self.mdp.policy_kernel(self.pi)

    def resolve(self, rate: float, source: np.ndarray) -> np.ndarray:
        """(I - rate P_pi)^{-1} source, as in ``Chain``."""
        return self._inverse(rate).solve(self._counted(rate, source))

    def resolve_transposed(self, rate: float, source: np.ndarray) -> np.ndarray:
        """(I - rate P_pi^T)^{-1} source, as in ``Chain``."""
        return self._inverse(rate).solve_transposed(self._counted(rate, source))

    def _counted(self, rate: float, source: np.ndarray) -> np.ndarray:
        return (source.T * self.going).T if rate == 1 else source

    def _inverse(self, rate: float):
        if rate not in self._inverses:
            kernel = self.P_pi
            if rate == 1:
                kernel = kernel * self.going[:, None] * self.going
            self._inverses[rate] = resolvent(kernel, rate)
        return self._inverses[rate]


@dataclass(frozen=True, eq=False)
class ScoredChain(Chain):
    """The tables that exact second moments need, in floats or fractions (``model.rational``).

    ``scores`` is [S, A, d]. A reward has the mean ``reward`` and the variance ``noise`` given
    (s, a, s'), each [S, A, S], or [S, A, 1] where s' does not matter; ``R`` [S, A] is its mean
    given (s, a).
    """

    P: np.ndarray
    R: np.ndarray
    gamma: Any
    rho0: np.ndarray
    pi: np.ndarray
    scores: np.ndarray
    reward: np.ndarray
    noise: np.ndarray

    @classmethod
    def of(cls, mdp: TabularMDP, policy: ScoredPolicy) -> ScoredChain:
        """From an MDP and a policy; ValueError if they do not fit or the policy has no score."""
        check_fits(mdp, policy)
        check_differentiable(policy)
        tables = mdp.P, mdp.R, mdp.gamma, mdp.rho0, policy.probabilities, policy.scores
        return cls(*tables, *rewards_of_triples(mdp))

    @property
    def kernel(self) -> np.ndarray:
        """P_pi, [S, S]."""
        return self.P_pi

    @property
    def terminal(self) -> np.ndarray:
        """True for each state that no action leaves and that pays nothing, [S]."""
        return super().terminal & (self.P * self.noise == 0).all(axis=(1, 2))

    def values(self) -> tuple[np.ndarray, np.ndarray]:
        """V [S] and Q [S, A] (``eq:bellman``)."""
        return self.V, self.Q

    def action_sum(self, table: np.ndarray) -> np.ndarray:
        """sum_a grad pi(a|s) f(s, a) for a table [(T,) S, A], as [(T,) S, d]."""
        return (self.pi[:, :, None] * self.scores * table[..., None]).sum(axis=-2)


def rewards_of_triples(mdp: TabularMDP) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of the reward given (s, a, s'), each [S, A, S].

    Or [S, A, 1] where s' does not matter.
    """
    mean = mdp.R if mdp.R_next is None else mdp.R_next
    noise = mdp.reward_sd**2
    return _by_triple(mean), _by_triple(noise)


def _by_triple(table: np.ndarray) -> np.ndarray:
    return table if table.ndim == 3 else table[:, :, None]
