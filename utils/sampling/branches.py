"""The steps that are possible from each state of an MDP, a compact form of ``P`` for sampling."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np

from utils.model.mdp import FiniteMDP


@dataclass(frozen=True, eq=False)
class Branches:
    """The K possible steps (a, s') from each state; K is a power of two.

    ``pairs`` = s m + a with the smallest power of two m >= A, ``next_states`` = s' and
    ``probabilities`` = P(s'|s, a), each [S, K]. A state with fewer possible steps is padded with
    probability 0.

    ``numbers`` [S, K] = (s J + j) m + a numbers the steps, j < J being the place of s' among the
    successors of (s, a), and J a power of two. Where a reward depends on (s, a) alone, J = 1 and
    the number is the pair. ``rewards`` [S J m] holds the reward of each step at its number.
    """

    pairs: np.ndarray
    numbers: np.ndarray
    next_states: np.ndarray
    probabilities: np.ndarray
    rewards: np.ndarray

    @property
    def state_bits(self) -> int:
        """How many bits of a number stand behind its state s: log2(J m)."""
        return (len(self.rewards) // len(self.pairs)).bit_length() - 1

    @cached_property
    def labels(self) -> np.ndarray:
        """Each step as the single integer s' 2^32 + its number, [S, K]."""
        return (self.next_states << 32) + self.numbers


_KEPT: WeakKeyDictionary[FiniteMDP, Branches] = WeakKeyDictionary()


def branches_of(mdp: FiniteMDP) -> Branches:
    """The branches of this MDP, made at the first call and kept for as long as the MDP is."""
    if mdp not in _KEPT:
        _KEPT[mdp] = _possible_steps(mdp)
    return _KEPT[mdp]


def _possible_steps(mdp: FiniteMDP) -> Branches:
    n_states, n_actions = mdp.n_states, mdp.n_actions
    joint = mdp.P.reshape(n_states, n_actions * n_states)
    possible = joint > 0
    width = power_of_two(possible.sum(axis=1).max())
    # A stable sort of "impossible" brings the possible pairs (a, s') to the front, in order.
    columns = np.argsort(~possible, axis=1, kind="stable")[:, :width]
    probabilities = np.take_along_axis(joint, columns, axis=1)
    padding = ((0, 0), (0, width - columns.shape[1]))
    columns, probabilities = np.pad(columns, padding), np.pad(probabilities, padding)
    actions, next_states = np.divmod(columns, n_states)
    states, row = np.arange(n_states)[:, None], power_of_two(n_actions)
    places, ranks = 1, np.zeros_like(columns)
    if mdp.R_next is not None:
        successors = (mdp.P > 0).sum(axis=2)
        places = power_of_two(successors.max())
        before = np.cumsum(successors, axis=1) - successors  # steps with a smaller action
        ranks = np.arange(width) - np.take_along_axis(before, actions, axis=1)
        ranks[probabilities == 0] = 0
    numbers = (states * places + ranks) * row + actions
    rewards = np.zeros(n_states * places * row)
    real = np.nonzero(probabilities)
    rewards[numbers[real]] = mdp.transition_reward(real[0], actions[real], next_states[real])
    # Labels need 64 bits, and where Python has 32, as in a browser, NumPy takes no more by itself.
    numbers, next_states = numbers.astype(np.int64), next_states.astype(np.int64)
    return Branches(states * row + actions, numbers, next_states, probabilities, rewards)


def power_of_two(least: int) -> int:
    """The smallest power of two that is at least ``least``."""
    return 1 << (int(least) - 1).bit_length()


def padded_pairs(table: np.ndarray) -> np.ndarray:
    """A table [S, A] as a flat array in which entry (s, a) stands at place s m + a."""
    padded = np.zeros((len(table), power_of_two(table.shape[1])))
    padded[:, : table.shape[1]] = table
    return padded.ravel()
