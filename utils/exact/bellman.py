"""Objective, values, occupancy and policy gradient of a finite MDP by linear algebra."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from utils.common.validation import check_count
from utils.exact.chain import PolicyChain
from utils.model.mdp import FiniteMDP
from utils.model.policies import (
    DifferentiablePolicy,
    check_differentiable,
    check_fits,
)
from utils.model.protocol import MDP, Policy


def policy_kernel(mdp: MDP, policy: Policy) -> np.ndarray:
    """P_pi [S, S]: P_pi(s, s') = sum_a pi(a|s) P(s'|s, a)."""
    return PolicyChain(mdp, policy).P_pi


def policy_reward(mdp: MDP, policy: Policy) -> np.ndarray:
    """r_pi [S]: r_pi(s) = sum_a pi(a|s) R(s, a)."""
    return PolicyChain(mdp, policy).r_pi


@dataclass(frozen=True, eq=False)
class Evaluation:
    """All exact quantities of one policy on one MDP, infinite horizon.

    ``objective`` J; ``V`` [S]; ``Q`` [S, A]; ``visits`` [S], sum_t gamma^t P(s_t = s).
    """

    objective: float
    V: np.ndarray
    Q: np.ndarray
    visits: np.ndarray

    @property
    def advantage(self) -> np.ndarray:
        """A(s, a) = Q(s, a) - V(s), [S, A]."""
        return self.Q - self.V[:, None]

    @property
    def occupancy(self) -> np.ndarray:
        """d_gamma [S], the visits divided by their sum, which is 1/(1 - gamma) for gamma < 1."""
        total = self.visits.sum()
        return self.visits / total if total else self.visits


def evaluate(mdp: MDP, policy: Policy) -> Evaluation:
    """J, V, Q and d_gamma from a single factorisation of I - gamma P_pi.

    ``eq:bellman``: (I - gamma P_pi) V = r_pi and Q = R + gamma P V.
    ``eq:occupancy``: (I - gamma P_pi)^T d_gamma = (1 - gamma) rho0.
    ``eq:J-infinite``: J = rho0 . V.

    With gamma = 1 the sums run to the end of the episode, and d_gamma counts the steps before it.
    ValueError if from some state the episode never ends.
    """
    chain = PolicyChain(mdp, policy)
    return Evaluation(float(chain.objective), chain.V, chain.Q, chain.visits)


def objective(mdp: MDP, policy: Policy) -> float:
    """J = rho0^T (I - gamma P_pi)^{-1} r_pi (``eq:J-infinite``)."""
    return evaluate(mdp, policy).objective


def values(mdp: MDP, policy: Policy) -> tuple[np.ndarray, np.ndarray]:
    """(V [S], Q [S, A]) of ``eq:bellman``."""
    evaluation = evaluate(mdp, policy)
    return evaluation.V, evaluation.Q


def advantage(mdp: MDP, policy: Policy) -> np.ndarray:
    """A(s, a) = Q(s, a) - V(s), [S, A]."""
    return evaluate(mdp, policy).advantage


def occupancy(mdp: MDP, policy: Policy) -> np.ndarray:
    """d_gamma [S], the normalised discounted state distribution (``eq:occupancy``).

    d_gamma(s) = (1 - gamma) sum_t gamma^t P(s_t = s). It sums to 1. With gamma = 1 it is the share
    of the steps of an episode that start in s.
    """
    return evaluate(mdp, policy).occupancy


def policy_gradient(mdp: MDP, policy: DifferentiablePolicy) -> np.ndarray:
    """The gradient of J, in the shape of ``policy.theta`` (``eq:pgt-infinite``).

    grad J = 1/(1 - gamma) sum_s d_gamma(s) sum_a pi(a|s) psi(s, a) Q(s, a).
    The factor gamma^t of the theorem is inside d_gamma. ValueError if the policy has no score.
    """
    check_differentiable(policy)
    return gradient_of(mdp, policy, evaluate(mdp, policy))


def gradient_of(mdp: MDP, policy: DifferentiablePolicy, evaluation: Evaluation) -> np.ndarray:
    """``policy_gradient`` from an evaluation that is already there."""
    # The advantage gives the same sum as Q (eq:baseline-invariance) and loses fewer digits.
    visits = evaluation.visits[:, None] * policy.probabilities
    return policy.score_sum(visits * evaluation.advantage)


# Finite horizon: the same quantities carry a time index.


def state_distributions(mdp: MDP, policy: Policy, horizon: int) -> np.ndarray:
    """The laws of s_0, ..., s_T as [T + 1, S]: row t is P(s_t = s) = rho0^T P_pi^t."""
    return PolicyChain(mdp, policy).state_laws(check_count("horizon", horizon, least=0))


def state_distribution_gradient(mdp: FiniteMDP, policy: DifferentiablePolicy, t: int) -> np.ndarray:
    """grad P(s_t = s) as [S, d] with d = ``policy.theta.size`` (``eq:marginal-gradient``).

    By the product rule, step by step: from the slope of the law of s_t to that of s_{t+1}. It never
    meets a score sum. ValueError if the policy has no score.
    """
    check_differentiable(policy)
    chain = PolicyChain(mdp, policy)
    laws = chain.state_laws(check_count("t", t, least=0))
    slope = np.zeros((mdp.n_states, policy.scores.shape[2]))
    moved = policy.probabilities[:, :, None] * policy.scores
    for law in laws[:t]:
        pairs = slope[:, None, :] * policy.probabilities[:, :, None] + law[:, None, None] * moved
        slope = np.einsum("sad,san->nd", pairs, mdp.P)
    return slope


def finite_horizon_values(mdp: MDP, policy: Policy, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """(V [T + 1, S], Q [T, S, A]) with a time index, V[T] = 0 (``eq:q-finite``)."""
    return PolicyChain(mdp, policy).finite_horizon_values(check_count("horizon", horizon))


def finite_horizon_advantage(mdp: MDP, policy: Policy, horizon: int) -> np.ndarray:
    """A_t(s, a) = Q_t(s, a) - V_t(s), [T, S, A]."""
    V, Q = finite_horizon_values(mdp, policy, horizon)
    return Q - V[:-1, :, None]


def finite_horizon_objective(mdp: MDP, policy: Policy, horizon: int) -> float:
    """J_T = sum_{t<T} gamma^t rho0^T P_pi^t r_pi (``eq:J-finite-matrix``)."""
    rewards = state_distributions(mdp, policy, check_count("horizon", horizon))[:-1]
    return float(mdp.gamma ** np.arange(horizon) @ (rewards @ policy_reward(mdp, policy)))


def finite_horizon_policy_gradient(
    mdp: MDP, policy: DifferentiablePolicy, horizon: int
) -> np.ndarray:
    """The gradient of J_T, in the shape of ``policy.theta`` (``eq:pgt-finite``).

    grad J_T = E sum_{t<T} gamma^t psi_t Q_t(s_t, a_t), with the time-indexed Q_t.
    ValueError if the policy has no score.
    """
    check_differentiable(policy)
    advantages = finite_horizon_advantage(mdp, policy, horizon)
    laws = state_distributions(mdp, policy, horizon)[:-1]
    visits = (mdp.gamma ** np.arange(horizon))[:, None] * laws
    return policy.score_sum(policy.probabilities * np.einsum("ts,tsa->sa", visits, advantages))


# What a finite horizon leaves out.


def truncation_bound(mdp: MDP, horizon: int) -> float:
    """|J - J_T| <= gamma^T R_max / (1 - gamma) (``eq:J-tail``)."""
    check_count("horizon", horizon, least=0)
    return mdp.gamma**horizon * float(np.abs(mdp.R).max()) / (1 - mdp.gamma)


def gradient_truncation_bound(mdp: MDP, policy: DifferentiablePolicy, horizon: int) -> float:
    """A bound on ||grad J - grad J_T|| (``eq:grad-tail``).

    The bound is L osc gamma^T (T (1 - gamma) + 1) / (1 - gamma)^2, where
    L = max_s sum_a ||grad pi(a|s)|| and osc is half the range of the mean rewards.
    """
    check_count("horizon", horizon, least=0)
    check_fits(mdp, policy)
    lipschitz = policy.gradient_norms.sum(axis=1).max()
    oscillation = (mdp.R.max() - mdp.R.min()) / 2
    tail = mdp.gamma**horizon * (horizon * (1 - mdp.gamma) + 1) / (1 - mdp.gamma) ** 2
    return float(lipschitz * oscillation * tail)
