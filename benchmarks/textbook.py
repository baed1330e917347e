"""The same computation as one would write it first: NumPy as in a textbook."""

from __future__ import annotations

import numpy as np

from utils.model.policies import softmax


def simulate(mdp, theta, n, horizon, rng):
    """States, actions, rewards [N, T]: gather the cdf of each trajectory, compare, sum."""
    policy_cdf, kernel_cdf = np.cumsum(softmax(theta), axis=1), np.cumsum(mdp.P, axis=2)
    states = np.empty((n, horizon), dtype=int)
    actions = np.empty((n, horizon), dtype=int)
    rewards = np.empty((n, horizon))
    s = (np.cumsum(mdp.rho0) <= rng.random((n, 1))).sum(axis=1)
    last_state, last_action = len(theta) - 1, theta.shape[1] - 1
    for t in range(horizon):
        a = np.minimum((policy_cdf[s] <= rng.random((n, 1))).sum(axis=1), last_action)
        next_s = np.minimum((kernel_cdf[s, a] <= rng.random((n, 1))).sum(axis=1), last_state)
        states[:, t], actions[:, t], rewards[:, t] = s, a, mdp.transition_reward(s, a, next_s)
        s = next_s
    return states, actions, rewards


def estimate(mdp, theta, states, actions, rewards):
    """Reward-to-go mean and standard error from an N x S x A array of samples."""
    n, horizon = states.shape
    pi = softmax(theta)
    samples = np.zeros((n, *theta.shape))
    trajectories = np.arange(n)
    to_go = np.zeros(n)
    for t in reversed(range(horizon)):
        to_go = rewards[:, t] + mdp.gamma * to_go
        weight = mdp.gamma**t * to_go
        s, a = states[:, t], actions[:, t]
        samples[trajectories, s] -= weight[:, None] * pi[s]
        samples[trajectories, s, a] += weight
    return samples.mean(axis=0), samples.std(axis=0, ddof=1) / np.sqrt(n)
