"""Many trajectories of a finite MDP at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from utils.common.validation import (
    check_count,
    check_generator,
    check_shape,
    entry,
    finite_array,
)
from utils.model.mdp import FiniteMDP, padded_pairs, power_of_two
from utils.model.policies import FinitePolicy, check_fits, cumulative
from utils.sampling.memory import keep_freed_memory
from utils.sampling.runs import RunTables

# Numbers worked on at a time: enough to hide the cost of a NumPy call, few enough for the cache.
BLOCK = 1 << 15

keep_freed_memory()


@dataclass(frozen=True, eq=False)
class Rollouts:
    """N trajectories of T steps, time-major: entry [t, n] belongs to step t of trajectory n.

    ``path`` [T + 1, N] holds the states s_0, ..., s_T as integers, ``actions`` [T, N] integers and
    ``rewards`` [T, N] floats. ``sizes`` = (S, A) are those of the MDP that was simulated; rollouts
    made by hand need not tell them. ValueError if the shapes do not fit together.
    """

    path: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    sizes: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        check_shape("actions", self.actions, (None, None))
        check_shape("rewards", self.rewards, self.actions.shape)
        check_shape("path", self.path, (self.horizon + 1, self.n))

    @property
    def states(self) -> np.ndarray:
        """s_t of every step, [T, N]."""
        return self.path[:-1]

    @property
    def next_states(self) -> np.ndarray:
        """s_{t+1} of every step, [T, N]."""
        return self.path[1:]

    @property
    def horizon(self) -> int:
        """T, the number of steps of each trajectory."""
        return self.actions.shape[0]

    @property
    def n(self) -> int:
        """N, the number of trajectories."""
        return self.actions.shape[1]

    def columns(self, which: slice) -> Rollouts:
        """Some of the trajectories, as views of these arrays."""
        return Rollouts(
            self.path[:, which], self.actions[:, which], self.rewards[:, which], self.sizes
        )

    def check_fits(self, mdp: FiniteMDP) -> None:
        """Raise unless these can be trajectories of this MDP."""
        if self.sizes is None:
            finite_array("rewards", self.rewards)
            for name, array, size in (
                ("path", self.path, mdp.n_states),
                ("actions", self.actions, mdp.n_actions),
            ):
                wrong = np.argwhere((array < 0) | (array >= size))
                if len(wrong):
                    where = tuple(wrong[0])
                    raise ValueError(
                        f"{entry(name, where)} is {array[where]}, not in 0, ..., {size - 1}"
                    )
        elif self.sizes != (mdp.n_states, mdp.n_actions):
            raise ValueError(
                f"the rollouts are of an MDP with {self.sizes[0]} states and {self.sizes[1]} "
                f"actions, this one has {mdp.n_states} and {mdp.n_actions}"
            )

    @classmethod
    def empty(cls, n: int, horizon: int, mdp: FiniteMDP) -> Rollouts:
        """Arrays to be filled with trajectories of this MDP."""
        return cls(
            np.empty((horizon + 1, n), dtype=np.int64),
            np.empty((horizon, n), dtype=np.int64),
            np.empty((horizon, n)),
            (mdp.n_states, mdp.n_actions),
        )


def simulate(
    mdp: FiniteMDP,
    policy: FinitePolicy,
    n: int,
    horizon: int,
    rng: np.random.Generator,
    common_random_numbers: bool = False,
) -> Rollouts:
    """``n`` independent trajectories of ``horizon`` steps under the policy (``def:law``).

    The same seed gives the same numbers. The reward of a step is the mean R(s, a).

    Action and next state are drawn together, from one alias table for each state (``alias``),
    in a small MDP even for a few steps at once (``runs``). With ``common_random_numbers``
    they come from two uniforms through the inverse cdf instead. Then two policies that are close,
    run with the same seed, take almost the same paths, so that an estimate moves smoothly along a
    slider. This is slower.
    """
    check_fits(mdp, policy)
    n, horizon = check_count("n", n), check_count("horizon", horizon)
    check_generator(rng)
    rollouts = Rollouts.empty(n, horizon, mdp)
    sampler = InverseCdfSteps if common_random_numbers else AliasSteps
    _fill(rollouts, sampler(mdp, policy, n * horizon), mdp, rng)
    return rollouts


def simulate_in_chunks(
    mdp: FiniteMDP,
    policy: FinitePolicy,
    n: int,
    horizon: int,
    rng: np.random.Generator,
    chunk: int = 10_000,
) -> Iterator[Rollouts]:
    """The same law as ``simulate``, at most ``chunk`` trajectories at a time.

    All chunks share one block of memory: use each before asking for the next.
    """
    check_fits(mdp, policy)
    n, horizon = check_count("n", n), check_count("horizon", horizon)
    check_generator(rng)
    chunk = min(check_count("chunk", chunk), n)
    full, steps = Rollouts.empty(chunk, horizon, mdp), AliasSteps(mdp, policy, n * horizon)
    for _ in range(n // chunk):
        _fill(full, steps, mdp, rng)
        yield full
    if n % chunk:
        yield simulate(mdp, policy, n % chunk, horizon, rng)


def _fill(rollouts: Rollouts, steps, mdp: FiniteMDP, rng: np.random.Generator) -> None:
    start_cdf = cumulative(mdp.rho0)
    rollouts.path[0] = np.searchsorted(start_cdf, rng.random(rollouts.n), side="right")
    for first in range(0, rollouts.n, BLOCK):
        columns = slice(first, first + BLOCK)
        steps.walk(
            rollouts.path[:, columns],
            rollouts.actions[:, columns],
            rollouts.rewards[:, columns],
            rng,
        )


class AliasSteps:
    """Steps of many trajectories by alias tables, from one 32-bit random word for each run.

    A run is one step, or a few in a small MDP (``runs``). One look-up gives its label, whose
    high part is the law of the next draw. The low part holds the pairs (s, a) of its steps, and a
    pair gives the action and is the place of the reward.
    """

    def __init__(self, mdp: FiniteMDP, policy: FinitePolicy, steps: int):
        branches = mdp.branches
        chances = padded_pairs(policy.probabilities).take(branches.pairs)
        chances *= branches.probabilities
        self.runs = RunTables.build(branches, chances, steps)
        self.rewards = padded_pairs(mdp.R)
        row = power_of_two(mdp.n_actions)
        self.action_mask, self.action_bits = np.array(row - 1), np.array(row.bit_length() - 1)

    def walk(self, path, actions, rewards, rng: np.random.Generator) -> None:
        """Fill ``actions`` and ``rewards`` [T, N] and all rows of ``path`` but the first."""
        horizon, n = actions.shape
        last, cells = path[0] << 32, np.empty(n, dtype=np.int64)
        length = self.runs.length
        n_runs = max(1, BLOCK // (n * length))
        labels, scratch = np.empty((2, n_runs, n), dtype=np.int64)
        for t in range(0, horizon, n_runs * length):
            k = min(n_runs, -(-(horizon - t) // length))
            drawn = labels[:k]
            words = rng.bit_generator.random_raw((k * n + 1) // 2).view(np.uint32)[: k * n]
            for word, label in zip(words.astype(np.int64).reshape(k, n), drawn, strict=True):
                self.runs.tables.draw(last, word, label, cells)
                last = label
            self._unpack(drawn, path[t:], actions[t:], rewards[t:], scratch[:k])

    def _unpack(self, labels, path, actions, rewards, pairs) -> None:
        """Write out the steps of the runs in ``labels`` [k, n], up to the end of the arrays.

        ``pairs`` [k, n] is scratch. Row i of the labels starts at step i m of the arrays.
        """
        length = self.runs.length
        stop = len(labels) * length
        for step in range(length):
            self.runs.pairs(labels, step, out=pairs)
            now = actions[step:stop:length]
            np.bitwise_and(pairs[: len(now)], self.action_mask, out=now)
            self.rewards.take(pairs[: len(now)], None, rewards[step:stop:length], "clip")
            if step:
                here = path[step:stop:length]
                np.right_shift(pairs[: len(here)], self.action_bits, out=here)
        ends = path[length : stop + 1 : length]
        np.right_shift(labels[: len(ends)], 32, out=ends)


class InverseCdfSteps:
    """Steps of many trajectories, from two uniforms each: action first, then next state."""

    def __init__(self, mdp: FiniteMDP, policy: FinitePolicy, steps: int):
        self.policy_cdf = cumulative(policy.probabilities)
        self.kernel_cdf = cumulative(mdp.P)
        self.mean_rewards = mdp.R

    def walk(self, path, actions, rewards, rng: np.random.Generator) -> None:
        """Fill ``actions`` and ``rewards`` [T, N] and all rows of ``path`` but the first."""
        for t in range(len(actions)):
            states = path[t]
            action_uniforms, state_uniforms = rng.random((2, len(states), 1))
            actions[t] = (self.policy_cdf[states] <= action_uniforms).sum(axis=1)
            path[t + 1] = (self.kernel_cdf[states, actions[t]] <= state_uniforms).sum(axis=1)
            rewards[t] = self.mean_rewards[states, actions[t]]
