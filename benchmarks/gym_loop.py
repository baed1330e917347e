"""Gymnasium's vector environment on FrozenLake, stepped in a loop."""

from __future__ import annotations

import gymnasium
import numpy as np

from utils.model.policies import softmax


def make(n: int):
    """``n`` real FrozenLake environments, slippery, 4 x 4, stepped together."""
    return gymnasium.make_vec("FrozenLake-v1", n, vectorization_mode="sync", is_slippery=True)


def simulate(env, theta, horizon, rng):
    """States, actions, rewards [N, T]; an environment that ends starts again by itself."""
    n = env.num_envs
    cdf = np.cumsum(softmax(theta), axis=1)
    states = np.empty((n, horizon), dtype=int)
    actions = np.empty((n, horizon), dtype=int)
    rewards = np.empty((n, horizon))
    s, _ = env.reset(seed=1)
    for t in range(horizon):
        a = np.minimum((cdf[s] <= rng.random((n, 1))).sum(axis=1), 3)
        next_s, r, _, _, _ = env.step(a)
        states[:, t], actions[:, t], rewards[:, t] = s, a, r
        s = next_s
    return states, actions, rewards
