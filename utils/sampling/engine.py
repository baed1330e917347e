"""The engine behind ``simulate``: the law of ``textbook_steps``, drawn many times as fast.

Action and next state are drawn together, from one alias table for each state (``sampling.alias``),
in a small MDP even for a few steps at once (``sampling.strides``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from utils.model.mdp import FiniteMDP
from utils.model.policies import FinitePolicy
from utils.sampling.branches import branches_of, padded_pairs, power_of_two
from utils.sampling.strides import StrideTables

# Numbers worked on at a time: enough to hide the cost of a NumPy call, few enough for the cache.
BLOCK = 1 << 15


class AliasSteps:
    """Steps of many trajectories by alias tables, from one 32-bit random word for each stride.

    A stride is one step, or a few in a small MDP (``sampling.strides``). One look-up gives its
    label, whose high part is the law of the next draw. The low part holds the numbers of its steps
    (``sampling.branches``), and a number gives state and action and is the place of the reward.

    ``steps`` is how many steps will be drawn in all: it decides how much work the tables are worth.
    """

    def __init__(self, mdp: FiniteMDP, policy: FinitePolicy, steps: int):
        branches = branches_of(mdp)
        chances = padded_pairs(policy.probabilities).take(branches.pairs)
        chances *= branches.probabilities
        self.strides = StrideTables.build(branches, chances, steps)
        self.rewards = branches.rewards
        self.action_mask = np.array(power_of_two(mdp.n_actions) - 1)
        self.state_bits = np.array(branches.state_bits)

    def draw(self, rollouts: Any, rng: np.random.Generator) -> None:
        """Draw the steps of ``rollouts`` (``Rollouts``), whose first states are there already."""
        path, actions, rewards = rollouts.path, rollouts.actions, rollouts.rewards
        horizon, n = actions.shape
        last = path[0].astype(np.int64) << 32
        length = self.strides.length
        n_strides = max(1, BLOCK // (n * length))
        labels = np.empty((n_strides, n), dtype=np.int64)
        scratch = np.empty((n_strides, n), dtype=np.intp)  # places of rewards
        for t in range(0, horizon, n_strides * length):
            k = min(n_strides, -(-(horizon - t) // length))
            drawn = labels[:k]
            words = rng.bit_generator.random_raw((k * n + 1) // 2).view(np.uint32)[: k * n]
            self.strides.tables.draw(last, words.astype(np.int64).reshape(k, n), drawn)
            last = drawn[-1]
            self._unpack(drawn, path[t:], actions[t:], rewards[t:], scratch[:k])

    def _unpack(self, labels, path, actions, rewards, numbers) -> None:
        """Write out the steps of the strides in ``labels`` [k, n], up to the end of the arrays.

        ``numbers`` [k, n] is scratch. Row i of the labels starts at step i m of the arrays.
        """
        length = self.strides.length
        stop = len(labels) * length
        for step in range(length):
            self.strides.numbers(labels, step, out=numbers)
            now = actions[step:stop:length]
            np.bitwise_and(numbers[: len(now)], self.action_mask, out=now)
            self.rewards.take(numbers[: len(now)], None, rewards[step:stop:length], "clip")
            if step:
                here = path[step:stop:length]
                np.right_shift(numbers[: len(here)], self.state_bits, out=here)
        ends = path[length : stop + 1 : length]
        np.right_shift(labels[: len(ends)], 32, out=ends)
