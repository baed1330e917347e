"""The finite Markov decision process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from utils.common.validation import check_discount, check_distributions, finite_array


@dataclass(frozen=True, eq=False)
class FiniteMDP:
    """A Markov decision process with finitely many states and actions (``def:law``).

    Parameters
    ----------
    P : array [S, A, S]
        ``P[s, a, s']`` is the probability of the next state s' after action a in state s.
    R : array [S, A]
        ``R[s, a]`` is the mean reward of action a in state s.
    gamma : float in [0, 1)
        The discount.
    rho0 : array [S]
        The law of the first state.

    The arrays are copied and made read-only.

    Raises
    ------
    ValueError
        For a wrong shape, a number that is not finite, a probability that is negative, a law that
        does not sum to 1 and a discount outside [0, 1). The message names the entry.
    """

    P: np.ndarray
    R: np.ndarray
    gamma: float
    rho0: np.ndarray

    def __post_init__(self) -> None:
        P = finite_array("P", self.P, (None, None, None))
        n_states, n_actions, _ = P.shape
        P = finite_array("P", P, (n_states, n_actions, n_states))
        R = finite_array("R", self.R, (n_states, n_actions))
        rho0 = finite_array("rho0", self.rho0, (n_states,))
        check_distributions("P", P)
        check_distributions("rho0", rho0)
        object.__setattr__(self, "P", P)
        object.__setattr__(self, "R", R)
        object.__setattr__(self, "gamma", check_discount(self.gamma))
        object.__setattr__(self, "rho0", rho0)

    @property
    def n_states(self) -> int:
        """S, the number of states."""
        return self.P.shape[0]

    @property
    def n_actions(self) -> int:
        """A, the number of actions."""
        return self.P.shape[1]

    @property
    def R_max(self) -> float:
        """The largest mean reward in absolute value, max |R(s, a)|."""
        return float(np.abs(self.R).max())

    def expected_next(self, values: np.ndarray) -> np.ndarray:
        """(P v)(s, a) = sum_{s'} P(s'|s, a) v(s'), [S, A]."""
        # One matrix-vector product over all pairs is faster than a stack of them.
        return (self.P.reshape(-1, self.n_states) @ values).reshape(self.R.shape)

    def policy_kernel(self, probabilities: np.ndarray) -> np.ndarray:
        """P_pi(s, s') = sum_a pi(a|s) P(s'|s, a), [S, S]."""
        return np.matmul(probabilities[:, None, :], self.P)[:, 0, :]

    @cached_property
    def terminal(self) -> np.ndarray:
        """True for each state that no action leaves and that pays nothing, [S]."""
        stays = self.P[np.arange(self.n_states), :, np.arange(self.n_states)] == 1
        return (stays & (self.R == 0)).all(axis=1)

    @cached_property
    def branches(self) -> Branches:
        """The steps that are possible from each state, a compact form of ``P`` for sampling."""
        n_states, n_actions = self.R.shape
        joint = self.P.reshape(n_states, n_actions * n_states)
        possible = joint > 0
        width = power_of_two(possible.sum(axis=1).max())
        # A stable sort of "impossible" brings the possible pairs (a, s') to the front, in order.
        columns = np.argsort(~possible, axis=1, kind="stable")[:, :width]
        probabilities = np.take_along_axis(joint, columns, axis=1)
        padding = ((0, 0), (0, width - columns.shape[1]))
        columns, probabilities = np.pad(columns, padding), np.pad(probabilities, padding)
        pairs = np.arange(n_states)[:, None] * power_of_two(n_actions) + columns // n_states
        return Branches(pairs, columns % n_states, probabilities)

    @classmethod
    def from_gymnasium(cls, env, gamma: float = 0.9) -> FiniteMDP:
        """The MDP in the transition table ``P`` of a Gymnasium toy-text environment.

        A state that some transition enters with the flag "terminated" is made absorbing with
        reward 0. ``R[s, a]`` is the mean of the listed rewards and ``rho0`` is the
        environment's ``initial_state_distrib``.

        Gymnasium's environments carry no discount. The default 0.9 is this book's choice for its
        examples. A time limit of the environment is not part of the table and is left out.

        Raises
        ------
        ValueError
            If the environment has no such table, or if a state is entered both as a terminal state
            and as a state to go on from.
        """
        table, rho0 = _gymnasium_table(env)
        n_states, n_actions = len(table), len(table[0])
        terminal = {
            next_state
            for rows in table.values()
            for outcomes in rows.values()
            for _, next_state, _, terminated in outcomes
            if terminated
        }
        P = np.zeros((n_states, n_actions, n_states))
        R = np.zeros((n_states, n_actions))
        for s in range(n_states):
            if s in terminal:
                P[s, :, s] = 1
                continue
            for a in range(n_actions):
                for probability, next_state, reward, terminated in table[s][a]:
                    if next_state in terminal and not terminated:
                        raise ValueError(
                            f"the table enters state {next_state} both as a terminal state and, "
                            f"by action {a} in state {s}, as a state to go on from"
                        )
                    P[s, a, next_state] += probability
                    R[s, a] += probability * reward
        return cls(P, R, gamma, rho0)


@dataclass(frozen=True, eq=False)
class Branches:
    """The K possible steps (a, s') from each state; K is a power of two.

    ``pairs`` = s m + a with the smallest power of two m >= A, ``next_states`` = s' and
    ``probabilities`` = P(s'|s, a), each [S, K]. A state with fewer possible steps is padded with
    probability 0.
    """

    pairs: np.ndarray
    next_states: np.ndarray
    probabilities: np.ndarray

    @cached_property
    def labels(self) -> np.ndarray:
        """Each step as the single integer s' 2^32 + s m + a, [S, K]."""
        return (self.next_states << 32) + self.pairs


def power_of_two(least: int) -> int:
    """The smallest power of two that is at least ``least``."""
    return 1 << (int(least) - 1).bit_length()


def padded_pairs(table: np.ndarray) -> np.ndarray:
    """A table [S, A] as a flat array in which entry (s, a) stands at place s m + a."""
    padded = np.zeros((len(table), power_of_two(table.shape[1])))
    padded[:, : table.shape[1]] = table
    return padded.ravel()


def _gymnasium_table(env):
    inner = getattr(env, "unwrapped", env)
    table = getattr(inner, "P", None)
    rho0 = getattr(inner, "initial_state_distrib", None)
    if table is None or rho0 is None:
        raise ValueError(
            f"{type(inner).__name__} has no transition table P with initial_state_distrib; "
            "toy-text environments such as FrozenLake-v1, CliffWalking-v1 and Taxi-v3 have one"
        )
    return table, rho0
