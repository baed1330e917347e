"""Policies over finitely many states and actions, with their scores."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from utils.common.validation import (
    check_distributions,
    check_generator,
    check_indices,
    check_shape,
    entry,
    finite_array,
    real_array,
)
from utils.model.protocol import MDP, Policy, TabularMDP


class FinitePolicy:
    """What every policy here has: ``probabilities`` [S, A] and the means to sample from them."""

    probabilities: Any  # an array; a field of some policies, worked out by others

    @property
    def n_states(self) -> int:
        """S, the number of states."""
        return self.probabilities.shape[0]

    @property
    def n_actions(self) -> int:
        """A, the number of actions."""
        return self.probabilities.shape[1]

    def sample(self, states, rng: np.random.Generator) -> np.ndarray:
        """One action for each entry of ``states`` [N], drawn by the inverse cdf."""
        check_generator(rng)
        states = check_indices("states", states, self.n_states)
        uniforms = rng.random(states.shape)
        return (cumulative(self.probabilities)[states] <= uniforms[..., None]).sum(axis=-1)


class DifferentiablePolicy(FinitePolicy):
    """A policy with parameters theta and a score psi(s, a) = grad_theta log pi(a|s)."""

    theta: np.ndarray

    @property
    def scores(self) -> np.ndarray:
        """The score of every pair, [S, A, d] with d = ``theta.size`` in C order."""
        raise NotImplementedError

    def score(self, s: int, a: int) -> np.ndarray:
        """psi(s, a), in the shape of ``theta``."""
        raise NotImplementedError

    def score_sum(self, weights: np.ndarray) -> np.ndarray:
        """sum_{s,a} weights(s, a) psi(s, a), in the shape of ``theta``.

        Every gradient in this book has this form. With weights d(s) pi(a|s) Q(s, a) it is the
        policy gradient.
        """
        raise NotImplementedError

    @property
    def gradient_norms(self) -> np.ndarray:
        """||grad_theta pi(a|s)|| for every pair, [S, A]."""
        raise NotImplementedError

    def pair(self, s: int, a: int) -> tuple[int, int]:
        """(s, a) if there are such a state and such an action."""
        return int(check_indices("s", s, self.n_states)), int(check_indices("a", a, self.n_actions))

    def pair_weights(self, weights: np.ndarray) -> np.ndarray:
        """``weights`` as an array, if it is [S, A]."""
        weights = np.asarray(weights)
        check_shape("weights", weights, self.probabilities.shape)
        return weights


@dataclass(frozen=True, eq=False)
class TablePolicy(FinitePolicy):
    """A policy given by its table of probabilities [S, A], zeros allowed.

    It has no parameters, hence no score: it can be evaluated and simulated, not differentiated.
    """

    probabilities: np.ndarray

    def __post_init__(self) -> None:
        table = finite_array("probabilities", self.probabilities, (None, None))
        check_distributions("probabilities", table)
        object.__setattr__(self, "probabilities", table)


@dataclass(frozen=True, eq=False)
class TabularSoftmax(DifferentiablePolicy):
    """pi(a|s) = exp(theta[s, a]) / sum_b exp(theta[s, b]), with theta [S, A].

    The score for the row of state s is ``eq:softmax-score``:
    d log pi(a|s) / d theta[s, b] = 1{a = b} - pi(b|s). It is zero for all other rows.

    A logit of -inf forbids an action: its probability is 0, and so is every gradient there.

    ValueError if an entry of ``theta`` is neither a number nor -inf, or a row has no finite logit.
    """

    theta: np.ndarray

    def __post_init__(self) -> None:
        object.__setattr__(self, "theta", logit_table("theta", self.theta, (None, None)))

    @classmethod
    def from_probabilities(cls, probabilities) -> TabularSoftmax:
        """The softmax policy with these probabilities [S, A], all of them positive.

        Logits are determined up to a constant in each state; log pi is chosen.
        """
        table = TablePolicy(probabilities).probabilities
        zero = np.argwhere(table == 0)
        if len(zero):
            s, a = zero[0]
            raise ValueError(
                f"probabilities[{s}, {a}] is 0, but a softmax of finite logits is positive; "
                "a logit of -inf forbids an action, and TablePolicy takes zeros"
            )
        return cls(np.log(table))

    @cached_property
    def probabilities(self) -> np.ndarray:
        """pi(a|s), [S, A], read-only."""
        return softmax(self.theta)

    @cached_property
    def row_scores(self) -> np.ndarray:
        """d log pi(a|s) / d theta[s, b] as [S, A, A] with the axes s, a, b."""
        return np.eye(self.n_actions) - self.probabilities[:, None, :]

    @property
    def scores(self) -> np.ndarray:
        n_states, n_actions = self.theta.shape
        scores = np.zeros((n_states, n_actions, n_states, n_actions))
        states = np.arange(n_states)
        scores[states, :, states, :] = self.row_scores
        return scores.reshape(n_states, n_actions, n_states * n_actions)

    def score(self, s: int, a: int) -> np.ndarray:
        s, a = self.pair(s, a)
        score = np.zeros_like(self.theta)
        score[s] = self.row_scores[s, a]
        return score

    def score_sum(self, weights: np.ndarray) -> np.ndarray:
        weights = self.pair_weights(weights)
        return weights - self.probabilities * weights.sum(axis=1, keepdims=True)

    @property
    def gradient_norms(self) -> np.ndarray:
        pi = self.probabilities
        squared = 1 - 2 * pi + (pi**2).sum(axis=1, keepdims=True)
        return pi * np.sqrt(np.maximum(squared, 0))


@dataclass(frozen=True, eq=False)
class LinearSoftmax(DifferentiablePolicy):
    """A softmax of linear logits: states share parameters.

    pi(a|s) is proportional to exp(offsets[s, a] + features[s, a] . theta), with theta [d],
    features [S, A, d] and offsets [S, A] (zero unless given). The score is the feature minus its
    mean, psi(s, a) = features[s, a] - sum_b pi(b|s) features[s, b]. An offset of -inf forbids an
    action.
    """

    features: np.ndarray
    theta: np.ndarray
    offsets: np.ndarray | None = None

    def __post_init__(self) -> None:
        features = finite_array("features", self.features, (None, None, None))
        n_states, n_actions, dim = features.shape
        theta = finite_array("theta", self.theta, (dim,))
        offsets = np.zeros((n_states, n_actions)) if self.offsets is None else self.offsets
        offsets = logit_table("offsets", offsets, (n_states, n_actions))
        object.__setattr__(self, "features", features)
        object.__setattr__(self, "theta", theta)
        object.__setattr__(self, "offsets", offsets)

    @classmethod
    def logits(cls, p, shared: bool = False) -> LinearSoftmax:
        """Two actions with pi(1|s) = p[s], strictly between 0 and 1, and score a - p[s].

        The parameters are one logit for each state, theta[s] = logit p[s]. With ``shared`` there is
        a single parameter theta = 0, added to the fixed offset logit p[s] of each state
        (``eq:sigmoid-score``).
        """
        p = finite_array("p", p, (None,))
        outside = np.flatnonzero((p <= 0) | (p >= 1))
        if len(outside):
            raise ValueError(f"p[{outside[0]}] is {p[outside[0]]:.12g}, not strictly inside (0, 1)")
        logits = np.log(p / (1 - p))
        n_states = len(p)
        features = np.zeros((n_states, 2, 1 if shared else n_states))
        features[:, 1] = 1 if shared else np.eye(n_states)
        if shared:
            return cls(features, np.zeros(1), np.column_stack([np.zeros(n_states), logits]))
        return cls(features, logits)

    @cached_property
    def probabilities(self) -> np.ndarray:
        """pi(a|s), [S, A], read-only."""
        return softmax(self.offsets + self.features @ self.theta)

    @cached_property
    def scores(self) -> np.ndarray:
        means = np.einsum("sa,sad->sd", self.probabilities, self.features)
        return self.features - means[:, None, :]

    def score(self, s: int, a: int) -> np.ndarray:
        return self.scores[self.pair(s, a)]

    def score_sum(self, weights: np.ndarray) -> np.ndarray:
        return np.tensordot(self.pair_weights(weights), self.scores, axes=2)

    @property
    def gradient_norms(self) -> np.ndarray:
        return self.probabilities * np.linalg.norm(self.scores, axis=2)


def logit_table(name: str, values: Any, shape: tuple[int | None, int | None]) -> np.ndarray:
    """A read-only float copy of logits [S, A]: finite numbers, or -inf for a forbidden action."""
    table = real_array(name, values)
    check_shape(name, table, shape)
    allowed = np.isfinite(table)
    if not allowed.all():
        wrong = np.argwhere(~allowed & ~np.isneginf(table))
        if len(wrong):
            where = tuple(wrong[0])
            raise ValueError(f"{entry(name, where)} is {table[where]}, not a finite number or -inf")
        empty = np.flatnonzero(~allowed.any(axis=1))
        if len(empty):
            raise ValueError(f"{name}[{empty[0]}] forbids every action: one logit must be finite")
    table.flags.writeable = False
    return table


def softmax(logits: np.ndarray) -> np.ndarray:
    """exp(logits) normalised over the last axis; the largest logit is taken out first."""
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    weights.flags.writeable = False
    return weights


def cumulative(probabilities: np.ndarray) -> np.ndarray:
    """The cdf along the last axis, with every entry from the last possible outcome on equal to 1.

    With u uniform on [0, 1), the number of entries <= u is a draw. Dividing by the total makes
    the last entry exactly 1, so that an outcome of probability 0 is never drawn.
    """
    sums = np.cumsum(probabilities, axis=-1)
    return sums / sums[..., -1:]


def check_fits(mdp: MDP | TabularMDP, policy: Policy) -> None:
    """Raise unless the policy is for the states and actions of this MDP."""
    if not (hasattr(mdp, "rho0") and hasattr(mdp, "R")):
        raise ValueError(f"mdp is a {type(mdp).__name__}, not an MDP")
    if not hasattr(policy, "probabilities"):
        raise ValueError(f"policy is a {type(policy).__name__}, without a table of probabilities")
    if policy.probabilities.shape != mdp.R.shape:
        raise ValueError(
            f"the policy is for {policy.n_states} states and {policy.n_actions} actions, "
            f"the MDP has {mdp.n_states} and {mdp.n_actions}"
        )


def check_differentiable(policy: object) -> None:
    """Raise unless the policy has parameters and a score, as a gradient needs."""
    if not hasattr(policy, "scores"):
        raise ValueError(
            f"{type(policy).__name__} has no parameters, hence no score and no gradient; "
            "TabularSoftmax.from_probabilities has both"
        )
