"""The assay: what an update rule climbs, exactly, in a world so small that every batch is listed.

A *rule* is any function of a batch, in plain NumPy. It returns a loss, which is to sink, or the
update itself. The assay lists every possible batch with its probability and reports the mean
update, its angle to the gradient of J, its curl, the objective that it climbs if it is one of a
list, and its variance. Nothing is sampled.

Three facts decide what the mean update may be called.

- It is the gradient of J, or a positive multiple of it.
- It is the gradient of another function. Then its Jacobian is symmetric (``eq:curl``).
- Its Jacobian is not symmetric: then it is the gradient of nothing.

The loss is differentiated by a complex step, f'(theta) = Im f(theta + i h) / h with h = 1e-100,
which rounds nothing away. What moves with theta comes as ``complex_step.Stepped`` arrays, so that
``numpy.minimum``, ``numpy.clip``, ``numpy.abs``, ``numpy.std`` and comparisons mean what they mean
for real numbers. ``detach`` holds a number constant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from itertools import combinations, combinations_with_replacement, product
from math import factorial, prod
from typing import Any

import numpy as np

from utils.common.validation import check_count, check_distributions
from utils.common.words import plain, signed
from utils.learning.complex_step import LARGEST, no_slope_is_lost, stepped

STEP = 1e-100  # of the complex step: its square is 0 in floating point
OUTER = 1e-4  # of the central difference of the mean update
CURL_TOLERANCE = 1e-6  # the error of that difference is below 1e-7 in the worlds of the book
FIT_TOLERANCE = 1e-8
# Where a rule is judged beside the parameters of the world; two points could agree by chance.
ELSEWHERE = ((0.4, -0.3), (-0.5, 0.6))


def detach(x):
    """The numbers without their dependence on theta, as ``detach`` or ``stop_gradient`` do."""
    return np.real(x)


@dataclass(frozen=True, eq=False, repr=False)
class World:
    """A small episodic world, a softmax policy, and how batches are drawn from it.

    P [S, A, S], R [S, A], start [S]   kernel, reward of a step, start law
    horizon                            T, the most steps of an episode
    features [S, A, d], offsets [S, A] logits are offsets + features . theta
    theta [d]                          the parameters at which a rule is judged
    gamma                              discount, 1 unless given
    group, groups                      a batch is ``groups`` groups of ``group`` episodes
    shared                             whether all episodes of a group start in the same state
    behaviour                          from the policy [S, A] to the law of the data, or None
    old [d]                            parameters of older data, which then stay put, or None
    reference [S, A]                   the policy that a KL term refers to, or None
    critic [S]                         v(s), held constant, or None for the exact value
    padding [S, T]                     where the network is asked at step t after the end, by the
                                       first state, or None
    An episode is over when it enters a state that no action leaves and that pays nothing.
    """

    P: np.ndarray
    R: np.ndarray
    start: np.ndarray
    horizon: int
    features: np.ndarray
    offsets: np.ndarray
    theta: np.ndarray
    gamma: float = 1.0
    group: int = 1
    groups: int = 1
    shared: bool = True
    behaviour: Callable[[np.ndarray], np.ndarray] | None = None
    old: np.ndarray | None = None
    reference: np.ndarray | None = None
    critic: np.ndarray | None = None
    padding: np.ndarray | None = None

    def __post_init__(self) -> None:
        check_distributions("P", self.P)
        check_distributions("start", self.start)
        check_count("horizon", self.horizon)
        check_count("group", self.group)
        check_count("groups", self.groups)

    def __repr__(self) -> str:
        each = f"{self.groups} × {self.group}" if self.groups > 1 else str(self.group)
        return (
            f"a world of {len(self.episodes.chance)} episodes of at most {self.horizon} steps, "
            f"batches of {each}"
        )

    @classmethod
    def of(cls, mdp, policy, horizon: int, **rest) -> World:
        """The world of a ``FiniteMDP`` and a ``LinearSoftmax`` policy."""
        offsets = np.zeros(mdp.R.shape) if policy.offsets is None else policy.offsets
        return cls(
            mdp.P, mdp.R, mdp.rho0, horizon, policy.features, offsets, policy.theta,
            gamma=mdp.gamma, **rest,
        )  # fmt: skip

    @cached_property
    def terminal(self) -> np.ndarray:
        """True for each state that no action leaves and that pays nothing, [S]."""
        states = np.arange(len(self.start))
        stays = self.P[states, :, states] == 1
        return (stays & (self.R == 0)).all(axis=1)

    def log_probabilities(self, theta: np.ndarray) -> np.ndarray:
        """log pi_theta(a|s), [S, A]; ``theta`` may be complex."""
        logits = self.offsets + self.features @ theta
        logits = logits - logits.real.max(axis=1, keepdims=True)
        return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))

    def data_law(self, theta: np.ndarray) -> np.ndarray:
        """The probabilities [S, A] with which the actions of a batch are drawn."""
        held = theta if self.old is None else self.old
        table = np.exp(self.log_probabilities(held))
        return table if self.behaviour is None else self.behaviour(table)

    @cached_property
    def episodes(self) -> Episodes:
        """Every possible episode."""
        return Episodes.of(self)

    def values(self, theta: np.ndarray) -> np.ndarray:
        """V_t(s) with the deadline, [T + 1, S], for the policy at real ``theta``."""
        pi = np.exp(self.log_probabilities(np.real(theta)))
        V = [np.zeros(len(self.start))]
        for _ in range(self.horizon):
            V.insert(0, (pi * (self.R + self.gamma * self.P @ V[0])).sum(axis=1))
        return np.array(V)


@dataclass(frozen=True, eq=False)
class Episodes:
    """All E episodes of a world as padded arrays.

    states [E, T + 1], actions, rewards, mask [E, T], lengths [E], and ``chance`` [E], the part of
    the probability that does not depend on the policy, given the first state. ``ended`` [E] tells
    those that reached an end from those that ran into the horizon.
    """

    states: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    mask: np.ndarray
    chance: np.ndarray
    ended: np.ndarray

    @classmethod
    def of(cls, world: World) -> Episodes:
        T = world.horizon
        rows = [row for s in np.flatnonzero(world.start) for row in _walks(world, (int(s),), (), 1)]
        states = np.zeros((len(rows), T + 1), dtype=int)
        actions, mask = np.zeros((len(rows), T), dtype=int), np.zeros((len(rows), T))
        for e, (path, acts, _) in enumerate(rows):
            after = path[-1:] * (T + 1 - len(path))
            states[e] = path + after
            if world.padding is not None:
                states[e, len(acts) : T] = world.padding[path[0], len(acts) :]
            actions[e, : len(acts)], mask[e, : len(acts)] = acts, 1
        rewards = world.R[states[:, :T], actions] * mask
        ended = np.array([bool(world.terminal[path[-1]]) for path, _, _ in rows])
        return cls(states, actions, rewards, mask, np.array([c for *_, c in rows]), ended)


def _walks(world: World, path, actions, chance) -> Iterator[tuple]:
    if len(actions) == world.horizon or world.terminal[path[-1]]:
        yield path, actions, chance
        return
    for a in range(world.R.shape[1]):
        for after in np.flatnonzero(world.P[path[-1], a]):
            step = chance * world.P[path[-1], a, after]
            yield from _walks(world, (*path, int(after)), (*actions, a), step)


class NoReference(ValueError):
    """A distance to a reference was asked for in a world that has none."""


@dataclass(frozen=True, eq=False)
class Tables:
    """What the episodes of a world look like to a policy at ``theta``, real or complex.

    log_pi, log_old, log_ref [E, T] of the actions taken; log_pi_all, log_old_all, log_ref_all
    [E, T, A] of all actions; values [E, T + 1], the critic along each episode, held constant;
    scores [E, T, d].
    """

    world: World
    theta: np.ndarray
    log_pi_all: np.ndarray
    log_old_all: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, world: World, theta: np.ndarray) -> Tables:
        e, places = world.episodes, world.episodes.states[:, :-1]
        with np.errstate(divide="ignore"):
            log_old = np.log(world.data_law(np.real(theta)))
        exact = world.values(theta)[np.arange(world.horizon + 1), e.states]
        return cls(
            world, theta, world.log_probabilities(theta)[places], log_old[places],
            exact if world.critic is None else np.asarray(world.critic)[e.states],
        )  # fmt: skip

    def _taken(self, log: np.ndarray) -> np.ndarray:
        return np.take_along_axis(log, self.world.episodes.actions[:, :, None], 2)[:, :, 0]

    @cached_property
    def log_pi(self) -> np.ndarray:
        """log pi_theta(a_t|s_t), [E, T]."""
        return self._taken(self.log_pi_all)

    @cached_property
    def log_old(self) -> np.ndarray:
        """log of the probability under the law of the data, [E, T]."""
        return self._taken(self.log_old_all)

    @cached_property
    def log_ref_all(self) -> np.ndarray:
        """log pi_ref(a|s_t), [E, T, A]. NoReference if the world has none."""
        if self.world.reference is None:
            raise NoReference("the world has no reference policy; give it one, reference=[S, A]")
        with np.errstate(divide="ignore"):
            return np.log(self.world.reference)[self.world.episodes.states[:, :-1]]

    @cached_property
    def log_ref(self) -> np.ndarray:
        """log pi_ref(a_t|s_t), [E, T]."""
        return self._taken(self.log_ref_all)

    @cached_property
    def scores(self) -> np.ndarray:
        """psi at each step, [E, T, d], also where the network is asked after the end."""
        world, e = self.world, self.world.episodes
        pi = np.exp(world.log_probabilities(np.real(self.theta)))
        mean = np.einsum("sa,sad->sd", pi, world.features)
        table = world.features - mean[:, None]
        return table[e.states[:, :-1], e.actions]

    def probabilities(self, complex_step: bool = False) -> np.ndarray:
        """The probability of each episode given its first state, [E], under the data law.

        With ``complex_step`` under the policy itself, with its derivative.
        """
        e = self.world.episodes
        log = self.log_pi if complex_step else self.log_old
        return e.chance * np.exp((np.where(e.mask > 0, log, 0)).sum(axis=1))


@dataclass(frozen=True, eq=False)
class Batch:
    """What a rule sees: N episodes, padded to T steps. Axes n, t.

    tokens     [N, T]     the actions a_t; 0 after the end
    states     [N, T+1]   the states s_t
    prompts    [N]        the first states s_0
    mask       [N, T]     1 for a step of the episode, 0 after its end
    rewards    [N, T]     r_t
    lengths    [N]        l, the number of steps
    ended      [N]        whether the episode is over, and not only cut off
    log_pi     [N, T]     log pi_theta(a_t|s_t)
    log_old    [N, T]     log-probability under the law that drew the data
    log_ref    [N, T]     log-probability under the reference; NoReference if there is none
    log_pi_all, log_old_all, log_ref_all [N, T, A]
                          the same for every action that might have been taken
    values     [N, T+1]   a critic at s_t, after the end at the padding
    scores     [N, T, d]  psi_t, for a rule that returns an update
    group      int        how many neighbouring episodes form a group
    gamma      float      the discount
    Only ``log_pi`` and ``log_pi_all`` move with theta. Episodes of a group are neighbours, so that
    an array [N] becomes one row a group by ``reshape(-1, batch.group)``.
    """

    tables: Tables
    chosen: np.ndarray
    plain: bool = False  # complex numbers as they are, for rules that need no more

    def _moving(self, values: np.ndarray) -> np.ndarray:
        return values[self.chosen] if self.plain else stepped(values[self.chosen])

    def _of(self, values: np.ndarray) -> np.ndarray:
        return values[self.chosen]

    tokens = property(lambda self: self._of(self.tables.world.episodes.actions))
    states = property(lambda self: self._of(self.tables.world.episodes.states))
    prompts = property(lambda self: self.states[..., 0])
    mask = property(lambda self: self._of(self.tables.world.episodes.mask))
    rewards = property(lambda self: self._of(self.tables.world.episodes.rewards))
    ended = property(lambda self: self._of(self.tables.world.episodes.ended))
    log_pi = property(lambda self: self._moving(self.tables.log_pi))
    log_pi_all = property(lambda self: self._moving(self.tables.log_pi_all))
    log_old = property(lambda self: self._of(self.tables.log_old))
    log_old_all = property(lambda self: self._of(self.tables.log_old_all))
    log_ref = property(lambda self: self._of(self.tables.log_ref))
    log_ref_all = property(lambda self: self._of(self.tables.log_ref_all))
    values = property(lambda self: self._of(self.tables.values))
    scores = property(lambda self: self._of(self.tables.scores))
    group = property(lambda self: self.tables.world.group)
    gamma = property(lambda self: self.tables.world.gamma)

    @property
    def lengths(self) -> np.ndarray:
        """The number of steps of each episode, [N]."""
        return self.mask.sum(axis=-1)


Rule = Callable[[Batch], Any]


@dataclass(frozen=True)
class AtOnce:
    """A rule that takes B batches at once, arrays [B, N, ...], and gives one loss or update each.

    It still takes a single batch. The assay then calls it once where it would call it B times.
    """

    rule: Rule

    def __call__(self, batch: Batch) -> Any:
        """What the rule gives for one batch or for each of many."""
        return self.rule(batch)


def _each(rule: Rule, tables: Tables, chosen: np.ndarray) -> np.ndarray:
    # What the rule gives for each batch, [B] or [B, d].
    if not isinstance(rule, AtOnce):
        return np.array([rule(Batch(tables, batch)) for batch in chosen])
    out = np.asarray(rule(Batch(tables, chosen)))
    if out.shape[:1] != (len(chosen),):
        raise ValueError(
            f"the rule gives shape {out.shape} for {len(chosen)} batches at once; its first axis "
            "should have one entry for each"
        )
    return out


@dataclass(frozen=True, eq=False)
class Batches:
    """All batches of a world: the episodes in each [B, N] and how many orders it stands for [B].

    ``start`` [B] is the probability of its first states. Batches that differ only in the order of
    the episodes within a group, or of the groups, are listed once, unless ``ordered``.
    """

    chosen: np.ndarray
    start: np.ndarray
    orders: np.ndarray

    @classmethod
    def of(cls, world: World, ordered: bool = False) -> Batches:
        first = world.episodes.states[:, 0]
        everything = [np.arange(len(first))]
        pools = [np.flatnonzero(first == s) for s in np.flatnonzero(world.start)]
        groups = []
        for pool in pools if world.shared else everything:
            for group, orders in _picks(pool.tolist(), world.group, ordered):
                start = world.start[first[list(group[:1] if world.shared else group)]].prod()
                groups.append((group, start, orders))
        batches = list(_picks(groups, world.groups, ordered))
        return cls(
            np.array([sum((g for g, *_ in batch), ()) for batch, _ in batches]),
            np.array([np.prod([s for _, s, _ in batch]) for batch, _ in batches]),
            np.array([n * np.prod([o for *_, o in batch]) for batch, n in batches]),
        )

    def probabilities(self, tables: Tables) -> np.ndarray:
        """The probability of each batch, [B]; they sum to 1."""
        p = tables.probabilities()
        return self.start * self.orders * p[self.chosen].prod(axis=1)


def _picks(pool: list, n: int, ordered: bool) -> Iterator[tuple[tuple, int]]:
    """Every pick of n with repetition, and in how many orders it comes; or in each order once."""
    if ordered:
        yield from ((pick, 1) for pick in product(pool, repeat=n))
        return
    for pick in combinations_with_replacement(pool, n):
        repeats = prod(factorial(pick.count(x)) for x in set(pick))
        yield pick, factorial(n) // repeats


def updates(rule: Rule, world: World, theta: np.ndarray, batches: Batches) -> np.ndarray:
    """The update of every batch, [B, d]: what the rule returns, or minus the slope of its loss."""
    theta, d = np.asarray(theta, dtype=float), len(world.theta)
    if not gives_update(rule, world, theta, batches):
        return np.stack([_fall(rule, world, theta, batches, k) for k in range(d)], axis=1)
    tables = Tables.of(world, theta)
    return np.real(_each(rule, tables, batches.chosen))


def gives_update(rule: Rule, world: World, theta: np.ndarray, batches: Batches) -> bool:
    """Whether the rule returns an update [d]; False for a loss. ValueError if neither.

    An update whose numbers move with theta is refused too: it may be a loss without its mean.
    """
    d, some = len(world.theta), batches.chosen[0]
    with no_slope_is_lost():
        moving = rule(Batch(Tables.of(world, theta + 1j * STEP * np.eye(d)[0]), some))
    shape = np.shape(moving)
    if shape not in ((), (d,)) or (shape and np.iscomplexobj(moving)):
        raise ValueError(
            f"the rule gives shape {shape} and not one number. A loss is one number: is a mean or "
            f"a sum missing? An update has shape ({d},) and is made of scores and of numbers held "
            "with detach"
        )
    return shape == (d,)


def _fall(rule: Rule, world: World, theta: np.ndarray, batches: Batches, k: int) -> np.ndarray:
    # Minus the derivative by theta_k of the loss of every batch, [B].
    tables = Tables.of(world, theta + 1j * STEP * np.eye(len(theta))[k])
    with no_slope_is_lost():
        out = -np.imag(_each(rule, tables, batches.chosen)) / STEP
    if not (np.abs(out) < LARGEST).all():
        where = batches.chosen[np.argmin(np.abs(out) < LARGEST)].tolist()
        raise ValueError(f"the loss has no finite slope on the batch of episodes {where}")
    return out


def mean_update(rule: Rule, world: World, theta=None, ordered: bool = False) -> np.ndarray:
    """E[update] over all batches, [d]."""
    theta = world.theta if theta is None else theta
    batches = Batches.of(world, ordered)
    return batches.probabilities(Tables.of(world, theta)) @ updates(rule, world, theta, batches)


@dataclass(frozen=True, eq=False)
class Law:
    """The law of one episode at ``theta``, for objectives: a function of it that may be complex."""

    tables: Tables
    probability: np.ndarray

    def mean(self, values) -> complex:
        """E[f] for an array f of one value an episode, [E]."""
        return self.probability @ values

    @property
    def returns(self) -> np.ndarray:
        """G_0 of each episode, [E]."""
        world = self.tables.world
        return world.episodes.rewards @ world.gamma ** np.arange(world.horizon)

    @property
    def lengths(self) -> np.ndarray:
        """l of each episode, [E]."""
        return self.tables.world.episodes.mask.sum(axis=1)

    @property
    def ended(self) -> np.ndarray:
        """Whether each episode reached an end, [E]."""
        return self.tables.world.episodes.ended

    @property
    def log_ratio(self) -> np.ndarray:
        """log of policy over reference for the whole episode, [E]."""
        gap = self.tables.log_pi - self.tables.log_ref
        return np.where(self.tables.world.episodes.mask > 0, gap, 0).sum(axis=1)

    @property
    def surprise(self) -> np.ndarray:
        """-log of the probability that the policy gives to the actions of the episode, [E]."""
        log = self.tables.log_pi
        return -np.where(self.tables.world.episodes.mask > 0, log, 0).sum(axis=1)

    def by_start(self, values) -> list[tuple[float, complex]]:
        """(probability, E[f | s_0]) for each first state."""
        world = self.tables.world
        first = world.episodes.states[:, 0]
        share = self.probability * values
        return [
            (world.start[s], share[first == s].sum() / world.start[s])
            for s in np.flatnonzero(world.start)
        ]


Objective = Callable[[Law], complex]


def objective_value(objective: Objective, world: World, theta) -> complex:
    """The value of an objective at ``theta``, real or complex."""
    tables = Tables.of(world, np.asarray(theta))
    start = world.start[world.episodes.states[:, 0]]
    return objective(Law(tables, start * tables.probabilities(complex_step=True)))


def slope(objective: Objective, world: World, theta=None) -> np.ndarray:
    """The gradient of an objective by theta, [d], by a complex step."""
    theta = world.theta if theta is None else np.asarray(theta, dtype=float)
    d = len(theta)
    return np.array(
        [
            np.imag(objective_value(objective, world, theta + 1j * STEP * np.eye(d)[k])) / STEP
            for k in range(d)
        ]
    )


def expected_return(law: Law) -> complex:
    """J = E[G_0]."""
    return law.mean(law.returns)


def jacobian(rule: Rule, world: World, theta=None, batches: Batches | None = None) -> np.ndarray:
    """d E[update_i] / d theta_j, [d, d], by central differences."""
    theta = world.theta if theta is None else np.asarray(theta, dtype=float)
    batches = Batches.of(world) if batches is None else batches

    def mean(at):
        return batches.probabilities(Tables.of(world, at)) @ updates(rule, world, at, batches)

    steps = OUTER * np.eye(len(theta))
    columns = [(mean(theta + h) - mean(theta - h)) / (2 * OUTER) for h in steps]
    return np.stack(columns, axis=1)


def curl(rule: Rule, world: World, theta: np.ndarray, batches: Batches) -> float:
    """The largest |d E[update_j] / d theta_i - d E[update_i] / d theta_j| (``eq:curl``).

    By central differences, as ``jacobian``, but without the entries that are not compared.
    """
    theta, d = np.asarray(theta, dtype=float), len(world.theta)
    whole = gives_update(rule, world, theta, batches)

    def mean(at: np.ndarray, k: int) -> float:
        if whole:
            rows = updates(rule, world, at, batches)[:, k]
        else:
            rows = _fall(rule, world, at, batches, k)
        return batches.probabilities(Tables.of(world, at)) @ rows

    def slope_of(k: int, along: int) -> float:
        h = OUTER * np.eye(d)[along]
        return (mean(theta + h, k) - mean(theta - h, k)) / (2 * OUTER)

    pairs = combinations(range(d), 2)
    return max((abs(slope_of(j, i) - slope_of(i, j)) for i, j in pairs), default=0.0)


@dataclass(frozen=True, eq=False)
class Report:
    """What the assay found about one rule.

    mean, gradient [d]  the mean update and the gradient of the target, J unless another was given,
                        both at the parameters of the world
    deviation [d]       standard deviation of each coordinate of the update of one batch
    curl                the largest entry of the antisymmetric part of the Jacobian, over the points
    climbs              the objective whose gradient the mean update is, or "" if none of the list
    factor              and the factor in front of that gradient
    held                whether the data stay put: then the mean update of a loss that detaches
                        nothing that moves is minus the gradient of its own mean
    target              the name of what the angle refers to
    sinks               the objective of which the mean update is minus a multiple of the gradient
    """

    mean: np.ndarray
    gradient: np.ndarray
    deviation: np.ndarray
    curl: float
    climbs: str
    factor: float
    held: bool = False
    target: str = "J"
    sinks: str = ""

    @property
    def variance(self) -> float:
        """Of the update of one batch, summed over the coordinates."""
        return float(self.deviation @ self.deviation)

    @property
    def angle(self) -> float:
        """The angle between mean update and gradient in degrees; NaN if one of them is 0."""
        sizes = np.linalg.norm(self.mean) * np.linalg.norm(self.gradient)
        if sizes < 1e-14:
            return float("nan")
        cosine = self.mean @ self.gradient / sizes
        # Near 0 and 180 degrees the arc cosine is rough; the part across is not.
        across = self.mean - (self.mean @ self.gradient) * self.gradient / (
            self.gradient @ self.gradient
        )
        sine = np.linalg.norm(across) / np.linalg.norm(self.mean)
        return float(np.degrees(np.arctan2(sine, cosine)))

    @property
    def is_gradient(self) -> bool:
        """Whether no curl was found. A curl refutes; its absence at some points proves nothing."""
        return self.curl <= CURL_TOLERANCE

    @property
    def unbiased(self) -> bool:
        """Whether the mean update is grad J."""
        return bool(np.abs(self.mean - self.gradient).max() <= FIT_TOLERANCE)

    @property
    def what(self) -> str:
        """What is climbed, in words."""
        if np.abs(self.mean).max() <= FIT_TOLERANCE and not self.climbs:
            flat = self.variance <= FIT_TOLERANCE**2
            return "no slope in any batch: is all detached?" if flat else "stands still"
        if self.sinks:
            return f"goes down {self.sinks}: is a minus missing?"
        if self.climbs:
            size = "" if abs(self.factor - 1) < 1e-7 else f"{plain(self.factor, 4)} · "
            return f"{size}{self.climbs}"
        if self.held and self.is_gradient:
            return "old data: compare the angle"
        return "no curl, nothing listed" if self.is_gradient else "the gradient of nothing"

    def __repr__(self) -> str:
        meant = self.target if self.target.isalnum() else f"({self.target})"
        angle = "" if np.isnan(self.angle) else f", {plain(self.angle, 1)}° from ∇{meant}"
        mean = ", ".join(signed(x + 0.0, 4) for x in self.mean)
        lead = "climbs: " if np.abs(self.mean).max() > FIT_TOLERANCE and not self.sinks else ""
        return (
            f"mean update ({mean}){angle}\n{lead}{self.what}\n"
            f"curl {plain(self.curl, 4)}, variance {plain(self.variance, 4)}"
        )


def assay(
    rule: Rule,
    world: World,
    objectives: Mapping[str, Objective] | None = None,
    target: str = "J",
    ordered: bool = False,
) -> Report:
    """Judge a rule exactly over all batches of a world.

    ``objectives`` are tried in turn, J first; ``target`` names the one that the rule is meant for.
    One fits if the mean update is the same positive multiple of its gradient at three points.
    Batches that differ only by the order within a group or of the groups count once; for a rule
    that looks at the order say ``ordered``. ValueError if a rule without ``ordered`` is found to
    look at it, if its result is neither a number nor a vector [d], or if it is not finite.
    """
    batches = Batches.of(world, ordered)
    if not ordered:
        _refuse_order(rule, world, batches)
    rule, here = _quickest(rule, world, batches)
    points = [world.theta, *(world.theta + np.resize(p, len(world.theta)) for p in ELSEWHERE)]
    law = [batches.probabilities(Tables.of(world, p)) for p in points]
    found = [here, *(updates(rule, world, p, batches) for p in points[1:])]
    means = [weights @ steps for weights, steps in zip(law, found, strict=True)]
    turning = [curl(rule, world, p, batches) for p in points]
    known = {"J": expected_return} | dict(objectives or {})
    name, factor = _fit(means, world, points, known)
    spread = law[0] @ (found[0] - means[0]) ** 2
    return Report(
        mean=means[0],
        gradient=slope(known[target], world),
        deviation=np.sqrt(spread),
        curl=float(max(turning)),
        climbs=name if factor > 0 else "",
        factor=max(factor, 0.0),
        held=world.old is not None,
        target=target,
        sinks=name if factor < 0 else "",
    )


def _fit(means, world, points, objectives) -> tuple[str, float]:
    # The objective whose gradient the means are a multiple of, and the factor; ("", 0) if none is.
    flat, down = np.concatenate(means), ("", 0.0)
    if np.abs(flat).max() <= FIT_TOLERANCE:
        return down
    for name, objective in objectives.items():
        try:
            known = np.concatenate([slope(objective, world, p) for p in points])
        except NoReference:
            continue
        if known @ known < FIT_TOLERANCE**2:
            continue
        factor = float((flat @ known) / (known @ known))
        if factor and np.abs(flat - factor * known).max() <= FIT_TOLERANCE:
            if factor > 0:
                return name, factor
            down = down if down[0] else (name, factor)
    return down


def _quickest(rule: Rule, world: World, batches: Batches) -> tuple[Rule, np.ndarray]:
    """The rule on plain complex numbers, if that has the same slope on each batch; and these.

    Most losses are analytic or only clip, and ``complex_step.Stepped`` takes twice the time.
    """

    def plain(batch: Batch):
        return rule(replace(batch, plain=True))

    theta, d = world.theta, range(len(world.theta))
    if isinstance(rule, AtOnce):
        return rule, updates(rule, world, theta, batches)
    if gives_update(rule, world, theta, batches):
        return plain, updates(plain, world, theta, batches)
    exact = [_fall(rule, world, theta, batches, k) for k in d]
    try:
        quick = [_fall(plain, world, theta, batches, k) for k in d]
    except (TypeError, ValueError):
        return rule, np.stack(exact, axis=1)
    same = np.allclose(quick, exact, rtol=1e-12, atol=1e-14)
    return plain if same else rule, np.stack(exact, axis=1)


def _refuse_order(rule: Rule, world: World, batches: Batches) -> None:
    if world.group * world.groups == 1:
        return
    rng = np.random.default_rng(0)
    some = batches.chosen[rng.choice(len(batches.chosen), min(12, len(batches.chosen)), False)]
    turned = some.reshape(len(some), world.groups, world.group)[:, ::-1, ::-1].reshape(some.shape)
    ones = np.ones(len(some))
    one, other = (updates(rule, world, world.theta, Batches(c, ones, ones)) for c in (some, turned))
    if not np.allclose(one, other, atol=1e-12):
        raise ValueError("the rule looks at the order of the episodes; pass ordered=True")


def differentiated(loss: Callable, gradient: Callable, tensor: Callable = np.asarray) -> Rule:
    """A rule from a loss that an automatic-differentiation library differentiates.

    ``loss(log_pi_all, batch)`` gets the log-probabilities of all tokens, [N, T, A], as a tensor of
    that library, and the batch. ``gradient(f)`` is the function that returns the gradient of f, as
    ``autograd.grad`` and ``jax.grad`` and ``torch.func.grad`` do; ``tensor`` makes a tensor from an
    array, such as ``torch.tensor``. The chain rule to theta is done here: minus the sum of
    d loss / d log pi(a|s_t) times psi(s_t, a).
    """

    def rule(batch: Batch) -> np.ndarray:
        tables, e = batch.tables, batch.tables.world.episodes
        values = np.real(batch.log_pi_all)
        slopes = np.asarray(gradient(lambda z: loss(z, batch))(tensor(values)))
        world = tables.world
        mean = np.einsum(
            "sa,sad->sd", np.exp(world.log_probabilities(np.real(tables.theta))), world.features
        )
        scores = (world.features - mean[:, None])[e.states[batch.chosen][:, :-1]]
        return -np.einsum("nta,ntad->d", slopes, scores)

    return rule


def in_world(world: World, **changes) -> World:
    """The same world with some fields changed."""
    return replace(world, **changes)


def later(world: World, move) -> World:
    """The same world when theta has moved by ``move`` [d] since the data were drawn."""
    return replace(world, old=world.theta, theta=world.theta + np.asarray(move, dtype=float))


@dataclass(frozen=True, eq=False)
class AssayTable:
    """Rules and what the assay found, as rows of a page.

    ``called`` has the options of programs for each row, ``heads`` the heads {row: text} above rows.
    """

    rows: tuple[tuple[str, Report], ...]
    called: tuple[str, ...] = ()
    heads: Mapping[int, str] = field(default_factory=dict)

    HEAD = ("", "rule", "mean update", "angle", "what it climbs", "curl", "variance")

    def cells(self) -> list[tuple[str, ...]]:
        """The text of each row."""
        return [
            (
                str(number),
                name,
                f"({', '.join(signed(x + 0.0, 4) for x in r.mean)})",
                "—" if np.isnan(r.angle) else f"{plain(abs(r.angle), 1)}°",
                r.what,
                "0" if r.is_gradient else plain(r.curl, 4),
                plain(r.variance, 4),
            )
            for number, (name, r) in enumerate(self.rows, start=1)
        ]

    def __repr__(self) -> str:
        lines = [" | ".join(self.HEAD)]
        for k, row in enumerate(self.cells()):
            lines += [self.heads[k]] if k in self.heads else []
            lines.append(" | ".join(row) + (f" | {self._name(k)}" if self._name(k) else ""))
        return "\n".join(lines)

    def _name(self, k: int) -> str:
        return self.called[k] if self.called else ""

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(h)}</th>' for h in self.HEAD[1:])
        body = "".join(self._part(k) + self._row(k, row) for k, row in enumerate(self.cells()))
        return (
            '<div class="assay" style="overflow-x: auto" tabindex="0" role="region" '
            'aria-label="Table of update rules">'
            '<table style="font-size: 0.85em; border-collapse: collapse">'
            f"<thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )

    def _part(self, k: int) -> str:
        left = 'style="text-align: left; padding-top: 0.8em"'
        if k not in self.heads:
            return ""
        span = len(self.HEAD)
        return f'<tr><th colspan="{span}" scope="colgroup" {left}>{escape(self.heads[k])}</th></tr>'

    def _row(self, k: int, row: tuple[str, ...]) -> str:
        number, name, *rest = row
        called = f"<br><small>{escape(self._name(k))}</small>" if self._name(k) else ""
        line = "1px solid color-mix(in srgb, currentColor 20%, transparent)"
        return (
            f'<tr style="vertical-align: baseline; border-top: {line}">'
            f'<td style="text-align: right; padding-right: 0.6em">{number}</td>'
            '<th scope="row" style="text-align: left; font-weight: normal">'
            f"{escape(name)}{called}</th>"
            + "".join(f"<td{self._look(i)}>{escape(cell)}</td>" for i, cell in enumerate(rest))
            + "</tr>"
        )

    @staticmethod
    def _look(column: int) -> str:
        numbers = "text-align: right; white-space: nowrap; padding: 0 0.6em"
        return ' style="min-width: 9em"' if column == 2 else f' style="{numbers}"'
