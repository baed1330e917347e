"""Random problems, and one by hand, that the tests of several rooms share."""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np

from utils.common.validation import check_count
from utils.model import examples
from utils.model.mdp import FiniteMDP
from utils.model.policies import TabularSoftmax
from utils.model.rational import RationalMDP, RationalPolicy, logit_policy


def random_mdp(
    rng: np.random.Generator,
    n_states: int,
    n_actions: int,
    gamma: float | None = None,
    successors: int | None = None,
    absorbing: int = 0,
) -> FiniteMDP:
    """A random MDP: Dirichlet transitions and start law, normal rewards.

    Each pair has at most ``successors`` possible next states (all states unless given). The last
    ``absorbing`` states keep the chain for ever and pay 0. Without ``gamma`` the discount is
    uniform on [0, 0.95).
    """
    check_count("n_states", n_states)
    check_count("n_actions", n_actions)
    successors = min(successors or n_states, n_states)
    P = np.zeros((n_states, n_actions, n_states))
    for s in range(n_states):
        for a in range(n_actions):
            where = rng.choice(n_states, successors, replace=False)
            P[s, a, where] = rng.dirichlet(np.ones(successors))
    R = rng.normal(size=(n_states, n_actions))
    for s in range(n_states - absorbing, n_states):
        P[s] = np.eye(n_states)[s]
        R[s] = 0
    gamma = 0.95 * rng.random() if gamma is None else gamma
    return FiniteMDP(P, R, gamma, rng.dirichlet(np.ones(n_states)))


def random_problem(seed, largest=5, gamma=None):
    """A random MDP of up to ``largest`` states and actions, and a random softmax policy."""
    rng = np.random.default_rng(seed)
    n_states, n_actions = rng.integers(1, largest + 1, size=2)
    mdp = random_mdp(rng, n_states, n_actions, gamma)
    return mdp, TabularSoftmax(rng.normal(size=(n_states, n_actions)))


def table_example(gamma):
    """The running MDP with p = (1/2, 1/3), one logit for each state."""
    tables = examples.running_tables()
    return RationalMDP(tables.P, tables.R, gamma, tables.rho0), logit_policy(["1/2", "1/3"])


def random_fractions(rng, shape, low=-3):
    return np.vectorize(lambda n: F(int(n), 4), otypes=[object])(rng.integers(low, 5, shape))


def random_rational(seed, gamma="2/3", random_rewards=False):
    """Two states and actions in fractions; rewards on transitions and with noise, if wanted."""
    rng = np.random.default_rng(seed)

    def laws(*shape):
        weights = random_fractions(rng, shape, low=1)
        return weights / weights.sum(axis=-1, keepdims=True)

    pi = laws(2, 2)
    raw = random_fractions(rng, (2, 2, 2))
    scores = raw - (pi[:, :, None] * raw).sum(axis=1, keepdims=True)
    mdp = RationalMDP(laws(2, 2, 2), random_fractions(rng, (2, 2)), gamma, laws(2))
    if random_rewards:
        R, sd = random_fractions(rng, (2, 2, 2)), random_fractions(rng, (2, 2, 2), low=0)
        mdp = RationalMDP(mdp.P, R, gamma, mdp.rho0, sd)
    return mdp, RationalPolicy(pi, scores)


def with_random_rewards(mdp, seed):
    """The same floats with rewards on transitions and normal noise."""
    rng = np.random.default_rng(seed)
    R, sd = rng.normal(size=mdp.P.shape), rng.random(mdp.P.shape)
    return FiniteMDP(mdp.P, R, mdp.gamma, mdp.rho0, sd)


def short_corridor(p):
    """The corridor of three cells and its policy with pi(right) = p."""
    return examples.short_corridor(), examples.short_corridor_policy(p)
