"""Answers written token by token, or all listed, and checks of means over them by simulation.

The law of the data is that of the world: the policy, an older policy, or the policy with a
temperature. Scores come from the formula of the softmax, and values from Bellman's equation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any, Unpack

import numpy as np

from utils.checks.claims import About
from utils.checks.means import check_mean
from utils.checks.verdict import Verdict
from utils.common.validation import check_generator
from utils.learning.assay import Law, NoReference, World, in_world, slope
from utils.learning.token_world import THINK

Walk = tuple[float, tuple[int, ...], tuple[int, ...]]  # its chance, its states, its tokens
NUMBERS = {1: "answers", 2: "groups of two", 3: "groups of three", 4: "groups of four"}


@dataclass(frozen=True, eq=False)
class Answers:
    """Groups of answers, [groups, group], padded to T tokens.

    states [..., T + 1], tokens [..., T]   after the end the state stays, and the token is 0
    """

    world: World
    states: np.ndarray
    tokens: np.ndarray

    def _table(self, values: np.ndarray) -> np.ndarray:
        return values[self.states[..., :-1], self.tokens]

    def at(self, theta: np.ndarray) -> Answers:
        """The same answers, seen by the policy with the parameters ``theta``."""
        return replace(self, world=in_world(self.world, theta=theta, old=None))

    @cached_property
    def mask(self) -> np.ndarray:
        """1 for a token of the answer, 0 after its end, [..., T]."""
        return (~self.world.terminal[self.states[..., :-1]]).astype(float)

    @cached_property
    def thought(self) -> np.ndarray:
        """1 where the answer goes on thinking, [..., T]."""
        return self.mask * (self.tokens == THINK)

    @cached_property
    def last(self) -> np.ndarray:
        """1 at the last token of the answer, [..., T]."""
        after = np.concatenate([self.mask[..., 1:], np.zeros((*self.mask.shape[:-1], 1))], axis=-1)
        return self.mask - after

    @cached_property
    def paid(self) -> np.ndarray:
        """r_t, [..., T]."""
        return self.mask * self._table(self.world.R)

    @cached_property
    def rewards(self) -> np.ndarray:
        """R, [...]."""
        return self.paid.sum(axis=-1)

    @cached_property
    def lengths(self) -> np.ndarray:
        """l, [...]."""
        return self.mask.sum(axis=-1)

    @cached_property
    def per_length(self) -> np.ndarray:
        """R / l, [...]."""
        return self.rewards / self.lengths

    @cached_property
    def ended(self) -> np.ndarray:
        """Whether the end was written, and not only the deadline reached, [...]."""
        return self.world.terminal[self.states[..., -1]]

    @cached_property
    def psi(self) -> np.ndarray:
        """psi_t, [..., T, d]; 0 after the end."""
        world = self.world
        pi = np.exp(world.log_probabilities(world.theta))
        table = world.features - np.einsum("sa,sad->sd", pi, world.features)[:, None]
        return self.mask[..., None] * self._table(table)

    @cached_property
    def M(self) -> np.ndarray:
        """The score sum, [..., d]."""
        return self.psi.sum(axis=-2)

    @cached_property
    def u_tokens(self) -> np.ndarray:
        """u_t, log of policy over reference, [..., T]; 0 after the end."""
        if self.world.reference is None:
            raise NoReference("the world has no reference policy")
        log_pi = self.world.log_probabilities(self.world.theta)
        return self.mask * self._table(log_pi - np.log(self.world.reference))

    @cached_property
    def u_to_go(self) -> np.ndarray:
        """The sum of u_k for k >= t, [..., T]."""
        return self.u_tokens[..., ::-1].cumsum(axis=-1)[..., ::-1]

    @cached_property
    def u(self) -> np.ndarray:
        """The log-ratio of the answer, [...]."""
        return self.u_tokens.sum(axis=-1)

    @cached_property
    def ratio(self) -> np.ndarray:
        """Policy over the law of the data for each token, [..., T]; 1 after the end."""
        world = self.world
        pi, law = np.exp(world.log_probabilities(world.theta)), world.data_law(world.theta)
        ratio = np.divide(pi, law, out=np.ones_like(pi), where=law > 0)
        return np.where(self.mask > 0, self._table(ratio), 1)

    @cached_property
    def weight(self) -> np.ndarray:
        """The ratio of the whole answer, [...]."""
        return self.ratio.prod(axis=-1)

    @cached_property
    def before(self) -> np.ndarray:
        """V(s_t) under the policy, [..., T]; 0 after the end."""
        V = self.world.values(self.world.theta)
        return self.mask * V[np.arange(self.world.horizon), self.states[..., :-1]]

    @cached_property
    def after(self) -> np.ndarray:
        """V(s_{t+1}), [..., T], with V(s_l) = R at the end of the answer."""
        V = self.world.values(self.world.theta)
        return self.paid + self.mask * V[1 + np.arange(self.world.horizon), self.states[..., 1:]]

    @cached_property
    def A(self) -> np.ndarray:
        """A(s_t, a_t) = V(s_{t+1}) - V(s_t), [..., T] (``eq:lm-advantage``)."""
        return self.after - self.before

    @cached_property
    def beside(self) -> np.ndarray:
        """R_i minus the mean reward of the others of the group, [groups, group]."""
        return minus_others(self.rewards)

    @cached_property
    def centred(self) -> np.ndarray:
        """R_i minus the mean reward of the group, [groups, group]."""
        return self.rewards - self.rewards.mean(axis=-1, keepdims=True)

    @cached_property
    def standard(self) -> np.ndarray:
        """The same over the deviation of the group, 0 where all agree, [groups, group]."""
        return self.centred * inverse(self.rewards.std(axis=-1, keepdims=True))

    def update(self, weights: np.ndarray) -> np.ndarray:
        """The mean of weight times M over each group, [groups, d]."""
        return (weights[..., None] * self.M).mean(axis=1)

    def scatter(self, weights: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """N times the squared distance of ``update`` from its mean [d], [groups]."""
        return self.rewards.shape[1] * ((self.update(weights) - mean) ** 2).sum(axis=1)

    def turn(self, weights: np.ndarray) -> np.ndarray:
        """U_1 S_0 - U_0 S_1 for the update U and the score sum S of the group, [groups].

        Its mean is the curl of E[U]: the derivative of E[U_1] by theta_0 is E[U_1 S_0] and the mean
        of that of U_1, whose part cancels, as the derivatives of scores are symmetric.
        """
        U, S = self.update(weights), self.M.sum(axis=1)
        return U[:, 1] * S[:, 0] - U[:, 0] * S[:, 1]

    def by_token(self, weights: np.ndarray) -> np.ndarray:
        """The mean over each group of the sum of weight times psi over the tokens, [groups, d]."""
        return (weights[..., None] * self.psi).sum(axis=-2).mean(axis=1)


def inverse(x: np.ndarray) -> np.ndarray:
    """1/x, and 0 where x is 0 up to rounding."""
    return np.where(x > 1e-12, 1 / np.where(x > 1e-12, x, 1), 0)


def minus_others(x: np.ndarray) -> np.ndarray:
    """x_i minus the mean of the others of its row, [groups, group]."""
    return x - (x.sum(axis=-1, keepdims=True) - x) / (x.shape[-1] - 1)


def deviation_of_others(x: np.ndarray) -> np.ndarray:
    """The standard deviation of the others of the row, [groups, group]."""
    return np.stack([np.delete(x, i, axis=1).std(axis=1) for i in range(x.shape[1])], axis=1)


def unclipped(ratio: np.ndarray, A: np.ndarray, low: float = 0.8, high: float = 1.2) -> np.ndarray:
    """Whether the token is not clipped (``eq:clip-weight``), the shape of both together."""
    return np.where(A > 0, ratio <= high, ratio >= low)


def half_groups(y: Answers) -> np.ndarray:
    """Weights of RLOO in two halves of each group, silent halves dropped (``eq:silent-kept``)."""
    R = y.rewards.reshape(len(y.rewards), 2, -1)
    kept = R.max(axis=2) > R.min(axis=2)
    weights = kept[..., None] * minus_others(R) * 2 * inverse(kept.sum(axis=1))[:, None, None]
    return weights.reshape(y.rewards.shape)


def slope_beside(world: World) -> np.ndarray:
    """N E[grad E[(R - B) / (l + L)]] with B and L of the others held, [d] (``eq:token-mean``)."""
    chances, others = listed(in_world(world, group=world.group - 1))
    total = np.zeros(len(world.theta))
    for p, B, L in zip(chances, others.rewards.mean(1), others.lengths.sum(1), strict=True):

        def quotient(law: Law, B: float = B, L: float = L) -> complex:
            return law.mean((law.returns - B) / (law.lengths + L))

        total += p * slope(quotient, world)
    return world.group * total


def visits(world: World) -> np.ndarray:
    """d(s), how often an answer stands at s on average, for the law of the data, [S]."""
    chances, one = listed(in_world(world, group=1))
    on = one.mask > 0
    counts = [((one.states[..., :-1] == s) & on).sum(axis=(1, 2)) for s in range(len(world.start))]
    return np.array(counts) @ chances


def advantages(world: World, theta: np.ndarray) -> np.ndarray:
    """A(s, a) of the policy with the parameters ``theta``, [S, A].

    With ``horizon`` steps to go every answer has time to end from every place.
    """
    V = world.values(theta)[0]
    return world.R + world.P @ V - V[:, None]


def draw(world: World, groups: int, rng: np.random.Generator) -> Answers:
    """``groups`` groups of answers to one prompt each, drawn with the law of the data."""
    check_generator(rng)
    law, after = world.data_law(world.theta).cumsum(axis=1), world.P.argmax(axis=2)
    shape = (groups, world.group)
    prompt = rng.choice(len(world.start), groups, p=world.start)
    states = [np.broadcast_to(prompt[:, None], shape)]
    tokens = []
    for _ in range(world.horizon):
        token = (law[states[-1], :-1] <= rng.random((*shape, 1))).sum(axis=-1)
        tokens.append(np.where(world.terminal[states[-1]], 0, token))
        states.append(after[states[-1], tokens[-1]])
    return Answers(world, np.stack(states, axis=-1), np.stack(tokens, axis=-1))


def listed(world: World) -> tuple[np.ndarray, Answers]:
    """Every possible group: its probability [G], and the answers [G, group], in each order."""
    law, after = world.data_law(world.theta), world.P.argmax(axis=2)
    chances, rows = [], []
    for prompt in np.flatnonzero(world.start):
        walks: list[Walk] = [(1.0, (int(prompt),), ())]
        for _ in range(world.horizon):
            walks = [
                (p * q, (*path, int(after[path[-1], a])), (*text, a))
                for p, path, text in walks
                for a, q in (enumerate(law[path[-1]]) if not world.terminal[path[-1]] else [(0, 1)])
                if q > 0
            ]
        for group in product(walks, repeat=world.group):
            chances.append(world.start[prompt] * np.prod([p for p, *_ in group]))
            rows.append([[*path, *text] for _, path, text in group])
    both, cut = np.array(rows), world.horizon + 1
    return np.array(chances), Answers(world, both[..., :cut], both[..., cut:])


Rows = Callable[[Answers], Any]


def check_drawn(
    label: str,
    world: World,
    rows: Rows,
    mean: Any,
    wrong: Mapping[str, Rows],
    groups: int = 40_000,
    seed: int = 0,
    where: str = "the thinking world",
    note: str = "",
    **about: Unpack[About],
) -> Verdict:
    """Simulate a mean over groups of answers, and compare it with the exact one.

    rows   from ``Answers`` to one row a group, [groups] or [groups, K], or {line: such rows}
    mean   the other side of the statement, or {line: it}
    wrong  {name: another function for the rows, of all lines or of some}
    The standard deviation of a row is exact, by the list of all groups. Further arguments as for
    ``means.check_mean``; a simulation too small for a wrong version is refused.
    """
    drawn, (chances, every) = draw(world, groups, np.random.default_rng(seed)), listed(world)
    exact, samples = rows(every), rows(drawn)
    if isinstance(exact, Mapping):
        spread: Any = {line: _deviation(chances, values) for line, values in exact.items()}
    else:
        spread = _deviation(chances, exact)
    bad = {name: version(drawn) for name, version in wrong.items()}
    many = NUMBERS[world.group]
    return check_mean(label, samples, mean, spread, bad, where, many, note, **about)


def _deviation(chances: np.ndarray, values: np.ndarray) -> np.ndarray:
    return np.sqrt(np.maximum(chances @ (values - chances @ values) ** 2, 0))
