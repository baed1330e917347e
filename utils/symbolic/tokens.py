"""Both sides of the statements about language models, on answers in which every number is free.

A *weight* is a function of a batch and of the place of an answer in it. All sums run over explicit
batches; nothing here uses the statements that are to be checked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement, product
from math import comb, factorial, prod
from typing import Any

import numpy as np
import sympy as sp

from utils.common.linear import object_array
from utils.symbolic.answers import PLACES, STOP, THINK, Answer, Answers
from utils.symbolic.dual import Dual
from utils.symbolic.free_mdps import generators

Weight = Callable[[tuple[Answer, ...], int], Any]


def update(ys: tuple[Answer, ...], weight: Weight) -> Any:
    """(1/N) sum_i weight_i M_i for one batch."""
    total = sum(weight(ys, i) * y.score for i, y in enumerate(ys))
    return total / len(ys)


def leave_one_out(ys: tuple[Answer, ...], i: int) -> Any:
    """R_i minus the mean of the others."""
    return ys[i].reward - sum(y.reward for j, y in enumerate(ys) if j != i) / (len(ys) - 1)


def minus(b: Any) -> Weight:
    """R_i minus a number."""
    return lambda ys, i: ys[i].reward - b


def minus_mean(ys: tuple[Answer, ...], i: int) -> Any:
    """R_i minus the mean of the group."""
    return ys[i].reward - sum(y.reward for y in ys) / len(ys)


def per_own_length(ys: tuple[Answer, ...], i: int) -> Any:
    """(R_i - mean of the group) / l_i."""
    return minus_mean(ys, i) / ys[i].length


def per_all_tokens(ys: tuple[Answer, ...], i: int) -> Any:
    """N (R_i - mean of the others) over the length of all, so that ``update`` has no 1/N left."""
    return len(ys) * leave_one_out(ys, i) / sum(y.length for y in ys)


# One reward at the end


def bellman(w: Answers) -> list[tuple[Any, Any]]:
    """(Q, V) at each token of each answer, as means over the answers (``eq:markov``)."""

    def given(head: tuple[int, ...]) -> Any:
        own = [y for y in w.all if y.tokens[: len(head)] == head]
        reached = sum(y.probability for y in own)
        return sum(y.probability * y.reward for y in own) / reached

    return [
        (given(y.tokens[: t + 1]), given(y.tokens[:t])) for y in w.all for t in range(len(y.tokens))
    ]


# Leaving one out


def variance(w: Answers, weight: Weight, n: int = 3) -> Any:
    """n times the variance of the update of n answers, by enumeration."""
    mean = w.mean(lambda *ys: update(ys, weight), n)
    return (w.mean(lambda *ys: update(ys, weight) ** 2, n) - mean**2) * n


def stated_variances(
    w: Answers, n: int = 3, slope: int = 1, best: Any = None, others: int = 1, shared: int = 1
) -> dict[str, Any]:
    """The right sides of ``eq:rloo-variance``, b = ``w.spare[0]``; options leave parts out."""
    b = w.spare[0]
    g, information = w.gradient(w.J), w.mean(lambda y: y.score**2)

    def constant(b: Any) -> Any:
        return w.mean(lambda y: (y.reward - b) ** 2 * y.score**2) - slope * g**2

    top = w.mean(lambda y: y.reward * y.score**2) / information if best is None else best
    spread = w.mean(lambda y: y.reward**2) - w.J**2
    return {
        "constant": constant(b),
        "best": constant(top) + (b - top) ** 2 * information,
        "RLOO": constant(w.J) + (others * information * spread + shared * g**2) / (n - 1),
    }


# What a group climbs


def by_count(numbers: Sequence) -> Weight:
    """w+(K) for a right answer and w-(K) for a wrong one; ``numbers`` are w+(1..N), w-(0..N-1)."""

    def weight(ys: tuple[Answer, ...], i: int) -> Any:
        n, K = len(ys), sum(y.reward.value for y in ys)
        return numbers[K - 1] if ys[i].reward.value else numbers[n + K]

    return weight


def group_slope(w: Answers, numbers: Sequence, n: int = 3, late: bool = False) -> Any:
    """grad E[phi(K)], K binomial with n trials; with ``late`` both weights are taken at k + 1."""
    phi = [Dual(0)]
    for k in range(n):
        wrong = numbers[n + k + late] if k + late < n else 0
        phi.append(phi[-1] + (numbers[k] - wrong) / Dual(n))
    p = w.J
    return w.gradient(sum(comb(n, k) * p**k * (1 - p) ** (n - k) * phi[k] for k in range(n + 1)))


def mean_deviation(p: sp.Expr, n: int) -> sp.Expr:
    """E[sqrt(K/n (1 - K/n))] for K binomial."""
    return sum(
        sp.binomial(n, k) * p**k * (1 - p) ** (n - k) * sp.sqrt(k * (n - k)) / n
        for k in range(n + 1)
    )


def mean_by_patterns(p: sp.Expr, n: int) -> sp.Expr:
    """The factor of grad p in the mean standardised update, over all 2^n patterns of rewards."""
    total = sp.Integer(0)
    for R in product((0, 1), repeat=n):
        mean = sp.Rational(sum(R), n)
        deviation = sp.sqrt(mean * (1 - mean))
        if deviation:
            chance = prod(p if r else 1 - p for r in R)
            slopes = [1 / p if r else -1 / (1 - p) for r in R]  # E[M | r] for grad p = 1
            weights = [(r - mean) / deviation for r in R]
            total += chance * sum(a * s for a, s in zip(weights, slopes, strict=True)) / n
    return total


def kept_halves(*ys: Answer) -> Any:
    """RLOO in both halves of a batch, the mean over those that are not silent, or 0."""
    half = len(ys) // 2
    loud = [z for z in (ys[:half], ys[half:]) if len({y.reward.value for y in z}) > 1]
    return sum((update(z, leave_one_out) for z in loud), Dual(0)) / max(len(loud), 1)


def silent(w: Answers) -> Any:
    """The chance that two answers have the same reward."""
    return w.J**2 + (1 - w.J) ** 2


def scaled_by_others(numbers: Sequence) -> Weight:
    """c_i (R_i - mean of the others); c_i is a free number for each pair of others."""

    def weight(ys: tuple[Answer, ...], i: int) -> Any:
        one, other = (y for j, y in enumerate(ys) if j != i)
        return _number_of((one, other), numbers) * leave_one_out(ys, i)

    return weight


def scaled_by_first(numbers: Sequence) -> Weight:
    """The same with a number that looks at the own answer."""

    def weight(ys: tuple[Answer, ...], i: int) -> Any:
        other = next(y for j, y in enumerate(ys) if j != i)
        return _number_of((ys[i], other), numbers) * leave_one_out(ys, i)

    return weight


def minus_one_number(numbers: Sequence) -> Weight:
    """R_i - b, b a free number for each batch of answers, the same for all of them."""
    return lambda ys, i: ys[i].reward - _number_of(ys, numbers)


def kind(y: Answer) -> int:
    """0 to 2 for the answers that end after 1 to 3 tokens, 3 for the one that is cut off."""
    return len(y.tokens) - 1 if y.ended else PLACES


def _number_of(ys: tuple[Answer, ...], numbers: Sequence) -> Any:
    """The number that belongs to these answers, in this order: one of four to the power of N."""
    place = 0
    for y in ys:
        place = 4 * place + kind(y)
    return numbers[place]


def mean_number(w: Answers, numbers: Sequence, n: int) -> Any:
    """The mean over batches of n answers of the number that belongs to each."""
    return w.mean(lambda *ys: _number_of(ys, numbers), n)


# Lengths


def own_length_slope(w: Answers, base: int = 1, held: bool = True) -> Any:
    """grad E[R/l] - J grad E[1/l]; ``base`` 0 leaves the second out, not ``held`` moves J too."""
    inverse = w.mean(lambda y: 1 / y.length)
    second = w.J * w.gradient(inverse) if held else w.gradient(w.J * inverse)
    return w.gradient(w.mean(lambda y: y.reward / y.length)) - base * second


def slope_beside(w: Answers, others: tuple[Answer, ...], alone: bool = False) -> Any:
    """grad E[(R - B)/(l + L)] with B and L of ``others`` held; ``alone`` leaves L out."""
    B = sum(y.reward for y in others) / len(others)
    L = 0 if alone else sum(y.length for y in others)
    return w.gradient(w.mean(lambda y: (y.reward - B) / (y.length + L)))


@dataclass(frozen=True, eq=False)
class OddsAnswer:
    """An answer in odds: its probability, score sum [2], reward and length."""

    probability: Any
    score: np.ndarray
    reward: int
    length: int


@dataclass(frozen=True, eq=False)
class OddsWorld:
    """One prompt of the thinking world, with the odds x of "…" and a factor z of those of "✓."."""

    x: Any
    z: Any
    all: tuple[OddsAnswer, ...]

    @property
    def one(self) -> Any:
        """1, as a number of the field."""
        return self.x / self.x

    def mean(self, value: Callable) -> Any:
        """E[value(y)]."""
        return sum(y.probability * value(y) for y in self.all)

    def gradient(self, number: Any) -> np.ndarray:
        """The derivatives by the two logits, [2]."""
        return object_array([self.x * number.diff(self.x), self.z * number.diff(self.z)])

    def curl(self, field: np.ndarray) -> Any:
        """d field_2 / d theta_1 - d field_1 / d theta_2."""
        return self.x * field[1].diff(self.x) - self.z * field[0].diff(self.z)

    def own_length_update(self, n: int) -> np.ndarray:
        """E[(1/n) sum_i (R_i - mean) M_i / l_i], [2], over all batches of n answers."""
        parts: list[dict] = [{}, {}]  # numerators by denominator: one common divisor each, not many
        for ys in combinations_with_replacement(self.all, n):
            orders = factorial(n) // prod(factorial(ys.count(y)) for y in set(ys))
            mean = Fraction(sum(y.reward for y in ys), n)
            for y in ys:
                size = orders * (y.reward - mean) / (n * y.length)
                if size:
                    chance = prod(z.probability for z in ys) * size.numerator / size.denominator
                    for part, score in zip(parts, y.score, strict=True):
                        term = chance * score
                        part[term.denom] = part.get(term.denom, 0) + term.numer
        new = self.x.field.new
        return object_array([sum(new(n, d) for d, n in part.items()) for part in parts])


def odds_world(skill: Sequence) -> OddsWorld:
    """The answers of one prompt of the thinking world; "✓." has the odds z skill[k]."""
    x, z = generators("x z")
    reached, score = x / x, object_array([0 * x, 0 * x])
    every = []
    for k, odds in enumerate(map(Fraction, skill)):
        right = z * odds.numerator / odds.denominator
        total = x + right + 1
        mean = object_array([x / total, right / total])
        hit, thought = object_array([0 * x, x / x]), object_array([x / x, 0 * x])
        every.append(OddsAnswer(reached * right / total, score - mean + hit, 1, k + 1))
        every.append(OddsAnswer(reached / total, score - mean, 0, k + 1))
        reached, score = reached * x / total, score - mean + thought
    every.append(OddsAnswer(reached, score, 0, len(skill)))
    return OddsWorld(x, z, tuple(every))


# Distances


def mean_slopes(w: Answers) -> dict[str, Any]:
    """The left sides of ``eq:kl-losses``: mean slopes of k1, k2, k3, and of k3 times the ratio."""

    def k3_slope(y: Answer) -> Any:
        return (1 - prod(y.inverse)) * y.score

    def k3(y: Answer) -> Any:
        return prod(y.inverse) - 1 + y.u

    return {
        "k1": w.mean(lambda y: w.gradient(y.u)),
        "k2": w.mean(lambda y: w.gradient(y.u**2 / 2)),
        "k3": w.mean(k3_slope),
        "weighted k3": w.mean(lambda y: k3(y) * y.score + k3_slope(y)),
    }


def stated_slopes(w: Answers) -> dict[str, Any]:
    """The gradients of the two divergences (right of ``eq:kl-losses``)."""
    forward = w.gradient(w.mean(lambda y: y.u))
    reference = [prod(w.reference[step] for step in enumerate(y.tokens)) for y in w.all]
    backward = w.gradient(-sum(r * y.u for r, y in zip(reference, w.all, strict=True)))
    return {"k1": 0, "k2": forward, "k3": backward, "weighted k3": forward}


def old_slopes(w: Answers) -> dict[str, Any]:
    """The left sides of ``eq:kl-old``: mean slopes over the answers of the old policy."""

    def k3_slope(y: Answer) -> Any:
        return (prod(y.inverse) - 1 + y.u) * y.score + (1 - prod(y.inverse)) * y.score

    return {
        "k1": w.mean(lambda y: w.gradient(y.u), law="old"),
        "weighted k3": w.mean(lambda y: y.weight * k3_slope(y), law="old"),
    }


def stated_old_slopes(w: Answers) -> dict[str, Any]:
    """The right sides of ``eq:kl-old``; the first divergence by its chain rule over the places."""
    reached = w.visits(w.old)
    away = sum(d * sum(w.old[k] * w.mdp.score[k]) for k, d in enumerate(reached))
    return {"k1": away, "weighted k3": stated_slopes(w)["k2"]}


def token_slopes(w: Answers) -> dict[str, Any]:
    """The left sides of ``eq:kl-tokens``."""
    return {
        "KL": w.gradient(w.mean(lambda y: y.u)),
        "k2": w.mean(lambda y: w.gradient(sum(u**2 / 2 for u in y.log_ratio))),
        "k3": w.mean(lambda y: w.gradient(sum(y.inverse - 1 + y.log_ratio))),
    }


def stated_token_slopes(w: Answers) -> dict[str, Any]:
    """The right sides of ``eq:kl-tokens``."""
    return {
        "KL": w.mean(lambda y: sum(s * sum(y.log_ratio[t:]) for t, s in enumerate(y.scores))),
        "k2": w.mean(lambda y: sum(y.scores * y.log_ratio)),
        "k3": -w.mean(lambda y: sum(y.inverse * y.scores)),
    }


# Old data


def advantages(w: Answers, policy: np.ndarray) -> np.ndarray:
    """A(k, a) under a table of probabilities, [3, 2]."""
    V = w.values(policy)
    Q = [[V[k + 1] if a == THINK else w.rewards[k] for a in (THINK, STOP)] for k in range(PLACES)]
    return object_array([[q - V[k] for q in row] for k, row in enumerate(Q)])


def old_data(w: Answers) -> dict[str, Any]:
    """The left sides of ``eq:surrogate-error``; the policy is pi', the old one drew the data."""
    held = object_array([[Dual(x.value) for x in row] for row in w.policy])
    return {
        "J": w.J,
        "error": w.J - ratio_loss(w, w.old),
        "slope": w.gradient(ratio_loss(w, held)),
    }


