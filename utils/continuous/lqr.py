"""The scalar linear-quadratic regulator: continuous states and actions with exact answers.

    s_{t+1} = alpha s_t + beta a_t + noise
    r_t     = -(q s_t^2 + c a_t^2)
    a_t     ~ N(theta s_t, sigma^2)

Everything stays Gaussian and the rewards are quadratic, so second moments of the state are all one
needs (``eq:lqr``). The rewards are unbounded, so this is a direct computation and not an instance
of the theorem for bounded rewards. Without a horizon the sums converge if
gamma (alpha + beta theta)^2 < 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from utils.common.statistics import mean_and_standard_error
from utils.common.validation import (
    LARGEST,
    check_count,
    check_discount,
    check_generator,
    check_name,
    check_number,
)
from utils.estimators.forms import discounted_rewards_to_go, discounts
from utils.estimators.gradient import Estimate


@dataclass(frozen=True)
class LQR:
    """The problem: dynamics, costs, discount, and the variances of start and of the noise."""

    alpha: float = 1.0
    beta: float = 0.5
    q: float = 1.0
    c: float = 0.2
    gamma: float = 0.9
    noise_variance: float = 0.1
    start_variance: float = 1.0

    def __post_init__(self) -> None:
        check_discount(self.gamma)
        for name in ("alpha", "beta", "q", "c", "noise_variance", "start_variance"):
            check_number(name, getattr(self, name))
        for name in ("noise_variance", "start_variance"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}, not a variance (>= 0)")


@dataclass(frozen=True)
class LinearGaussianPolicy:
    """a ~ N(theta s, sigma^2) in state s; theta is the parameter, sigma is fixed."""

    theta: float
    sigma: float = 0.5

    def __post_init__(self) -> None:
        check_number("theta", self.theta)
        if check_number("sigma", self.sigma) <= 0:
            raise ValueError(f"sigma is {self.sigma}, not a positive number")

    def score(self, states, actions) -> np.ndarray:
        """psi(s, a) = (a - theta s) s / sigma^2, in the shape of the arguments."""
        return (actions - self.theta * states) * states / self.sigma**2


@dataclass(frozen=True, eq=False)
class LQRRollouts:
    """``path`` [T + 1, N] of states; ``actions``, ``rewards`` and the actions' ``noise`` [T, N].

    ``lqr`` is the problem that was simulated.
    """

    path: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    noise: np.ndarray
    lqr: LQR


def state_variances(lqr: LQR, policy: LinearGaussianPolicy, horizon: int) -> np.ndarray:
    """E s_t^2 for t = 0, ..., T - 1, [T].

    One step on it is (alpha + beta theta)^2 E s_t^2 + beta^2 sigma^2 + noise variance.
    """
    closed_loop = _closed_loop(lqr, policy)
    fresh = (lqr.beta * policy.sigma) ** 2 + lqr.noise_variance
    m = [lqr.start_variance]
    for _ in range(check_count("horizon", horizon) - 1):
        m.append(closed_loop * m[-1] + fresh)
    return _finite(m)


def objective(lqr: LQR, policy: LinearGaussianPolicy, horizon: int | None = None) -> float:
    """J_T = -sum_t gamma^t ((q + c theta^2) E s_t^2 + c sigma^2); without a horizon, its limit."""
    k, m = value_coefficients(lqr, policy, horizon)
    return -(k[0] * lqr.start_variance + m[0])


def value_coefficients(
    lqr: LQR, policy: LinearGaussianPolicy, horizon: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """(k, m) with V_t(s) = -(k_t s^2 + m_t), arrays [T + 1]; without a horizon, of length 1.

    One step back: k = q + c theta^2 + gamma (alpha + beta theta)^2 k' and
    m = c sigma^2 + gamma (k' (beta^2 sigma^2 + noise variance) + m').
    """
    closed_loop = _closed_loop(lqr, policy)
    fresh = (lqr.beta * policy.sigma) ** 2 + lqr.noise_variance
    step_cost, noise_cost = lqr.q + lqr.c * policy.theta**2, lqr.c * policy.sigma**2
    if horizon is None:
        _check_stable(lqr, closed_loop)
        forever = step_cost / (1 - lqr.gamma * closed_loop)
        noise = (noise_cost + lqr.gamma * forever * fresh) / (1 - lqr.gamma)
        return np.array([forever]), np.array([noise])
    k, m = [0.0], [0.0]
    for _ in range(check_count("horizon", horizon)):
        m.append(noise_cost + lqr.gamma * (k[-1] * fresh + m[-1]))
        k.append(step_cost + lqr.gamma * closed_loop * k[-1])
    return _finite(k)[::-1], _finite(m)[::-1]


def state_values(lqr: LQR, policy: LinearGaussianPolicy, states: np.ndarray) -> np.ndarray:
    """V_t(s_t) = -(k_t s_t^2 + m_t) for ``states`` [T, N] of a horizon of T steps, [T, N]."""
    k, m = (x[:-1, None] for x in value_coefficients(lqr, policy, len(states)))
    return -(k * states**2 + m)


def action_values(lqr: LQR, policy: LinearGaussianPolicy, states, actions, k, m) -> np.ndarray:
    """Q(s, a) = -(q s^2 + c a^2) - gamma (k (E[s'|s, a]^2 + noise variance) + m).

    ``k`` and ``m`` are the coefficients of the next step's value.
    """
    next_mean = lqr.alpha * states + lqr.beta * actions
    ahead = k * (next_mean**2 + lqr.noise_variance) + m
    return -(lqr.q * states**2 + lqr.c * actions**2) - lqr.gamma * ahead


def policy_gradient(lqr: LQR, policy: LinearGaussianPolicy, horizon: int | None = None) -> float:
    """dJ/dtheta = sum_t gamma^t E[psi_t Q_t] (``eq:lqr``), a number.

    In a state s, E_pi[psi Q] = -2 s^2 (c theta + gamma k' beta (alpha + beta theta)).
    """
    k, _ = value_coefficients(lqr, policy, horizon)
    gain = lqr.alpha + lqr.beta * policy.theta
    slope = lqr.c * policy.theta + lqr.gamma * lqr.beta * gain * (k if horizon is None else k[1:])
    if horizon is None:
        fresh = (lqr.beta * policy.sigma) ** 2 + lqr.noise_variance
        start = lqr.start_variance + lqr.gamma * fresh / (1 - lqr.gamma)
        return float(-2 * start / (1 - lqr.gamma * gain**2) * slope[0])
    weights = lqr.gamma ** np.arange(horizon) * state_variances(lqr, policy, horizon)
    return float(-2 * weights @ slope)


def simulate(
    lqr: LQR, policy: LinearGaussianPolicy, n: int, horizon: int, rng: np.random.Generator
) -> LQRRollouts:
    """``n`` independent trajectories of ``horizon`` steps, time-major."""
    n, horizon = check_count("n", n), check_count("horizon", horizon)
    check_generator(rng)
    state_variances(lqr, policy, horizon + 1)  # refuses a loop that explodes within the horizon
    path = np.empty((horizon + 1, n))
    path[0] = math.sqrt(lqr.start_variance) * rng.standard_normal(n)
    noise = rng.standard_normal((horizon, n))
    actions = np.empty((horizon, n))
    push = math.sqrt(lqr.noise_variance) * rng.standard_normal((horizon, n))
    for t in range(horizon):
        actions[t] = policy.theta * path[t] + policy.sigma * noise[t]
        path[t + 1] = lqr.alpha * path[t] + lqr.beta * actions[t] + push[t]
    rewards = -(lqr.q * path[:-1] ** 2 + lqr.c * actions**2)
    return LQRRollouts(path, actions, rewards, noise, lqr)


def score_gradient(
    rollouts: LQRRollouts, lqr: LQR, policy: LinearGaussianPolicy, weights: str = "reward-to-go"
) -> Estimate:
    """The mean of sum_t gamma^t psi_t w_t, a number, with its standard error.

    ``weights`` is "reward-to-go" (w_t = G_t) or "q" (w_t = Q_t(s_t, a_t), the exact one of this
    horizon). Both are unbiased for the derivative of J_T.
    """
    check_name("weights", weights, ("reward-to-go", "q"))
    _check_of(rollouts, lqr)
    horizon = len(rollouts.actions)
    states = rollouts.path[:-1]
    if weights == "reward-to-go":
        step_weights = discounted_rewards_to_go(rollouts.rewards, lqr.gamma)
    else:
        k, m = (x[1:, None] for x in value_coefficients(lqr, policy, horizon))
        Q = action_values(lqr, policy, states, rollouts.actions, k, m)
        step_weights = discounts(lqr.gamma, horizon) * Q
    samples = (policy.score(states, rollouts.actions) * step_weights).sum(axis=0)
    return Estimate(*mean_and_standard_error(samples), len(samples))


def reparameterised_gradient(
    rollouts: LQRRollouts, lqr: LQR, policy: LinearGaussianPolicy
) -> Estimate:
    """The mean of d/dtheta sum_t gamma^t r_t with all noise held fixed, a number, with its error.

    It differentiates through the dynamics: ds' = alpha ds + beta da and da = s + theta ds. So it
    needs to know alpha and beta, which the score form does not.
    """
    _check_of(rollouts, lqr)
    horizon, n = rollouts.actions.shape
    state_slope, samples = np.zeros(n), np.zeros(n)
    for t in range(horizon):
        state, action = rollouts.path[t], rollouts.actions[t]
        action_slope = state + policy.theta * state_slope
        reward_slope = -2 * (lqr.q * state * state_slope + lqr.c * action * action_slope)
        samples += lqr.gamma**t * reward_slope
        state_slope = lqr.alpha * state_slope + lqr.beta * action_slope
    return Estimate(*mean_and_standard_error(samples), n)


def _closed_loop(lqr: LQR, policy: LinearGaussianPolicy) -> float:
    """(alpha + beta theta)^2, once it is clear that these are a problem and a policy for it."""
    for name, value, kind in (("lqr", lqr, LQR), ("policy", policy, LinearGaussianPolicy)):
        if not isinstance(value, kind):
            raise ValueError(f"{name} is a {type(value).__name__}, not a {kind.__name__}")
    return (lqr.alpha + lqr.beta * policy.theta) ** 2


def _check_stable(lqr: LQR, closed_loop: float) -> None:
    if lqr.gamma == 1:
        raise ValueError("gamma is 1: the sum over t has no limit; give a horizon")
    if lqr.gamma * closed_loop >= 1:
        raise ValueError(
            f"gamma (alpha + beta theta)^2 is {lqr.gamma * closed_loop:.6g}, not below 1: "
            "the sum over t has no limit; give a horizon"
        )


def _finite(steps: list[float]) -> np.ndarray:
    """The numbers of a recursion as an array, if they stayed below ``LARGEST``."""
    array = np.array(steps)
    large = np.flatnonzero(~(np.abs(array) <= LARGEST))
    if len(large):
        raise ValueError(
            f"after {large[0]} steps a second moment is {array[large[0]]:.3g}: the closed loop "
            "explodes; give a shorter horizon"
        )
    return array


def _check_of(rollouts: LQRRollouts, lqr: LQR) -> None:
    """Raise unless these are rollouts of this problem, up to the discount."""
    if not isinstance(rollouts, LQRRollouts):
        raise ValueError(f"rollouts is a {type(rollouts).__name__}, not LQRRollouts")
    if not isinstance(lqr, LQR):
        raise ValueError(f"lqr is a {type(lqr).__name__}, not a LQR")
    if replace(rollouts.lqr, gamma=lqr.gamma) != lqr:
        raise ValueError(f"the rollouts are of {rollouts.lqr}, not of {lqr}")
