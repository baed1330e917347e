"""The named MDPs and policies that chapters and tests share.

A world that only one picture shows is built beside it, in ``figures.worlds``; one that refutes a
belief stands in ``counterexamples``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from utils.model.mdp import FiniteMDP
from utils.model.policies import FinitePolicy, LinearSoftmax, TabularSoftmax

DOWN, RIGHT = 1, 2


@dataclass(frozen=True)
class RunningTables:
    """The running example in exact fractions, for symbolic work.

    ``P[s][a][s']``, ``R[s][a]``, ``rho0[s]`` and ``p[s]`` = pi(1|s).
    """

    P: tuple[tuple[tuple[Fraction, ...], ...], ...]
    R: tuple[tuple[Fraction, ...], ...]
    rho0: tuple[Fraction, ...]
    p: tuple[Fraction, ...]


def running_tables() -> RunningTables:
    """The two-state MDP that runs through the whole book, in exact fractions.

    Two states, two actions, start in state 0. The actions change the transitions, the reward
    depends on state and action, and no probability is 1/2 in the policy: no check of the book is
    blind on it.
    """
    half, quarter, three_quarters = Fraction(1, 2), Fraction(1, 4), Fraction(3, 4)
    return RunningTables(
        P=(
            ((three_quarters, quarter), (quarter, three_quarters)),
            ((half, half), (three_quarters, quarter)),
        ),
        R=((Fraction(1), Fraction(0)), (Fraction(0), Fraction(2))),
        rho0=(Fraction(1), Fraction(0)),
        p=(Fraction(2, 5), Fraction(1, 3)),
    )


def running(gamma: float = 0.5) -> FiniteMDP:
    """The running two-state MDP with this discount."""
    tables = running_tables()
    return FiniteMDP(
        P=np.array(tables.P, dtype=float),
        R=np.array(tables.R, dtype=float),
        gamma=gamma,
        rho0=np.array(tables.rho0, dtype=float),
    )


def running_policy() -> TabularSoftmax:
    """pi(1|s) = p_s with p = (2/5, 1/3), as a softmax with logits (0, logit p_s)."""
    p = np.array(running_tables().p, dtype=float)
    return TabularSoftmax(np.column_stack([np.zeros(2), np.log(p / (1 - p))]))


def frozen_lake(gamma: float = 0.9) -> FiniteMDP:
    """Gymnasium's FrozenLake-v1 on the slippery 4x4 map, read from the environment's own table.

    States are numbered row by row from the top left; actions are left, down, right, up. The only
    reward is 1 on reaching the goal, state 15. It is paid on arrival, so it is random given (s, a).
    """
    import gymnasium

    env = gymnasium.make("FrozenLake-v1", map_name="4x4", is_slippery=True)
    try:
        return FiniteMDP.from_gymnasium(env, gamma)
    finally:
        env.close()


def frozen_lake_policy() -> TabularSoftmax:
    """Heads for the goal: logit 1 for down above the last row and for right before the last column.

    All other logits are 0. The policy differs from state to state, so that a check on it sees the
    kernel.
    """
    row, column = np.divmod(np.arange(16), 4)
    theta = np.zeros((16, 4))
    theta[row < 3, DOWN] = 1
    theta[column < 3, RIGHT] = 1
    return TabularSoftmax(theta)


def shared_logit(policy: FinitePolicy, action: int) -> LinearSoftmax:
    """The same probabilities with one parameter: a logit of ``action`` shared by all states.

    pi_theta(a|s) is proportional to pi(a|s) exp(theta 1{a = action}), taken at theta = [0]. Its
    score is psi(s, a) = 1{a = action} - pi(action|s). ValueError if there is no such action or
    some probability of ``policy`` is 0.
    """
    pi = policy.probabilities
    if not 0 <= action < policy.n_actions:
        raise ValueError(f"action is {action}; it should be from 0 to {policy.n_actions - 1}")
    logits = TabularSoftmax.from_probabilities(pi).theta
    indicator = np.zeros((*pi.shape, 1))
    indicator[:, action] = 1
    return LinearSoftmax(indicator, np.zeros(1), logits)


def worlds(shared: bool = False) -> dict[str, tuple[FiniteMDP, FinitePolicy]]:
    """{name: (MDP, policy)}: the two worlds on which the chapters simulate.

    "the running MDP" with gamma = 1/2 and "FrozenLake" with gamma = 9/10, each with its policy.
    ``shared`` gives each policy one parameter, the logit of one action in all states
    (``shared_logit``): action 1 of the running MDP, action 2 (right) on the ice.
    """
    found = {
        "the running MDP": (running(gamma=0.5), running_policy(), 1),
        "FrozenLake": (frozen_lake(gamma=0.9), frozen_lake_policy(), RIGHT),
    }
    return {
        name: (mdp, shared_logit(policy, action) if shared else policy)
        for name, (mdp, policy, action) in found.items()
    }


def short_corridor(gamma: float = 1.0) -> FiniteMDP:
    """Three cells in a row, then the exit; each step costs 1 (Sutton & Barto 2018, example 13.1).

    Action 0 goes left and action 1 right, but in the middle cell the other way round. A wall is at
    the left end; the exit is state 3. Episodes begin in cell 0. Under a policy that takes both
    actions in every cell with positive probability they end with certainty, so gamma may be 1.
    """
    P = deterministic_kernel([[0, 1], [2, 0], [1, 3], [3, 3]])
    R = np.full((4, 2), -1.0)
    R[3] = 0
    return FiniteMDP(P, R, gamma, np.eye(4)[0])


def short_corridor_policy(p: float = 0.5) -> LinearSoftmax:
    """Goes right with probability p in every cell, as all look alike; theta = [logit p].

    J = -(4 - 2p)/(p(1 - p)), with slope 2 in theta at p = 1/2, where J = -12. The best is
    p = 2 - sqrt 2 with J = -11.6569.
    """
    if not 0 < p < 1:
        raise ValueError(f"p is {p}, not strictly inside (0, 1)")
    features = np.zeros((4, 2, 1))
    features[:, 1] = 1
    return LinearSoftmax(features, np.array([np.log(p / (1 - p))]))


def deterministic_kernel(next_states) -> np.ndarray:
    """P [S, A, S] as integers 0 and 1: action a in state s leads to ``next_states[s][a]``."""
    return np.eye(len(next_states), dtype=int)[np.array(next_states)]
