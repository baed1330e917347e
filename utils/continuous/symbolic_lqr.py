"""The linear-quadratic regulator of ``continuous.lqr`` with symbols: polynomials in Gaussian noise.

    s_0     = start_sd * z
    s_{t+1} = alpha s_t + beta a_t + noise_sd * u_t
    r_t     = -(q s_t^2 + c a_t^2)
    a_t     = theta s_t + sigma z_t,  so  psi_t = (a_t - theta s_t) s_t / sigma^2 = z_t s_t / sigma

All of z, z_t and u_t are independent and standard normal. Every quantity of a trajectory is then a
polynomial in them, so that means are exact (``gaussian_moments.gaussian_mean``).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sympy import QQ

from utils.common.validation import check_count
from utils.continuous.gaussian_moments import gaussian_mean
from utils.symbolic.worlds import generators

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
        return gaussian_mean(self.rewards_to_go(t), self.noise[1 + 2 * t :])


def symbolic_lqr(horizon: int, **numbers: Fraction | int) -> SymbolicLQR:
    """The regulator with all of ``SYMBOLS`` free, except those that are given as numbers.

    ValueError if a name is not one of ``SYMBOLS``.
    """
    check_count("horizon", horizon)
    for name in numbers:
        if name not in SYMBOLS:
            raise ValueError(f"{name} is not a symbol; there are: {', '.join(SYMBOLS)}")
    fresh = [f"{letter}{t}" for t in range(horizon) for letter in "zu"]
    field = generators(" ".join([*SYMBOLS, "z", *fresh]))
    one = field[0] ** 0
    of = dict(zip(SYMBOLS, field, strict=False))
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
