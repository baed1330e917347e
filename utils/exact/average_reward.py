"""The long-run average reward of a chain that visits one set of states for ever, and its gradient.

This is the objective that the direction without gamma^t comes close to as gamma tends to 1
(``eq:average-reward``).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from utils.exact import bellman as exact
from utils.model import examples
from utils.model.mdp import FiniteMDP
from utils.model.policies import (
    DifferentiablePolicy,
    FinitePolicy,
    LinearSoftmax,
    check_differentiable,
)


def stationary_law(mdp: FiniteMDP, policy: FinitePolicy) -> np.ndarray:
    """mu [S], the law with mu^T P_pi = mu^T and sum 1: the long-run share of time in each state.

    ValueError if there is more than one such law.
    """
    flow = np.eye(mdp.n_states) - exact.policy_kernel(mdp, policy)
    # mu^T (I - P_pi) = 0 has one solution of sum 1 exactly if I - P_pi loses one rank.
    if np.linalg.matrix_rank(flow) < mdp.n_states - 1:
        raise ValueError("the chain has more than one stationary law")
    equations = np.vstack([flow.T, np.ones(mdp.n_states)])
    mu = np.linalg.lstsq(equations, np.eye(mdp.n_states + 1)[-1], rcond=None)[0]
    mu = np.maximum(mu, 0)  # rounding may turn an unvisited state slightly negative
    return mu / mu.sum()


def average_reward(mdp: FiniteMDP, policy: FinitePolicy) -> float:
    """eta = sum_s mu(s) r_pi(s), in units of reward a step. Errors as ``stationary_law``."""
    return float(stationary_law(mdp, policy) @ exact.policy_reward(mdp, policy))


def average_reward_gradient(mdp: FiniteMDP, policy: DifferentiablePolicy) -> np.ndarray:
    """grad eta, in the shape of ``policy.theta`` (Marbach and Tsitsiklis 2001).

    grad eta = sum_s mu(s) sum_a grad pi(a|s) (R(s, a) + (P b)(s, a)), where b, the differential
    value, solves b = r_pi - eta + P_pi b. Errors as ``stationary_law``.
    """
    check_differentiable(policy)
    mu = stationary_law(mdp, policy)
    r_pi = exact.policy_reward(mdp, policy)
    kernel = exact.policy_kernel(mdp, policy)
    # The rank-one term fixes the free constant of b by mu . b = 0.
    b = np.linalg.solve(np.eye(len(mu)) - kernel + np.outer(np.ones(len(mu)), mu), r_pi - mu @ r_pi)
    gains = mdp.R + mdp.expected_next(b)
    gains = gains - (policy.probabilities * gains).sum(axis=1, keepdims=True)
    return policy.score_sum(mu[:, None] * policy.probabilities * gains)


def stationary_law_gradient(mdp: FiniteMDP, policy: DifferentiablePolicy) -> np.ndarray:
    """grad mu(s) as [S, d] with d = ``policy.theta.size``.

    From mu^T = mu^T P_pi: grad mu^T = mu^T (grad P_pi) (I - P_pi + 1 mu^T)^{-1}. Errors as
    ``stationary_law``.
    """
    check_differentiable(policy)
    mu = stationary_law(mdp, policy)
    slopes = policy.probabilities[:, :, None] * policy.scores
    inflow = np.einsum("s,sad,san->nd", mu, slopes, mdp.P)
    flow = np.eye(len(mu)) - exact.policy_kernel(mdp, policy) + np.outer(np.ones(len(mu)), mu)
    return np.linalg.solve(flow.T, inflow)


def restarted(mdp: FiniteMDP) -> FiniteMDP:
    """The same world without an end: from a terminal state the next step starts anew with rho0."""
    P = np.array(mdp.P)
    P[mdp.terminal] = mdp.rho0
    return FiniteMDP(P, mdp.R, mdp.gamma, mdp.rho0)


def endless_worlds() -> dict[str, tuple[FiniteMDP, LinearSoftmax]]:
    """{name: (MDP, policy)}: two worlds without end at gamma = 9/10, started in their long run.

    The running MDP, and FrozenLake with a new start after each end. The policies are those of the
    book with one parameter, the logit of action 1 shared by all states.
    """
    found = {
        "the running MDP": (examples.running(gamma=0.9), examples.running_policy()),
        "endless FrozenLake": (
            restarted(examples.frozen_lake(gamma=0.9)),
            examples.frozen_lake_policy(),
        ),
    }
    shared = {name: (m, examples.shared_logit(pi, action=1)) for name, (m, pi) in found.items()}
    return {name: (replace(m, rho0=stationary_law(m, pi)), pi) for name, (m, pi) in shared.items()}