def ratio_loss(w: Answers, old: np.ndarray) -> Any:
    """J of the old policy plus the mean of sum_t ratio_t A_t over its answers."""
    A = advantages(w, old)
    total = w.values(old)[0]
    for y in w.all:
        chance = prod(old[step] for step in enumerate(y.tokens))
        for step in enumerate(y.tokens):
            total = total + chance * w.policy[step] / old[step] * A[step]
    return total


def stated_old_data(w: Answers, actions: np.ndarray | None = None) -> dict[str, Any]:
    """The right sides of ``eq:surrogate-error``; ``actions`` stands for pi' in the error."""
    A, now = advantages(w, w.old), w.policy if actions is None else actions
    gaps = [a - b for a, b in zip(w.visits(w.policy), w.visits(w.old), strict=True)]
    return {
        "J": w.values(w.old)[0] + w.mean(lambda y: sum(A[step] for step in enumerate(y.tokens))),
        "error": sum(gap * sum(now[k] * A[k]) for k, gap in enumerate(gaps)),
        "slope": w.gradient(w.J),
    }


def ratio_moment(p: Any, q: Any, length: int) -> Any:
    """E[ratio^2] of a sequence of tosses that moved from p to q, over all sequences."""
    return sum(
        prod(p if a else 1 - p for a in tosses)
        * prod((q if a else 1 - q) / (p if a else 1 - p) for a in tosses) ** 2
        for tosses in product((0, 1), repeat=length)
    )


