"""Many trajectories of a finite MDP at once: how they are drawn, and how they are kept."""

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
from utils.model.mdp import FiniteMDP
from utils.model.policies import FinitePolicy, check_fits, cumulative
from utils.sampling.engine import BLOCK, AliasSteps
from utils.sampling.memory import keep_freed_memory


def textbook_steps(
    mdp: FiniteMDP, policy: FinitePolicy, rollouts: Rollouts, rng: np.random.Generator
) -> None:
    """Draw the steps of ``rollouts``, whose first states are there already (``def:law``).

    At each time t two uniforms u, v on [0, 1) decide in each trajectory: a_t is the number of
    entries of the cdf of pi(.|s_t) that are at most u, and s_{t+1} the number of entries of the
    cdf of P(.|s_t, a_t) that are at most v (inverse transform sampling, Devroye 1986, section 2.1).
    """
    path, actions, rewards = rollouts.path, rollouts.actions, rollouts.rewards
    policy_cdf, kernel_cdf = cumulative(policy.probabilities), cumulative(mdp.P)
    for t in range(rollouts.horizon):
        s = path[t]
        u, v = rng.random((2, rollouts.n, 1))
        a = (policy_cdf[s] <= u).sum(axis=1)
        actions[t], rewards[t] = a, mdp.R[s, a]
        path[t + 1] = (kernel_cdf[s, a] <= v).sum(axis=1)


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

    ``sampling.engine`` draws the steps, with the law of ``textbook_steps``. With
    ``common_random_numbers`` ``textbook_steps`` itself draws them. Then two policies that are
    close, run with the same seed, take almost the same paths, so that an estimate moves smoothly
    along a slider. This is slower.
    """
    check_fits(mdp, policy)
    n, horizon = check_count("n", n), check_count("horizon", horizon)
    check_generator(rng)
    keep_freed_memory()
    rollouts = Rollouts.empty(n, horizon, mdp)
    _start(mdp, rollouts, rng)
    steps = None if common_random_numbers else AliasSteps(mdp, policy, n * horizon)
    for part in _blocks(rollouts):
        if steps is None:
            textbook_steps(mdp, policy, part, rng)
        else:
            steps.walk(part.path, part.actions, part.rewards, rng)
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
        _start(mdp, full, rng)
        for part in _blocks(full):
            steps.walk(part.path, part.actions, part.rewards, rng)
        yield full
    if n % chunk:
        yield simulate(mdp, policy, n % chunk, horizon, rng)


def _start(mdp: FiniteMDP, rollouts: Rollouts, rng: np.random.Generator) -> None:
    """Draw the first states from rho0."""
    start_cdf = cumulative(mdp.rho0)
    rollouts.path[0] = np.searchsorted(start_cdf, rng.random(rollouts.n), side="right")


def _blocks(rollouts: Rollouts) -> Iterator[Rollouts]:
    """The trajectories in parts of at most ``BLOCK``, which bounds the memory of a step."""
    for first in range(0, rollouts.n, BLOCK):
        yield rollouts.columns(slice(first, first + BLOCK))


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
