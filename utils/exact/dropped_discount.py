"""The direction that is left when gamma^t is dropped from the policy gradient theorem.

omega = sum_t E[psi_t Q(s_t, a_t)], where the theorem has sum_t gamma^t E[psi_t Q(s_t, a_t)].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from utils.common.validation import check_count
from utils.exact import bellman as exact
from utils.exact.chain import PolicyChain
from utils.model.mdp import FiniteMDP
from utils.model.policies import DifferentiablePolicy, FinitePolicy, check_differentiable


def expected_visits(mdp: FiniteMDP, policy: FinitePolicy) -> np.ndarray:
    """d_1(s) = sum_t P(s_t = s) on the states that are not terminal, and 0 on the others, [S].

    ValueError if from some state the episode never ends; else the spectral radius of P_pi on the
    states that are not terminal is below 1, and the sum converges.
    """
    return PolicyChain(mdp, policy).resolve_transposed(1, mdp.rho0)


def direction_without_gamma_t(
    mdp: FiniteMDP, policy: DifferentiablePolicy, horizon: int | None = None
) -> np.ndarray:
    """omega, in the shape of ``policy.theta``, with the stationary Q.

    With ``horizon`` T the first T terms, sum_{t<T} E[psi_t Q(s_t, a_t)]. Without it the whole sum
    sum_s d_1(s) sum_a grad pi(a|s) Q(s, a) (``eq:tabular-ascent``); errors as ``expected_visits``.
    """
    check_differentiable(policy)
    if horizon is None:
        visits = expected_visits(mdp, policy)
    else:
        laws = exact.state_distributions(mdp, policy, check_count("horizon", horizon, least=0))
        visits = laws[:-1].sum(axis=0)
    gains = exact.advantage(mdp, policy)  # sum_a grad pi(a|s) V(s) = 0
    return policy.score_sum(visits[:, None] * policy.probabilities * gains)


@dataclass(frozen=True)
class Angle:
    """The angle between omega and grad J, and what the tabular theorem promises for it.

    cosine  cos of the angle
    kappa   largest ratio d_1(s) / d_gamma(s) over the smallest, over the visited states
    """

    cosine: float
    kappa: float

    @property
    def bound(self) -> float:
        """2 sqrt(kappa) / (1 + kappa) (``eq:kantorovich``)."""
        return 2 * self.kappa**0.5 / (1 + self.kappa)


def angle_to_gradient(mdp: FiniteMDP, policy: DifferentiablePolicy) -> Angle:
    """The angle between omega and grad J; for a policy with its own parameters in each state the
    cosine is at least ``Angle.bound`` (``eq:kantorovich``).

    ValueError if gamma is 0 (then d_gamma forgets states that d_1 counts), if one of the two
    vectors is 0, or as ``expected_visits``.
    """
    if mdp.gamma == 0:
        raise ValueError("gamma is 0; it should be above 0 for d_gamma to see every visited state")
    visits, d = expected_visits(mdp, policy), exact.occupancy(mdp, policy)
    ratios = visits[visits > 0] / d[visits > 0]
    omega = direction_without_gamma_t(mdp, policy)
    gradient = exact.policy_gradient(mdp, policy)
    lengths = np.linalg.norm(omega), np.linalg.norm(gradient)
    for name, length in zip(("omega", "grad J"), lengths, strict=True):
        if length == 0:
            raise ValueError(f"{name} is 0: it has no angle")
    cosine = float((omega * gradient).sum() / (lengths[0] * lengths[1]))
    return Angle(cosine, float(ratios.max() / ratios.min()))


def effective_steps(gamma: float, horizon: int) -> float:
    """(sum_{t<T} gamma^t)^2 / sum_{t<T} gamma^{2t}, in steps (``eq:effective-steps``).

    A weighted sum of independent terms is as accurate as a plain mean of this many (Kish 1965).
    """
    weights = gamma ** np.arange(check_count("horizon", horizon))
    return float(weights.sum() ** 2 / (weights**2).sum())


def ended_by_chance(mdp: FiniteMDP, survival: float) -> FiniteMDP:
    """The same world, but each step ends the episode with probability 1 - ``survival``.

    The end is one more state, the last, in which nothing happens.
    """
    S, A = mdp.R.shape
    P = np.zeros((S + 1, A, S + 1))
    P[:S, :, :S] = survival * mdp.P
    P[:, :, S] = 1 - P.sum(axis=2)
    R = np.vstack([mdp.R, np.zeros((1, A))])
    return FiniteMDP(P, R, mdp.gamma, np.append(mdp.rho0, 0))