Case = tuple[Fraction, int, Fraction, Fraction]  # ratio, advantage, lower and upper limit


def clip_cases(ratios: Sequence, signs: Sequence, low: str, high: str) -> list[Case]:
    """All pairs of a ratio and an advantage, with the limits 1 - low and 1 + high."""
    limits = 1 - Fraction(low), 1 + Fraction(high)
    return [(Fraction(r), a, *limits) for r in ratios for a in signs]


def slopes_of_minimum(cases: Sequence[Case]) -> list[Fraction]:
    """The slope of min(ratio A, clip(ratio) A) for psi' = 1, carrying (value, slope) pairs."""
    out = []
    for ratio, A, low, high in cases:
        free = (ratio, ratio)  # the derivative of the ratio is the ratio times psi'
        bounded = (low, 0) if ratio < low else (high, 0) if ratio > high else free
        out.append(min((x * A, slope * A) for x, slope in (free, bounded))[1])
    return [Fraction(x) for x in out]


def flat(cases: Sequence[Case]) -> list[int]:
    """1 where that slope is 0."""
    return [int(slope == 0) for slope in slopes_of_minimum(cases)]


def stated_flat(cases: Sequence[Case]) -> list[int]:
    """1 where ``eq:clip-weight`` calls the answer clipped."""
    return [int(ratio > high if A > 0 else ratio < low) for ratio, A, low, high in cases]


