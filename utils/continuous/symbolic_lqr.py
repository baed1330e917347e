"""The linear-quadratic regulator of ``continuous.lqr`` with symbols: polynomials in Gaussian noise.

    s_0     = start_sd * z
    s_{t+1} = alpha s_t + beta a_t + noise_sd * u_t
    r_t     = -(q s_t^2 + c a_t^2)
    a_t     = theta s_t + sigma z_t,  so  psi_t = (a_t - theta s_t) s_t / sigma^2 = z_t s_t / sigma

All of z, z_t and u_t are independent and standard normal. Every quantity of a trajectory is then a
polynomial in them, so that means are exact (``gaussian_moments.gaussian_mean``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sympy import QQ

from utils.common.validation import check_count
from utils.continuous.gaussian_moments import gaussian_mean
from utils.symbolic.free_mdps import generators

SYMBOLS = ("alpha", "beta", "q", "c", "gamma", "theta", "sigma", "noise_sd", "start_sd")


@dataclass(frozen=True, eq=False)
class SymbolicLQR:
    """One trajectory of ``horizon`` steps, each entry a polynomial in the noise.

    symbols  each of ``SYMBOLS`` by name, an element of the field
    states, actions, rewards, scores, action_noise  tuples of length ``horizon``
    noise                every standard normal symbol
    """

    symbols: dict[str, Any]
    states: tuple[Any, ...]
    actions: tuple[Any, ...]
    rewards: tuple[Any, ...]
    scores: tuple[Any, ...]
    action_noise: tuple[Any, ...]
    noise: tuple[Any, ...]

    @property
    def gamma(self) -> Any:
        """The discount."""
        return self.symbols["gamma"]

    @property
    def horizon(self) -> int:
        """T, the number of steps."""
        return len(self.rewards)

    def mean(self, value: Any) -> Any:
        """E of a polynomial in the noise."""
        return gaussian_mean(value, self.noise)

    def rewards_to_go(self, t: int, delay: int = 0) -> Any:
        """G_t = sum_{k >= t} gamma^(k-t) r_k; with a delay the first rewards are left out."""
        later = range(t + delay, self.horizon)
        return sum((self.gamma ** (k - t) * self.rewards[k] for k in later), 0 * self.gamma)

    def value(self, t: int) -> Any:
        """V_t(s_t) = E[G_t | s_t], a polynomial in the noise before t."""
        return self.mean_from(t, self.rewards_to_go(t))

    def mean_from(self, t: int, value: Any) -> Any:
        """E[value | what happened before the action of time t], a polynomial in earlier noise."""
        return gaussian_mean(value, self.noise[1 + 2 * t :])

    @property
    def gain(self) -> Any:
        """alpha + beta theta, what the mean of the next state is multiplied by."""
        return self.symbols["alpha"] + self.symbols["beta"] * self.symbols["theta"]

    def state_variances(self) -> list[Any]:
        """v_t = E[s_t^2] for t < T by its recursion (``eq:lqr``)."""
        of = self.symbols
        v = [of["start_sd"] ** 2]
        for _ in range(self.horizon - 1):
            fresh = of["beta"] ** 2 * of["sigma"] ** 2 + of["noise_sd"] ** 2
            v.append(self.gain**2 * v[-1] + fresh)
        return v

    def curvatures(self) -> list[Any]:
        """k_t for t <= T by its recursion, with k_T = 0: V_t(s) = -(k_t s^2 + a number)."""
        of = self.symbols
        k = [0 * self.gamma]
        for _ in range(self.horizon):
            k.insert(0, of["q"] + of["c"] * of["theta"] ** 2 + self.gamma * self.gain**2 * k[0])
        return k

    @property
    def total(self) -> Any:
        """The return, sum_t gamma^t r_t."""
        return sum(self.gamma**t * r for t, r in enumerate(self.rewards))

    def by_theta(self, value: Any) -> Any:
        """The derivative by theta; of a mean, or of a trajectory with the noise held fixed."""
        return value.diff(self.symbols["theta"])

    def pushes(self, k: Sequence[Any]) -> list[Any]:
        """x_t = c theta + gamma beta (alpha + beta theta) k_{t+1} for t < T (``eq:lqr``).

        ``k`` holds k_1, ..., k_T.
        """
        of = self.symbols
        ahead = self.gamma * of["beta"] * self.gain
        return [of["c"] * of["theta"] + ahead * k[t] for t in range(self.horizon)]

    def closed_form(self, k: Sequence[Any]) -> Any:
        """-2 sum_t gamma^t v_t x_t, the second line of ``eq:lqr``; ``k`` holds k_1, ..., k_T."""
        steps = enumerate(zip(self.state_variances(), self.pushes(k), strict=True))
        return -2 * sum(self.gamma**t * v * x for t, (v, x) in steps)

    def score_form(
        self, psi: Sequence[Any], delay: int = 0, power: int = 1, baseline: int = 0
    ) -> Any:
        """E sum_t gamma^(power t) psi_t (G_t - baseline s_t^2), with any ``psi`` [T] as scores.

        With a ``delay`` the first rewards of each G_t are left out.
        """
        return sum(
            self.gamma ** (power * t)
            * self.mean(psi[t] * (self.rewards_to_go(t, delay) - baseline * self.states[t] ** 2))
            for t in range(self.horizon)
        )

    def score_form_deviation(self) -> float:
        """The standard deviation of sum_t gamma^t psi_t (G_t - V_t(s_t)), all symbols numbers."""
        sample = sum(
            self.gamma**t * self.scores[t] * (self.rewards_to_go(t) - self.value(t))
            for t in range(self.horizon)
        )
        variance = self.mean(sample**2) - self.mean(sample) ** 2
        return math.sqrt(variance.as_expr())


def symbolic_lqr(horizon: int, **numbers: Fraction | int | str) -> SymbolicLQR:
    """The regulator with all of ``SYMBOLS`` free, except those that are given as numbers.

    ValueError if a name is not one of ``SYMBOLS``.
    """
    check_count("horizon", horizon)
    for name in numbers:
        if name not in SYMBOLS:
            raise ValueError(f"{name} is not a symbol; there are: {', '.join(SYMBOLS)}")
    fresh = [f"{letter}{t}" for t in range(horizon) for letter in "zu"]
    field = generators(" ".join([*SYMBOLS, "z", *fresh]))
    of = dict(zip(SYMBOLS, field, strict=False))
    one = of["gamma"] ** 0
    for name, value in numbers.items():
        of[name] = one * QQ(Fraction(value).numerator, Fraction(value).denominator)
    noise = field[len(SYMBOLS) :]
    state, pushes = of["start_sd"] * noise[0], noise[2::2]
    states, actions = [], []
    for z, u in zip(noise[1::2], pushes, strict=True):
        states.append(state)
        actions.append(of["theta"] * state + of["sigma"] * z)
        state = of["alpha"] * state + of["beta"] * actions[-1] + of["noise_sd"] * u
    steps = list(zip(states, actions, noise[1::2], strict=True))
    return SymbolicLQR(
        symbols=of,
        states=tuple(states),
        actions=tuple(actions),
        rewards=tuple(-(of["q"] * s**2 + of["c"] * a**2) for s, a, _ in steps),
        scores=tuple(z * s / of["sigma"] for s, _, z in steps),
        action_noise=tuple(noise[1::2]),
        noise=noise,
    )
