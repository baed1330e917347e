"""Many trajectories of a finite MDP at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from utils.alias import AliasTables
from utils.mdp import FiniteMDP, power_of_two
from utils.policies import FinitePolicy, check_fits, cumulative
from utils.validation import check_count, check_generator


@dataclass(frozen=True, eq=False)
class Rollouts:
    """N trajectories of T steps, time-major: entry [t, n] belongs to step t of trajectory n.

    ``states`` [T, N], ``actions`` [T, N] (integers), ``rewards`` [T, N] (floats), and
    ``final_states`` [N], the states s_T after the last action.
    """

    states: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    final_states: np.ndarray

    @property
    def horizon(self) -> int:
        """T, the number of steps of each trajectory."""
        return self.states.shape[0]

    @property
    def n(self) -> int:
        """N, the number of trajectories."""
        return self.states.shape[1]

    @property
    def next_states(self) -> np.ndarray:
        """s_{t+1} for every step, [T, N]."""
        return np.vstack([self.states[1:], self.final_states])

    @classmethod
    def empty(cls, n: int, horizon: int) -> Rollouts:
        """Arrays to be filled, all in one block of memory.

        One large block is kept by the allocator from call to call. Three smaller ones are given
        back to the system, which costs more time than half of the simulation.
        """
        block = np.empty((3, horizon + 1, n), dtype=np.int64)
        return cls(block[0, :-1], block[1, :-1], block[2, :-1].view(float), block[0, -1])


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

    A step draws action and next state together, from one alias table for each state
    (``utils.alias``). With ``common_random_numbers`` action and next state come from two uniforms
    through the inverse cdf instead. Then two policies that are close, run with the same seed, take
    almost the same paths, so that an estimate moves smoothly along a slider. This is slower.
    """
    check_fits(mdp, policy)
    n, horizon = check_count("n", n), check_count("horizon", horizon)
    check_generator(rng)
    rollouts = Rollouts.empty(n, horizon)
    sampler = InverseCdfSteps if common_random_numbers else AliasSteps
    _fill(rollouts, sampler(mdp, policy, n), mdp, rng)
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
    full, steps = Rollouts.empty(chunk, horizon), AliasSteps(mdp, policy, chunk)
    for _ in range(n // chunk):
        _fill(full, steps, mdp, rng)
        yield full
    if n % chunk:
        yield simulate(mdp, policy, n % chunk, horizon, rng)


def _fill(rollouts: Rollouts, steps, mdp: FiniteMDP, rng: np.random.Generator) -> None:
    start = np.searchsorted(cumulative(mdp.rho0), rng.random(rollouts.n), side="right")
    horizon = rollouts.horizon
    rollouts.states[0] = start
    for t in range(horizon):
        next_states = rollouts.states[t + 1] if t + 1 < horizon else rollouts.final_states
        steps.take(rollouts.states[t], rng, rollouts.actions[t], next_states, rollouts.rewards[t])


class AliasSteps:
    """One step of n trajectories from one 32-bit random word each.

    The label of an outcome (a, s') packs three numbers in one integer, s' | s | a from high bits to
    low, so that one look-up answers everything: shifts and masks take it apart, and its last two
    fields are the place of the reward.
    """

    def __init__(self, mdp: FiniteMDP, policy: FinitePolicy, n: int):
        n_states, n_actions = mdp.R.shape
        action_size = power_of_two(n_actions)
        pair_size = action_size * power_of_two(n_states)
        self.action_mask = action_size - 1
        self.pair_mask = pair_size - 1
        self.state_shift = pair_size.bit_length() - 1
        branches = mdp.branches
        states = np.arange(n_states)[:, None]
        labels = branches.next_states * pair_size + states * action_size + branches.actions
        chances = branches.probabilities * np.take_along_axis(
            policy.probabilities, branches.actions, axis=1
        )
        self.tables = AliasTables.build(chances, labels)
        self.rewards = np.zeros((n_states, action_size))
        self.rewards[:, :n_actions] = mdp.R
        self.rewards = self.rewards.ravel()
        self.scratch = np.empty((3, n), dtype=np.int64)

    def take(self, states, rng, actions, next_states, rewards) -> None:
        """Write the actions, next states and rewards of one step from ``states``, all [N]."""
        key, cell, label = self.scratch
        words = rng.bit_generator.random_raw((len(states) + 1) // 2).view(np.uint32)
        self.tables.draw(states, words[: len(states)], key, cell, label)
        np.right_shift(label, self.state_shift, out=next_states)
        np.bitwise_and(label, self.action_mask, out=actions)
        np.bitwise_and(label, self.pair_mask, out=cell)
        self.rewards.take(cell, None, rewards, "clip")


class InverseCdfSteps:
    """One step of n trajectories from two uniforms each, action first, then next state."""

    def __init__(self, mdp: FiniteMDP, policy: FinitePolicy, n: int):
        self.policy_cdf = cumulative(policy.probabilities)
        self.kernel_cdf = cumulative(mdp.P)
        self.mean_rewards = mdp.R

    def take(self, states, rng, actions, next_states, rewards) -> None:
        """Write the actions, next states and rewards of one step from ``states``, all [N]."""
        action_uniforms, state_uniforms = rng.random((2, len(states), 1))
        actions[:] = (self.policy_cdf[states] <= action_uniforms).sum(axis=1)
        next_states[:] = (self.kernel_cdf[states, actions] <= state_uniforms).sum(axis=1)
        rewards[:] = self.mean_rewards[states, actions]