def stated_weights(cases: Sequence[Case]) -> list[Fraction]:
    """The first line of ``eq:clip-weight`` for psi' = 1."""
    return [(1 - c) * case[0] * case[1] for c, case in zip(stated_flat(cases), cases, strict=True)]


def other_clipping(cases: Sequence[Case], clipped: Callable[[Case], bool]) -> dict[str, list]:
    """Both lines of ``eq:clip-weight`` for another rule that says what is clipped."""
    flags = [int(clipped(case)) for case in cases]
    slopes = [(1 - c) * case[0] * case[1] for c, case in zip(flags, cases, strict=True)]
    return {"slope": slopes, "clipped": flags}


# Not finished


def masked(ys: tuple[Answer, ...], i: int) -> Any:
    """R_i minus the mean of the others, or 0 if the answer was cut off (``eq:mask-truncated``)."""
    return ys[i].ended * leave_one_out(ys, i)


def cut_off(w: Answers) -> Any:
    """P(cut off)."""
    return w.mean(lambda y: 1 - y.ended)


# Drawn otherwise


def other_score(w: Answers, y: Answer) -> Any:
    """tau times the score sum plus c_0 + ... + c_{l-1}, with spare numbers tau, c_0, c_1, c_2."""
    return w.spare[0] * y.score + drift(w, y)


def drift(w: Answers, y: Answer) -> Any:
    """c_0 + ... + c_{l-1}, the slopes of log C along the answer."""
    return sum(w.spare[1 : 1 + len(y.tokens)])
