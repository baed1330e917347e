"""Enumeration of all trajectories of a small MDP: the slow, obvious route to an expectation."""

from fractions import Fraction as F
from itertools import product
from math import prod

import numpy as np


def enumerate_trajectories(mdp, policy, horizon):
    """Yield (probability, states of length T + 1, actions of length T) of each possible path."""
    pi = policy.probabilities
    for states in product(range(mdp.n_states), repeat=horizon + 1):
        for actions in product(range(mdp.n_actions), repeat=horizon):
            probability = mdp.rho0[states[0]]
            for t, a in enumerate(actions):
                probability *= pi[states[t], a] * mdp.P[states[t], a, states[t + 1]]
            if probability > 0:
                yield probability, states, actions


def expectation(mdp, policy, horizon, function):
    """E f(states, actions) over all paths of this horizon."""
    return sum(
        probability * function(states, actions)
        for probability, states, actions in enumerate_trajectories(mdp, policy, horizon)
    )


def enumerate_rewarded(mdp, policy, horizon, noise=((-1, F(1, 2)), (1, F(1, 2)))):
    """Yield (probability, states, actions, rewards) of each path and each draw of the noise.

    ``noise`` lists (value, probability), of mean 0 and variance 1. An estimator is linear in each
    reward, so that its second moments need no more of the law than that.
    """
    R = np.broadcast_to(mdp.R[:, :, None], mdp.P.shape) if mdp.R_next is None else mdp.R_next
    sd = mdp.reward_sd if mdp.reward_sd.ndim == 3 else mdp.reward_sd[:, :, None]
    sd = np.broadcast_to(sd, mdp.P.shape)
    for probability, s, a in enumerate_trajectories(mdp, policy, horizon):
        triples = [(s[t], a[t], s[t + 1]) for t in range(horizon)]
        for draw in product(noise, repeat=horizon):
            rewards = [R[x] + sd[x] * z for x, (z, _) in zip(triples, draw, strict=True)]
            yield probability * prod(p for _, p in draw), s, a, rewards
