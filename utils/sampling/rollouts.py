"""Many trajectories of a finite MDP at once: how they are drawn, and how they are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from utils.common.validation import (
    check_count,
    check_flag,
    check_generator,
    check_indices,
    check_shape,
    entry,
    finite_array,
    plain_array,
)
from utils.model.mdp import FiniteMDP
from utils.model.policies import FinitePolicy, check_fits, cumulative
from utils.sampling.engine import BLOCK, AliasSteps
from utils.sampling.memory import keep_freed_memory

BYTES_A_STEP = 16
MOST_BYTES = 4 * 10**9


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
        next_s = (kernel_cdf[s, a] <= v).sum(axis=1)
        actions[t], path[t + 1], rewards[t] = a, next_s, mdp.transition_reward(s, a, next_s)


def add_noise(mdp: FiniteMDP, rollouts: Rollouts, rng: np.random.Generator) -> None:
    """Add to each reward an independent normal draw of standard deviation ``mdp.reward_sd``."""
    sd = mdp.reward_sd
    for t in range(rollouts.horizon):
        step = rollouts.path[t], rollouts.actions[t], rollouts.path[t + 1]
        rollouts.rewards[t] += sd[step[: sd.ndim]] * rng.standard_normal(rollouts.n)


def simulate(
    mdp: FiniteMDP,
    policy: FinitePolicy,
    n: int,
    horizon: int,
    rng: np.random.Generator,
    common_random_numbers: bool = False,
    mean_rewards: bool = False,
) -> Rollouts:
    """``n`` independent trajectories of ``horizon`` steps under the policy (``def:law``).

    The same seed gives the same numbers. Rewards are paid as they are: those of the transitions,
    with their noise. With ``mean_rewards`` each step pays the mean R(s, a) instead.

    ``sampling.engine`` draws the steps, with the law of ``textbook_steps``. With
    ``common_random_numbers`` ``textbook_steps`` itself draws them. Then two policies that are
    close, run with the same seed, take almost the same paths, so that an estimate moves smoothly
    along a slider. This is slower.

    ValueError if the trajectories would take more than 4 GB (16 bytes a step);
    ``simulate_in_chunks`` then draws as many, a part at a time.
    """
    check_fits(mdp, policy)
    n, horizon = check_count("n", n), check_count("horizon", horizon)
    check_generator(rng)
    rollouts = Rollouts.empty(n, horizon, mdp)
    if check_flag("mean_rewards", mean_rewards):
        mdp = mdp.with_mean_rewards
    draw: Callable[[Rollouts, np.random.Generator], None]
    if check_flag("common_random_numbers", common_random_numbers):
        draw = partial(textbook_steps, mdp, policy)
    else:
        draw = AliasSteps(mdp, policy, n * horizon).draw
    _fill(rollouts, mdp, draw, rng)
    return rollouts


def simulate_in_chunks(
    mdp: FiniteMDP,
    policy: FinitePolicy,
    n: int,
    horizon: int,
    rng: np.random.Generator,
    chunk: int = 10_000,
    mean_rewards: bool = False,
) -> Iterator[Rollouts]:
    """The same law as ``simulate``, at most ``chunk`` trajectories at a time.

    All chunks share one block of memory: use each before asking for the next.
    """
    check_fits(mdp, policy)
    n, horizon = check_count("n", n), check_count("horizon", horizon)
    check_generator(rng)
    chunk = min(check_count("chunk", chunk), n)
    full = Rollouts.empty(chunk, horizon, mdp)
    if check_flag("mean_rewards", mean_rewards):
        mdp = mdp.with_mean_rewards
    draw = AliasSteps(mdp, policy, n * horizon).draw
    for first in range(0, n, chunk):
        part = full.columns(slice(0, n - first))
        _fill(part, mdp, draw, rng)
        yield part


def _fill(
    rollouts: Rollouts,
    mdp: FiniteMDP,
    draw: Callable[[Rollouts, np.random.Generator], None],
    rng: np.random.Generator,
) -> None:
    """First states, then steps in parts of ``BLOCK`` trajectories, which bounds the memory."""
    keep_freed_memory()
    start_cdf = cumulative(mdp.rho0)
    rollouts.path[0] = np.searchsorted(start_cdf, rng.random(rollouts.n), side="right")
    for first in range(0, rollouts.n, BLOCK):
        draw(rollouts.columns(slice(first, first + BLOCK)), rng)
    if mdp.reward_sd.any():
        add_noise(mdp, rollouts, rng)


@dataclass(frozen=True, eq=False)
class Rollouts:
    """N trajectories of T steps, time-major: entry [t, n] belongs to step t of trajectory n.

    ``path`` [T + 1, N] holds the states s_0, ..., s_T as integers, ``actions`` [T, N] integers and
    ``rewards`` [T, N] floats: 16 bytes a step where they are drawn here. ``mdp`` is the MDP that
    was simulated; rollouts made by hand have none. ValueError if the shapes do not fit together, or
    if an entry is not a number of its kind.
    """

    path: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    mdp: FiniteMDP | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", _integers("path", self.path))
        object.__setattr__(self, "actions", _integers("actions", self.actions))
        object.__setattr__(self, "rewards", plain_array("rewards", self.rewards, "f"))
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
        part = Rollouts(self.path[:, which], self.actions[:, which], self.rewards[:, which])
        return part._of(self.mdp)

    def check_fits(self, mdp: FiniteMDP) -> None:
        """Raise unless these can be trajectories of this MDP; discount and start may differ."""
        if self.mdp is None:
            finite_array("rewards", self.rewards)
            check_indices("path", self.path, mdp.n_states)
            check_indices("actions", self.actions, mdp.n_actions)
        elif self.mdp is not mdp:
            _check_same_steps(self.mdp, mdp)

    @classmethod
    def empty(cls, n: int, horizon: int, mdp: FiniteMDP) -> Rollouts:
        """Arrays to be filled with trajectories of this MDP; not more than ``MOST_BYTES``."""
        size = BYTES_A_STEP * n * horizon + 4 * n
        if size > MOST_BYTES:
            raise ValueError(
                f"n = {n} trajectories of horizon = {horizon} steps take {size:,} bytes, more than "
                f"{MOST_BYTES:,}; simulate_in_chunks draws as many, a part at a time"
            )
        return cls(
            np.empty((horizon + 1, n), dtype=np.int32),
            np.empty((horizon, n), dtype=np.int32),
            np.empty((horizon, n)),
        )._of(mdp)

    def _of(self, mdp: FiniteMDP | None) -> Rollouts:
        object.__setattr__(self, "mdp", mdp)
        return self


def _integers(name: str, values: Any) -> np.ndarray:
    """Indices with room for arithmetic on them: integers of 32 or 64 bits with a sign."""
    array = plain_array(name, values, "iu")
    return array if array.dtype in (np.int32, np.int64) else array.astype(np.int64)


def _check_same_steps(simulated: FiniteMDP, mdp: FiniteMDP) -> None:
    """Raise unless both have the same states, actions, transitions and mean rewards."""
    if simulated.R.shape != mdp.R.shape:
        raise ValueError(
            f"the rollouts are of an MDP with {simulated.n_states} states and "
            f"{simulated.n_actions} actions, this one has {mdp.n_states} and {mdp.n_actions}"
        )
    for name in ("P", "R"):
        theirs, ours = getattr(simulated, name), getattr(mdp, name)
        wrong = np.argwhere(theirs != ours)
        if len(wrong):
            where = tuple(wrong[0])
            raise ValueError(
                f"the rollouts are of another MDP: there {entry(name, where)} is "
                f"{theirs[where]:.12g}, here {ours[where]:.12g}"
            )
