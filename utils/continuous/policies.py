"""Policies over a real action: sampling, log-density, score, and reparameterisation.

Each policy is one distribution of an action a, with two parameters ``theta`` [2]. Its score is
psi(a) = grad_theta log pi(a), [N, 2]. Where an action is a smooth function of theta and of noise
that does not depend on theta, ``reparameterise`` gives the action and its derivative in theta.

Floats are coarse near 1: tanh(19) is rounded to 1. So a sample closer than 2^-40 to an end of the
interval is set to 2^-40 from it. This one float then stands for an event of positive probability,
and its score is that of the event, the mean of psi over it. In this way the scores of samples are
finite and have mean zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from utils.common.validation import check_count, check_generator, entry, finite_array

GAP = 2.0**-40
FIRST = float(np.finfo(float).tiny)  # 2^-1022; floats near 0 are fine enough to come so close
LARGEST_LOG_SCALE = 300


@dataclass(frozen=True, eq=False)
class _TwoParameters:
    theta: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "theta", finite_array("theta", self.theta, (2,)))


@dataclass(frozen=True, eq=False)
class _LocationScale(_TwoParameters):
    """theta = (location, log scale), the latter from -300 to 300."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if abs(self.theta[1]) > LARGEST_LOG_SCALE:
            raise ValueError(
                f"theta[1] is {self.theta[1]:.12g}, the logarithm of the scale; it should be from "
                f"-{LARGEST_LOG_SCALE} to {LARGEST_LOG_SCALE}"
            )

    @property
    def location(self) -> float:
        """The centre of the distribution."""
        return float(self.theta[0])

    @property
    def scale(self) -> float:
        """The scale, exp(theta[1]); positive for every theta."""
        return math.exp(self.theta[1])

    def noise(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n draws of the standard noise, [N]; its law does not depend on theta."""
        raise NotImplementedError

    def reparameterise(self, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The action location + scale * noise [N] and its derivative in theta [N, 2]."""
        actions = self.location + self.scale * noise
        return actions, np.stack([np.ones_like(noise), self.scale * noise], axis=-1)

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n actions, [N]."""
        return self.reparameterise(self.noise(n, rng))[0]


class Gaussian(_LocationScale):
    """a ~ Normal(mu, sigma^2) with theta = (mu, log sigma) (``eq:gauss-score``)."""

    def noise(self, n, rng):
        return check_generator(rng).standard_normal(check_count("n", n))

    def log_density(self, actions) -> np.ndarray:
        """log pi(a), [N]; above 0 where the density is above 1."""
        z = (_inside(actions) - self.location) / self.scale
        return -(z**2) / 2 - self.theta[1] - math.log(2 * math.pi) / 2

    def score(self, actions) -> np.ndarray:
        """(z / sigma, z^2 - 1) with z = (a - mu) / sigma, [N, 2]."""
        z = (_inside(actions) - self.location) / self.scale
        return np.stack([z / self.scale, z**2 - 1], axis=-1)


class Laplace(_LocationScale):
    """a has density exp(-|a - mu| / b) / (2 b) with theta = (mu, log b) (``eq:laplace``).

    The log-density has a kink at mu. There the score of the location is set to 0; the point has
    probability 0.
    """

    def noise(self, n, rng):
        return check_generator(rng).laplace(size=check_count("n", n))

    def log_density(self, actions) -> np.ndarray:
        """log pi(a), [N]."""
        z = (_inside(actions) - self.location) / self.scale
        return -np.abs(z) - self.theta[1] - math.log(2)

    def score(self, actions) -> np.ndarray:
        """(sign(z) / b, |z| - 1) with z = (a - mu) / b, [N, 2]."""
        z = (_inside(actions) - self.location) / self.scale
        return np.stack([np.sign(z) / self.scale, np.abs(z) - 1], axis=-1)


class SquashedGaussian(Gaussian):
    """a = tanh(u) with u ~ Normal(mu, sigma^2), theta = (mu, log sigma) (``eq:squash-logdensity``).

    The change of variables adds -log(1 - a^2) to the log-density. It does not depend on theta, so
    the score is that of u = artanh(a).
    """

    def reparameterise(self, noise):
        before, slopes = super().reparameterise(noise)
        actions = np.tanh(before)
        return np.clip(actions, GAP - 1, 1 - GAP), slopes * (1 - actions**2)[..., None]

    def log_density(self, actions) -> np.ndarray:
        """log pi(a), [N], for -1 < a < 1."""
        actions = _inside(actions, -1, 1)
        return super().log_density(np.arctanh(actions)) - np.log1p(-(actions**2))

    def score(self, actions) -> np.ndarray:
        """The Gaussian score at u = artanh(a), [N, 2].

        From 1 - 2^-40 on it is the score of the event u >= c with tanh c = 1 - 2^-40, which is
        (h / sigma, z h) with z = (c - mu)/sigma and the hazard rate h = phi(z)/(1 - Phi(z)).
        Likewise, mirrored, at the lower end.
        """
        actions = _inside(actions, -1, 1)
        scores = super().score(np.arctanh(actions))
        c = math.atanh(1 - GAP)
        for sign in (1, -1):
            at_end = sign * actions >= 1 - GAP
            if at_end.any():
                z = (c - sign * self.location) / self.scale
                h = hazard_rate(z)
                scores[at_end] = sign * h / self.scale, z * h
        return scores


class Beta(_TwoParameters):
    """a in (0, 1) with density proportional to a^(alpha-1) (1-a)^(beta-1) (``eq:beta``).

    theta = (alpha, beta), both positive.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, value in zip(("alpha", "beta"), self.theta, strict=True):
            if value <= 0:
                raise ValueError(f"{name} is {value:.12g}, not positive")

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n actions, [N]."""
        alpha, beta = self.theta
        actions = check_generator(rng).beta(alpha, beta, size=check_count("n", n))
        return np.clip(actions, FIRST, 1 - GAP)

    def log_density(self, actions) -> np.ndarray:
        """log pi(a), [N]."""
        alpha, beta = self.theta
        actions = _inside(actions, 0, 1)
        log_norm = math.lgamma(alpha) + math.lgamma(beta) - math.lgamma(alpha + beta)
        return (alpha - 1) * np.log(actions) + (beta - 1) * np.log1p(-actions) - log_norm

    def score(self, actions) -> np.ndarray:
        """(log a, log(1 - a)) minus their means, [N, 2]; the means are digamma differences.

        From 1 - e on, with e = 2^-40, the second is log e - 1/beta: the mean of log(1 - a) over
        1 - a < e, where the density of 1 - a is proportional to its power beta - 1 up to a factor
        1 + O(e). Likewise up to e = 2^-1022 the first is log e - 1/alpha.
        """
        from scipy.special import digamma

        actions = _inside(actions, 0, 1)
        logs = np.stack([np.log(actions), np.log1p(-actions)], axis=-1)
        alpha, beta = self.theta
        logs[actions <= FIRST, 0] = math.log(FIRST) - 1 / alpha
        logs[actions >= 1 - GAP, 1] = math.log(GAP) - 1 / beta
        return logs - (digamma(self.theta) - digamma(self.theta.sum()))


def hazard_rate(z: float) -> float:
    """phi(z)/(1 - Phi(z)) of the standard normal law, without overflow for large z."""
    from scipy.special import erfcx

    return math.sqrt(2 / math.pi) / float(erfcx(z / math.sqrt(2)))


def _inside(actions, low: float = -np.inf, high: float = np.inf) -> np.ndarray:
    """``actions`` as floats, if all are strictly between ``low`` and ``high``."""
    actions = np.asarray(actions, dtype=float)
    wrong = np.argwhere(~((actions > low) & (actions < high)))
    if len(wrong):
        where = tuple(wrong[0])
        raise ValueError(
            f"{entry('actions', where)} is {actions[where]}, not strictly between {low} and {high}"
        )
    return actions
