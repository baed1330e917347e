"""Rewards with noise of their own: which laws of the noise a policy gradient survives.

A reward is R(s_k, a_k) + xi_k with xi_k = w or -w. A noise law gives the probability of +w at step
k, for each prefix of states and actions, also of those that come later.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from utils.symbolic.mdp import Prefix, SymbolicMDP

NoiseLaw = Callable[[Prefix, int], Any]


def fresh(chance: np.ndarray) -> NoiseLaw:
    """+w with probability chance[s_k, a_k], whatever else happened: what (H3) allows."""
    return lambda tau, k: chance[tau[k]]


def decided_by_the_action_before(mdp: SymbolicMDP) -> NoiseLaw:
    """+w exactly if a_{k-1} = 1, a fair coin at first: a reward that comes one step late."""
    return lambda tau, k: tau[k - 1][1] if k else _half(mdp)


def shared_with_the_next_action(mdp: SymbolicMDP) -> NoiseLaw:
    """+w exactly if a_{k+1} = 1; a fair coin at the last step. The reward peeks."""
    return lambda tau, k: tau[k + 1][1] if k + 1 < len(tau) else _half(mdp)


def remembers(mdp: SymbolicMDP) -> NoiseLaw:
    """The noise uses the random number of the action before: (1 + a_{k-1} - p)/2.

    Here p = pi(1|s_{k-1}). Averaged over a_{k-1} it is a fair coin, whatever the policy.
    """

    def chance(tau: Prefix, k: int) -> Any:
        if not k:
            return _half(mdp)
        state, action = tau[k - 1]
        return (1 + action - mdp.pi[state, 1]) / 2

    return chance


def defects(
    mdp: SymbolicMDP, w: Any, law: NoiseLaw, horizon: int, counted: bool = True
) -> np.ndarray:
    """grad E[r_k] - E[r_k M_{k+1}] for k < T, [T] (``eq:random-reward``: all are 0 if it holds).

    ``counted`` says whether the mean of the noise is part of the first term.
    """

    def reward(tau: Prefix, k: int, noise: int) -> Any:
        return mdp.R[tau[k]] + noise * w * (2 * law(tau, k) - 1)

    def defect(k: int) -> Any:
        truth = mdp.expectation(lambda tau: reward(tau, k, int(counted)), horizon)
        scored = mdp.expectation(
            lambda tau: reward(tau, k, 1) * mdp.score_sum(tau[: k + 1]), horizon
        )
        return mdp.gradient(truth) - scored

    return np.array([defect(k) for k in range(horizon)], dtype=object)


def _half(mdp: SymbolicMDP) -> Any:
    return mdp.gamma**0 / 2
