"""Two ways to estimate grad_theta E f(a) for a single continuous action.

The score form multiplies f by the score and needs nothing of f but its values
(``eq:score-function``). The reparameterised form differentiates f along the action and needs f to
be smooth: for a step function it returns 0 (``eq:gauss-pg-step``).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from utils.common.statistics import mean_and_standard_error
from utils.common.validation import check_count, check_generator
from utils.estimators.gradient import Estimate


def score_gradient(
    policy, reward: Callable, n: int, rng: np.random.Generator, baseline: float = 0.0
) -> Estimate:
    """The mean of psi(a) (f(a) - b) over n actions, [2], with its standard error.

    ``reward`` maps an array of actions [N] to rewards [N]; ``baseline`` is the number b.
    """
    actions = policy.sample(check_count("n", n, least=2), rng)
    centred = np.asarray(reward(actions), dtype=float) - baseline
    return Estimate(*mean_and_standard_error(policy.score(actions) * centred[:, None]), n)


def reparameterised_gradient(
    policy, reward_slope: Callable, n: int, rng: np.random.Generator
) -> Estimate:
    """The mean of f'(a) da/dtheta over n actions a = a(theta, noise), [2], with its error.

    ``reward_slope`` maps actions [N] to f'(a) [N]. Only policies with ``reparameterise`` will do.
    """
    if not hasattr(policy, "reparameterise"):
        raise ValueError(f"{type(policy).__name__} has no reparameterisation here")
    noise = policy.noise(check_count("n", n, least=2), check_generator(rng))
    actions, slopes = policy.reparameterise(noise)
    along = np.asarray(reward_slope(actions), dtype=float)
    return Estimate(*mean_and_standard_error(slopes * along[:, None]), n)
