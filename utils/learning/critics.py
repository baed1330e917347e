"""Critics that are learned from trajectories: one number for each state."""

from __future__ import annotations

import numpy as np

from utils.estimators.forms import rewards_to_go, td_errors
from utils.model.mdp import FiniteMDP
from utils.sampling.rollouts import Rollouts


def towards_returns(v: np.ndarray, rollouts: Rollouts, mdp: FiniteMDP, rate: float) -> np.ndarray:
    """v(s) + rate (mean of G_t over the visits of s, minus v(s)), [S].

    A state that was not visited keeps its value, and a terminal state has the value 0.
    """
    return v + rate * _mean_over_visits(
        rewards_to_go(rollouts.rewards, mdp.gamma), rollouts, mdp, v
    )


def towards_next_value(
    v: np.ndarray, rollouts: Rollouts, mdp: FiniteMDP, rate: float
) -> np.ndarray:
    """v(s) + rate (mean TD error delta_t over the visits of s), [S]: TD(0) on a batch.

    delta_t = r_t + gamma v(s_{t+1}) - v(s_t) (``eq:td-error``). Sutton (1988).
    """
    targets = td_errors(rollouts, mdp, v) + v[rollouts.states]
    return v + rate * _mean_over_visits(targets, rollouts, mdp, v)


def _mean_over_visits(targets, rollouts: Rollouts, mdp: FiniteMDP, v) -> np.ndarray:
    """The mean of target minus v(s) over the visits of each state that is not terminal, [S]."""
    states = rollouts.states.ravel()
    gaps = (targets - v[rollouts.states]).ravel()
    visits = np.bincount(states, minlength=mdp.n_states)
    sums = np.bincount(states, gaps, minlength=mdp.n_states)
    return np.where(mdp.terminal, 0, sums / np.maximum(visits, 1))
