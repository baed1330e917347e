"""Random MDPs in exact fractions, on which an inequality is tried without rounding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import comb

import numpy as np

from utils.common.validation import check_count
from utils.model.rational import RationalMDP

# Half of the weights are 0: bounds are reached where laws are certain.
WEIGHTS = (0, 0, 0, 0, 1, 2, 5, 20)
DISCOUNTS = tuple(Fraction(g) for g in ("0", "1/10", "1/2", "9/10", "99/100"))


@dataclass(frozen=True, eq=False)
class RationalProblem:
    """An MDP, a policy, a direction in which the policy moves, and a second policy; all fractions.

    ``pi``, ``dpi`` and ``other`` are [S, A]. The rows of ``dpi`` sum to 0, and dpi(a|s) = 0 where
    pi(a|s) = 0 (``lem:zero-prob``).
    """

    mdp: RationalMDP
    pi: np.ndarray
    dpi: np.ndarray
    other: np.ndarray

    @property
    def speed(self) -> Fraction:
        """L = max_s sum_a |dpi(a|s)| (``eq:grad-single-bound``)."""
        return abs(self.dpi).sum(axis=1).max()

    @property
    def information(self) -> Fraction:
        """I = max_s sum_a dpi(a|s)^2 / pi(a|s), terms with pi(a|s) = 0 left out."""
        positive = self.pi > 0
        ratio = self.dpi**2 / np.where(positive, self.pi, 1)
        return (ratio * positive).sum(axis=1).max()

    @property
    def oscillation(self) -> Fraction:
        """osc = (max R - min R) / 2."""
        return (self.mdp.R.max() - self.mdp.R.min()) / 2

    @property
    def distance(self) -> Fraction:
        """max_s sum_a |other(a|s) - pi(a|s)| (``eq:hybrid-bound``)."""
        return abs(self.other - self.pi).sum(axis=1).max()


def random_problems(n: int, seed: int) -> Iterator[RationalProblem]:
    """``n`` problems with 2 or 3 states and actions; the same seed gives the same ones."""
    check_count("n", n)
    rng = np.random.default_rng(seed)
    for _ in range(n):
        n_states, n_actions = rng.integers(2, 4, size=2)
        mdp = RationalMDP(
            P=random_laws(rng, n_states, n_actions, n_states),
            R=as_fractions(rng.integers(-3, 4, size=(n_states, n_actions))),
            gamma=DISCOUNTS[rng.integers(len(DISCOUNTS))],
            rho0=random_laws(rng, n_states),
        )
        pi = random_laws(rng, n_states, n_actions)
        push = pi * as_fractions(rng.integers(-4, 5, size=pi.shape))
        dpi = push - pi * push.sum(axis=1, keepdims=True)
        yield RationalProblem(mdp, pi, dpi, random_laws(rng, n_states, n_actions))


def survival_chain(p: Fraction, gamma: Fraction) -> RationalProblem:
    """The chain on which the bounds of chapter 3 are reached in the limit p -> 1.

    Action 1 pays 1 and stays alive in state 0, action 0 pays nothing and leads to state 1, where
    nothing is paid any more. pi(1|0) = p is the parameter itself, and the second policy never dies.
    So E[r_k] = p^(k+1) and dE[r_k] = (k+1) p^k.
    """
    p, stay = Fraction(p), Fraction(1)
    mdp = RationalMDP(
        P=[[[0, 1], [1, 0]], [[0, 1], [0, 1]]], R=[[0, 1], [0, 0]], gamma=gamma, rho0=[1, 0]
    )
    pi = np.array([[1 - p, p], [stay, 0 * stay]])
    dpi = np.array([[-stay, stay], [0 * stay, 0 * stay]])
    return RationalProblem(mdp, pi, dpi, np.array([[0 * stay, stay], [stay, 0 * stay]]))


def majority_slope(n: int) -> Fraction:
    """The slope of the mean of the sign of the majority of ``n`` fair coins, n odd.

    A counter of heads is an MDP: the state is the count, and r_k is the sign of heads minus tails
    after k + 1 = n tosses. Along the logit of all coins together the slope is
    E|heads - tails|/2 = n C(n-1, (n-1)/2) / 2^n, of the order of sqrt(n), with osc = 1, L = 1/2 and
    I = 1/4 (``eq:grad-root-bound``). ValueError if n is even.
    """
    check_count("n", n)
    if n % 2 == 0:
        raise ValueError(f"n is {n}; it should be odd, so that there is a majority")
    return Fraction(n * comb(n - 1, (n - 1) // 2), 2**n)


def random_laws(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Fractions along the last axis that are not negative and sum to 1."""
    weights = rng.choice(WEIGHTS, size=shape)
    certain = np.eye(shape[-1], dtype=int)[rng.integers(shape[-1], size=shape[:-1])]
    weights = np.where(weights.sum(axis=-1, keepdims=True) > 0, weights, certain)
    table = as_fractions(weights)
    return table / table.sum(axis=-1, keepdims=True)


def as_fractions(integers: np.ndarray) -> np.ndarray:
    """The same numbers as fractions."""
    return np.vectorize(lambda x: Fraction(int(x)), otypes=[object])(integers)
