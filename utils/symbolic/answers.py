"""Answers of a language model at a random point of a finite field.

The model writes at most three tokens. At place k it goes on thinking with some probability, and
otherwise writes a last word, so there are four answers: three that end, after 1, 2 and 3 tokens,
and one that is cut off after three thoughts. Probabilities, their slopes, rewards, a reference and
an older policy are random numbers modulo a prime (``finite_field``). The direction is free, so that
an identity which holds here holds for every policy on these answers and every parameter of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import numpy as np

from utils.common.linear import object_array
from utils.symbolic.dual import Dual
from utils.symbolic.finite_field import FiniteFieldMDP

PLACES = 3
THINK, STOP = range(2)
SIZE = (PLACES, 2)  # places and tokens, as states and actions of a ``FiniteFieldMDP``
NUMBERS = 4 + 2 * PLACES + 2 * PLACES  # the ``extra`` numbers of the point that are used here


@dataclass(frozen=True, eq=False)
class Answer:
    """One answer of l tokens.

    tokens       [l]  0 for a thought, 1 for a last word; token t stands at place t
    probability       under the policy; it carries its slope
    scores       [l]  psi_t along the direction
    reward            R
    log_ratio    [l]  u_t, the log of policy over reference for the token taken; its slope is psi_t
    inverse      [l]  exp(-u_t), reference over policy
    ratio        [l]  policy over old policy
    old               probability under the old policy
    before, after [l] V(s_t) and V(s_{t+1}) under the policy; the last of ``after`` is R
    """

    tokens: tuple[int, ...]
    probability: Any
    scores: np.ndarray
    reward: Any
    log_ratio: np.ndarray
    inverse: np.ndarray
    ratio: np.ndarray
    old: Any
    before: np.ndarray
    after: np.ndarray

    @property
    def length(self) -> Dual:
        """l, the number of tokens."""
        return Dual(len(self.tokens))

    @property
    def ended(self) -> int:
        """1 if the last word was written, 0 if the answer was cut off."""
        return int(self.tokens[-1] == STOP)

    @property
    def score(self) -> Any:
        """M, the sum of the scores."""
        return self.scores.sum()

    @property
    def u(self) -> Any:
        """The log-ratio of the whole answer."""
        return self.log_ratio.sum()

    @property
    def weight(self) -> Any:
        """Policy over old policy for the whole answer."""
        return prod(self.ratio)


@dataclass(frozen=True, eq=False)
class Answers:
    """The four answers at one point, the shortest first, and what goes beyond them.

    policy, reference, old [3, 2]  probability of each token at each place
    spare                          further random numbers, for the statement at hand
    """

    mdp: FiniteFieldMDP
    all: tuple[Answer, ...]
    rewards: tuple
    reference: np.ndarray
    old: np.ndarray
    spare: tuple[Dual, ...]

    @property
    def policy(self) -> np.ndarray:
        """pi(a|s), [S, A]."""
        return self.mdp.pi

    @property
    def J(self) -> Any:
        """E[R]."""
        return self.mean(lambda y: y.reward)

    @property
    def gradient(self) -> Callable:
        """The slope of a number."""
        return self.mdp.gradient

    def values(self, policy: np.ndarray) -> list:
        """V at places 0, 1, 2 under a table [3, 2], and the reward of the answer cut off."""
        return _values(policy, self.rewards)

    def visits(self, policy: np.ndarray) -> list:
        """The chance that a token is written at place 0, 1, 2."""
        reached = [Dual(1)]
        for k in range(PLACES - 1):
            reached.append(reached[-1] * policy[k, THINK])
        return reached

    def number(self, y: Answer) -> int:
        """The place of an answer in ``all``."""
        return self.all.index(y)

    def batches(self, n: int) -> Iterator[tuple[Answer, ...]]:
        """Every batch of n answers."""
        return product(self.all, repeat=n)

    def mean(self, value: Callable, n: int = 1, law: str = "probability") -> Any:
        """E[value(y_1, ..., y_n)] over all batches; ``law`` "old" for data of the old policy."""
        terms = (prod(getattr(y, law) for y in ys) * value(*ys) for ys in self.batches(n))
        return sum(terms, Dual(0))


def _values(policy: np.ndarray, rewards: Sequence) -> list:
    V = [rewards[-1]]
    for k in reversed(range(PLACES)):
        V.insert(0, policy[k, THINK] * V[0] + policy[k, STOP] * rewards[k])
    return V


def answers(point: FiniteFieldMDP, rewards: Sequence | None = None) -> Answers:
    """The answers at a point of ``SIZE`` with at least ``NUMBERS`` extra numbers.

    ``rewards`` are four numbers for the answers of 1, 2, 3 tokens and the one cut off; a random one
    for each None.
    """
    numbers = list(point.extra)
    free = [numbers.pop(0) for _ in range(4)]
    tables = [[[x, 1 - x] for x in (numbers.pop(0) for _ in range(PLACES))] for _ in range(2)]
    reference, old = map(object_array, tables)
    logs = object_array(
        [
            [Dual(numbers.pop(0).value, point.score[k, a].value) for a in (THINK, STOP)]
            for k in range(PLACES)
        ]
    )
    texts = [(THINK,) * k + (STOP,) for k in range(PLACES)] + [(THINK,) * PLACES]
    given = rewards or (None,) * len(free)
    paid = [r if fixed is None else Dual(fixed) for r, fixed in zip(free, given, strict=True)]

    V = _values(point.pi, paid)

    def answer(tokens: tuple[int, ...], reward: Any) -> Answer:
        steps = list(enumerate(tokens))
        pi, score, u, ref, before = (
            object_array([table[step] for step in steps])
            for table in (point.pi, point.score, logs, reference, old)
        )
        return Answer(
            tokens, prod(pi), score, reward, u, ref / pi, pi / before, prod(before),
            object_array(V[: len(tokens)]), object_array([*V[1 : len(tokens)], reward]),
        )  # fmt: skip

    every = tuple(answer(text, reward) for text, reward in zip(texts, paid, strict=True))
    return Answers(point, every, tuple(paid), reference, old, tuple(numbers))
