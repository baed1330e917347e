"""Policies over a real action: sampling, log-density, score, and reparameterisation.

Each policy is one distribution of an action a, with two parameters ``theta`` [2]. Its score is
psi(a) = grad_theta log pi(a), [N, 2]. Where an action is a smooth function of theta and of noise
that does not depend on theta, ``reparameterise`` gives the action and its derivative in theta.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from utils.common.validation import check_count, check_generator, finite_array


@dataclass(frozen=True, eq=False)
class _TwoParameters:
    theta: np.ndarray

    def __post_init__(self) -> None:
        object.__setattr__(self, "theta", finite_array("theta", self.theta, (2,)))


@dataclass(frozen=True, eq=False)
class _LocationScale(_TwoParameters):
    """theta = (location, log scale)."""

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
        check_count("n", n)
        return self.reparameterise(self.noise(n, check_generator(rng)))[0]


class Gaussian(_LocationScale):
    """a ~ Normal(mu, sigma^2) with theta = (mu, log sigma) (``eq:gauss-score``)."""

    def noise(self, n, rng):
        return rng.standard_normal(n)

    def log_density(self, actions) -> np.ndarray:
        """log pi(a), [N]; above 0 where the density is above 1."""
        z = (np.asarray(actions) - self.location) / self.scale
        return -(z**2) / 2 - self.theta[1] - math.log(2 * math.pi) / 2

    def score(self, actions) -> np.ndarray:
        """(z / sigma, z^2 - 1) with z = (a - mu) / sigma, [N, 2]."""
        z = (np.asarray(actions) - self.location) / self.scale
        return np.stack([z / self.scale, z**2 - 1], axis=-1)


class Laplace(_LocationScale):
    """a has density exp(-|a - mu| / b) / (2 b) with theta = (mu, log b) (``eq:laplace``).

    The log-density has a kink at mu. There the score of the location is set to 0; the point has
    probability 0.
    """

    def noise(self, n, rng):
        return rng.laplace(size=n)

    def log_density(self, actions) -> np.ndarray:
        """log pi(a), [N]."""
        z = (np.asarray(actions) - self.location) / self.scale
        return -np.abs(z) - self.theta[1] - math.log(2)

    def score(self, actions) -> np.ndarray:
        """(sign(z) / b, |z| - 1) with z = (a - mu) / b, [N, 2]."""
        z = (np.asarray(actions) - self.location) / self.scale
        return np.stack([np.sign(z) / self.scale, np.abs(z) - 1], axis=-1)


class SquashedGaussian(Gaussian):
    """a = tanh(u) with u ~ Normal(mu, sigma^2), theta = (mu, log sigma) (``eq:squash-logdensity``).

    The change of variables adds -log(1 - a^2) to the log-density. It does not depend on theta, so
    the score is that of u = artanh(a).
    """

    def reparameterise(self, noise):
        before, slopes = super().reparameterise(noise)
        actions = np.tanh(before)
        return actions, slopes * (1 - actions**2)[..., None]

    def log_density(self, actions) -> np.ndarray:
        """log pi(a), [N], for -1 < a < 1."""
        actions = np.asarray(actions)
        return super().log_density(np.arctanh(actions)) - np.log1p(-(actions**2))

    def score(self, actions) -> np.ndarray:
        """The Gaussian score at u = artanh(a), [N, 2]."""
        return super().score(np.arctanh(actions))


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
        return check_generator(rng).beta(*self.theta, size=check_count("n", n))

    def log_density(self, actions) -> np.ndarray:
        """log pi(a), [N]."""
        alpha, beta = self.theta
        actions = np.asarray(actions)
        log_norm = math.lgamma(alpha) + math.lgamma(beta) - math.lgamma(alpha + beta)
        return (alpha - 1) * np.log(actions) + (beta - 1) * np.log1p(-actions) - log_norm

    def score(self, actions) -> np.ndarray:
        """(log a, log(1 - a)) minus their means, [N, 2]; the means are digamma differences."""
        from scipy.special import digamma

        actions = np.asarray(actions)
        logs = np.stack([np.log(actions), np.log1p(-actions)], axis=-1)
        return logs - (digamma(self.theta) - digamma(self.theta.sum()))
