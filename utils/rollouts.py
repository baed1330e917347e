"""Many trajectories of a finite MDP at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from utils.mdp import FiniteMDP
from utils.policies import FinitePolicy, check_fits, cumulative
from utils.validation import check_count, check_generator


@dataclass(frozen=True, eq=False)
class Rollouts:
    """N trajectories of T steps, time-major: entry [t, n] belongs to step t of trajectory n.

    ``states`` [T, N], ``actions`` [T, N] (integers), ``rewards`` [T, N] (floats), and
    ``final_states`` [N], the states s_T after the last action.
    """

    states: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    final_states: np.ndarray

    @property
    def horizon(self) -> int:
        """T, the number of steps of each trajectory."""
        return self.states.shape[0]

    @property
    def n(self) -> int:
        """N, the number of trajectories."""
        return self.states.shape[1]


def simulate(
    mdp: FiniteMDP, policy: FinitePolicy, n: int, horizon: int, rng: np.random.Generator
) -> Rollouts:
    """``n`` independent trajectories of ``horizon`` steps under the policy.

    The same seed gives the same numbers. The reward of a step is the mean R(s, a).
    """
    check_fits(mdp, policy)
    n, horizon = check_count("n", n), check_count("horizon", horizon)
    check_generator(rng)
    policy_cdf, kernel_cdf = cumulative(policy.probabilities), cumulative(mdp.P)
    states = np.empty((horizon + 1, n), dtype=np.intp)
    actions = np.empty((horizon, n), dtype=np.intp)
    states[0] = (cumulative(mdp.rho0) <= rng.random(n)[:, None]).sum(axis=1)
    for t in range(horizon):
        s = states[t]
        actions[t] = a = (policy_cdf[s] <= rng.random(n)[:, None]).sum(axis=1)
        states[t + 1] = (kernel_cdf[s, a] <= rng.random(n)[:, None]).sum(axis=1)
    return Rollouts(states[:-1], actions, mdp.R[states[:-1], actions], states[-1])
