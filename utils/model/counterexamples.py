"""Small problems that refute popular beliefs about variance, in exact fractions.

Each function returns (mdp, policy), rational twins of ``FiniteMDP`` and a policy with one logit
for each state or one for all (``model.rational``). Problems of one or two steps have gamma = 1 and
need ``horizon``; what their states do afterwards does not matter.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from utils.model.rational import RationalMDP, RationalPolicy, logit_policy

HALF = Fraction(1, 2)


def two_state(start, to_one, R, p, gamma, shared=False) -> tuple[RationalMDP, RationalPolicy]:
    """Two states: P(1|s, a) = to_one[s][a], rewards R[s][a], pi(1|s) = p[s], first state start."""
    P = [[[1 - Fraction(q), Fraction(q)] for q in row] for row in to_one]
    return RationalMDP(P, R, gamma, [1 - start, start]), logit_policy(p, shared)


def two_steps(first_rewards, to, rewards, p) -> tuple[RationalMDP, RationalPolicy]:
    """Horizon 2, gamma = 1, one shared logit.

    State 0 pays ``first_rewards[a]`` and leads to state s' with probability ``to[a][s']``. State s
    then pays ``rewards[s][a]``. ``p`` holds pi(1|s) for state 0 and for the later ones.
    """
    n_states = len(p)
    P = np.zeros((n_states, 2, n_states), dtype=object)
    for action in (0, 1):
        for next_state, probability in to[action].items():
            P[0, action, next_state] = probability
    for s in range(1, n_states):
        P[s, :, s] = 1
    rho0 = [1] + [0] * (n_states - 1)
    return RationalMDP(P, [first_rewards, *rewards], 1, rho0), logit_policy(p, shared=True)


def bandit() -> tuple[RationalMDP, RationalPolicy]:
    """One step, rewards (-1, 9), pi(1) = 9/10: V = 8 is a worse baseline than 0."""
    return RationalMDP([[[1], [1]]], [[-1, 9]], 1, [1]), logit_policy(["9/10"])


def constant_rewards(bonus=0) -> tuple[RationalMDP, RationalPolicy]:
    """Two steps pay -1 and 1 + bonus a: reward-to-go has more variance than the total return."""
    rewards = [[1, 1 + Fraction(bonus)]]
    return two_steps([-1, -1], [{1: 1}, {1: 1}], rewards, [HALF, HALF])


def xor_game(bonus=0) -> tuple[RationalMDP, RationalPolicy]:
    """Two fair coins from one shared logit; reward 4 if they differ, plus ``bonus`` for a_0 = 1.

    Reward-to-go has variance 0; the exact Q, the advantage and averaging over actions have 1.
    """
    return two_steps([0, bonus], [{1: 1}, {2: 1}], [[0, 4], [4, 0]], [HALF, HALF, HALF])


def geometric_stopping(p, gamma) -> tuple[RationalMDP, RationalPolicy]:
    """Action 1 pays 1 and stops, action 0 waits, for ever; pi(1) = p."""
    P = [[[1, 0], [0, 1]], [[0, 1], [0, 1]]]
    return RationalMDP(P, [[0, 1], [0, 0]], gamma, [1, 0]), logit_policy([p, HALF])


def advantage_above_baselined_return() -> tuple[RationalMDP, RationalPolicy]:
    """The advantage has more variance than reward-to-go with the baseline V."""
    return two_state(1, [[0, 0], [0, HALF]], [[-2, -2], [0, -2]], ["1/5", "4/5"], "9/10")


def noiseless_td_error() -> tuple[RationalMDP, RationalPolicy]:
    """Two steps in which the TD error has variance 0 and the advantage 1/2."""
    to = [{3: 1}, {1: HALF, 2: HALF}]
    return two_steps([0, 0], to, [[8, 4], [0, 4], [4, 4]], [HALF] * 4)


def advantage_above_td_error() -> tuple[RationalMDP, RationalPolicy]:
    """The same without a horizon and with one logit for each state."""
    return two_state(0, [[HALF, 0], [1, 1]], [[2, -2], [0, 1]], ["4/5", "1/5"], "9/10")


def noiseless_advantage() -> tuple[RationalMDP, RationalPolicy]:
    """Two steps in which the advantage has variance 0 and averaging over actions 36/25."""
    return two_steps([0, 0], [{2: 1}, {1: 1}], [[11, 5], [0, 6]], ["1/5", HALF, HALF])


def all_action_above_advantage() -> tuple[RationalMDP, RationalPolicy]:
    """Averaging over actions has 36 times the variance of the advantage."""
    return two_state(1, [[0, 0], [1, 0]], [[1, 1], [1, -1]], ["1/10", "1/5"], "9/10")
