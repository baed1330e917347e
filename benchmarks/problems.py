"""The three problems of the measurements."""

from __future__ import annotations

import numpy as np

from utils import FiniteMDP, TabularSoftmax
from utils.model import examples

N, T = 10_000, 100


def problems() -> dict[str, tuple[FiniteMDP, np.ndarray]]:
    """Name -> (mdp, theta). In the 100 x 4 problem every transition is possible."""
    rng = np.random.default_rng(0)
    return {
        "two-state": (examples.running(gamma=0.9), np.array(examples.running_policy().theta)),
        "FrozenLake": (examples.frozen_lake(), np.array(examples.frozen_lake_policy().theta)),
        "100x4": (random_mdp(rng, 100), rng.normal(size=(100, 4))),
    }


def random_mdp(rng: np.random.Generator, n_states: int, successors: int = 100) -> FiniteMDP:
    """Four actions, each with this many possible next states; gamma = 0.9."""
    P = np.zeros((n_states, 4, n_states))
    for s, a in np.ndindex(n_states, 4):
        where = rng.choice(n_states, successors, replace=False)
        P[s, a, where] = rng.dirichlet(np.ones(successors))
    return FiniteMDP(P, rng.normal(size=(n_states, 4)), 0.9, rng.dirichlet(np.ones(n_states)))


def draw_uniforms(n: int, horizon: int):
    """L: draw the 2 n T uniforms that a straightforward simulator needs, into one array."""
    rng, out = np.random.default_rng(1), np.empty(2 * n * horizon)
    return lambda: rng.random(out=out)


def simulation(mdp, theta, n: int = N, horizon: int = T):
    """Ours: states, actions and rewards. The policy and its tables are new at every call."""
    from utils import simulate

    rng = np.random.default_rng(2)
    return lambda: simulate(mdp, TabularSoftmax(theta), n, horizon, rng)


def estimation(mdp, theta, n: int = N, horizon: int = T):
    """Ours: simulate, then the reward-to-go mean and its exact standard error."""
    from utils import policy_gradient, simulate

    rng = np.random.default_rng(2)

    def run():
        policy = TabularSoftmax(theta)
        return policy_gradient(simulate(mdp, policy, n, horizon, rng), policy, mdp)

    return run
