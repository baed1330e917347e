"""False versions of the statements of chapter 8, each a plausible slip: {name: right side}.

A check of the chapter shows its two sides, and rejects these. Each right side is a function of a
``FiniteFieldMDP``; episodes have at most three steps (``episodes.Ending``), records just three
(``episodes.Recorded``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from utils.symbolic import compatible
from utils.symbolic.episodes import Ending, Recorded
from utils.symbolic.finite_field import FiniteFieldMDP
from utils.symbolic.mdp import Prefix

RightSides = dict[str, Callable[[FiniteFieldMDP], Any]]


def _slope(x: FiniteFieldMDP) -> Any:
    """grad J_T, by differentiation."""
    return Ending.of(x).slope(x.G)


def _per_step(weight: Callable[[Any, int], Any]) -> Callable[[FiniteFieldMDP], Any]:
    """The slope of E[(1/l) sum_k c_k r_k] for the weights c_k = ``weight(gamma, k)``."""
    return lambda x: x.gradient(Ending.of(x).per_step([weight(x.gamma, k) for k in range(3)]))


def _next_rewards(x: FiniteFieldMDP) -> Any:
    """E[sum_t gamma^(t+1) psi_t r_{t+1}]."""

    def next_reward(tau: Prefix, t: int) -> Any:
        return x.gamma * x.G(tau[: t + 2], t + 1)

    return Ending.of(x).steps(next_reward)


def _less_error(x: FiniteFieldMDP) -> Any:
    """E[sum_t gamma^t (G_t - v(s_t)) grad v(s_t)]."""
    v, w = x.tables["v"], x.tables["w"]
    return Ending.of(x).sums(lambda tau, t: (x.G(tau, t) - v[tau[t][0]]) * w[tau[t][0]])


PER_STEP: RightSides = {
    "only a constant: the mean length": lambda x: _slope(x) / Ending.of(x).mean(len),
    "averages apart": lambda x: x.gradient(Ending.of(x).mean(x.G) / Ending.of(x).mean(len)),
    "divided by the longest": lambda x: _slope(x) / 3,
}
MEAN_LOG_PROB: RightSides = {
    "the gradient of J": _slope,
    "discounted rewards per step": _per_step(lambda g, k: g**k),
    "all rewards alike": _per_step(lambda g, k: 1),
    "c_k = (1 + gamma)^k": _per_step(lambda g, k: (1 + g) ** k),
    "c_k = 1 + k gamma": _per_step(lambda g, k: 1 + k * g),
}
MYOPIC: RightSides = {
    "the gradient of J": _slope,
    "less for later": lambda x: _slope(x) * (1 - x.gamma),
    "r_(t+1) in place of G_(t+1)": lambda x: _slope(x) - _next_rewards(x),
}
LEAK: RightSides = {
    "no bias, as the next episode is independent": _slope,
    "both episodes run on": lambda x: _slope(x) + Ending.of(x).bonus_for_haste(),
    "a gradient of a product": lambda x: (
        _slope(x)
        + x.gradient(Ending.of(x).mean(x.G) * Ending.of(x).mean(lambda tau: x.gamma ** len(tau)))
        / 2
    ),
}
SHIFTED: RightSides = {
    "a shift does no harm": lambda x: Recorded.of(x).first_terms,
    "gamma times the right step": lambda x: Recorded.of(x).first_terms * x.gamma,
    "the rewards are lost twice": lambda x: (
        Recorded.of(x).first_terms - Recorded.of(x).steps(lambda tau, t: 2 * x.R[tau[t]])
    ),
}
TIME_LIMIT: RightSides = {
    "nothing is lost": lambda x: Recorded.of(x).first_terms,
    "lost without discount": lambda x: Recorded.of(x).first_terms - Recorded.of(x).value_at_the_end,
    "one step later": lambda x: (
        Recorded.of(x).first_terms - x.gamma**4 * Recorded.of(x).value_at_the_end
    ),
}
DETACH: RightSides = {
    "no bias": _slope,
    "the critic is pushed down": lambda x: _slope(x) - Ending.of(x).push(),
    "no discount in the push": lambda x: _slope(x) + Ending.of(x).push(1),
    "the critic's error is reduced": lambda x: _slope(x) + _less_error(x),
}
COMPATIBLE: RightSides = {
    "coordinate by coordinate": lambda x: compatible.gradient_with_critic(
        x, compatible.visited(x), joint=False
    ),
    "all pairs weigh the same": lambda x: compatible.gradient_with_critic(x, x.pi**0),
    "states as at the start": lambda x: compatible.gradient_with_critic(x, x.rho0[:, None] * x.pi),
}
NATURAL: RightSides = {
    "the gradient itself": lambda x: (1 - x.gamma) * compatible.gradient(x),
    "no 1 - gamma": compatible.natural_gradient,
    "no covariances": lambda x: (
        (1 - x.gamma)
        * compatible.gradient(x)
        / compatible.second_moments(x, compatible.visited(x)).diagonal()
    ),
}
