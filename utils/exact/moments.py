"""Exact moments of the score sum and of the return, by recursion over time."""

from __future__ import annotations

from math import comb

import numpy as np

from utils.common.validation import check_count, finite_array
from utils.exact.chain import PolicyChain, ScoredChain, rewards_of_triples
from utils.model.mdp import FiniteMDP
from utils.model.policies import FinitePolicy, check_fits
from utils.model.protocol import ScoredPolicy, TabularMDP


def reward_powers(mdp: TabularMDP, order: int) -> list[np.ndarray]:
    """P(s'|s, a) E[r^k | s, a, s'] for k = 0, ..., order, each [S, A, S].

    Given the three, r is normal with mean m and variance v, so that
    E[r^k] = m E[r^(k-1)] + (k - 1) v E[r^(k-2)].
    """
    reward, noise = rewards_of_triples(mdp)
    powers = [mdp.P]
    for k in range(1, order + 1):
        spread = (k - 1) * noise * powers[k - 2] if k > 1 else 0
        powers.append(reward * powers[k - 1] + spread)
    return powers


def score_moments(
    mdp: FiniteMDP, policy: FinitePolicy, direction, horizon: int, order: int
) -> np.ndarray:
    """Entry [k, t, s] = E[M_t^k 1{s_t = s}], as an array [order + 1, horizon + 1, S].

    ``direction`` [S, A] is the derivative of pi(a|s) along one direction of theta-space, so that
    the score along it is f(s, a) = direction(s, a) / pi(a|s), or 0 where pi(a|s) = 0
    (``lem:zero-prob``), and M_t = sum_{u<t} f(s_u, a_u). The recursion expands
    M_{t+1}^k = (M_t + f)^k by the binomial theorem:

        m[k, t+1, s'] = sum_j C(k, j) sum_{s,a} m[j, t, s] pi(a|s) f(s, a)^(k-j) P(s'|s, a).

    Order 0 is the law of s_t, order 1 its derivative along the direction
    (``eq:marginal-gradient``), and order 2 summed over s is ``eq:score-martingale``.
    """
    check_fits(mdp, policy)
    check_count("horizon", horizon, least=0)
    check_count("order", order, least=0)
    pi = policy.probabilities
    direction = finite_array("direction", direction, pi.shape)
    score = np.divide(direction, pi, out=np.zeros_like(pi), where=pi > 0)
    # steps[i] carries f^i through one step of the chain: [S, S].
    steps = [np.einsum("sa,san->sn", pi * score**i, mdp.P) for i in range(order + 1)]
    moments = np.zeros((order + 1, horizon + 1, mdp.n_states))
    moments[0, 0] = mdp.rho0
    for t in range(horizon):
        for k in range(order + 1):
            moments[k, t + 1] = sum(
                comb(k, j) * (moments[j, t] @ steps[k - j]) for j in range(k + 1)
            )
    return moments


def return_moments(mdp: FiniteMDP, policy: FinitePolicy, horizon: int, order: int) -> np.ndarray:
    """Entry [k, s] = E[(sum_{t<T} gamma^t r_t)^k | s_0 = s], as an array [order + 1, S].

    Backward in time, from G = r + gamma G' and the binomial theorem:

        m[k, s] = sum_j C(k, j) gamma^j E_pi[sum_{s'} P(s'|s, a) E[r^(k-j) | s, a, s'] m'[j, s']].
    """
    check_fits(mdp, policy)
    check_count("horizon", horizon, least=0)
    check_count("order", order, least=0)
    pi, rewards = policy.probabilities, reward_powers(mdp, order)
    moments = np.zeros((order + 1, mdp.n_states))
    moments[0] = 1
    for _ in range(horizon):
        moments = np.array(
            [
                sum(
                    comb(k, j) * mdp.gamma**j * (pi * (rewards[k - j] @ moments[j])).sum(axis=1)
                    for j in range(k + 1)
                )
                for k in range(order + 1)
            ]
        )
    return moments


def return_and_score_moments(mdp: TabularMDP, policy: ScoredPolicy, horizon: int) -> np.ndarray:
    """E[G_0^j M_T^k] for j, k <= 2, coordinate by coordinate: [3, 3, d] (``eq:var-total``).

    Backward in time from G = r + gamma G' and M = psi + M' by the binomial theorem.
    """
    chain = ScoredChain.of(mdp, policy)
    psi, rewards = chain.scores, reward_powers(mdp, 2)
    moments = np.zeros((3, 3, len(chain.rho0), psi.shape[2]), dtype=chain.P.dtype)
    moments[0, 0] = 1
    for _ in range(check_count("horizon", horizon)):
        after = {
            (p, i, m): rewards[p] @ moments[i, m]
            for p in range(3) for i in range(3 - p) for m in range(3)
        }  # fmt: skip
        moments = np.array(
            [
                [
                    chain.average(
                        sum(
                            comb(j, i) * comb(k, m)
                            * chain.gamma**i * psi ** (k - m) * after[j - i, i, m]
                            for i in range(j + 1)
                            for m in range(k + 1)
                        )
                    )
                    for k in range(3)
                ]
                for j in range(3)
            ]
        )  # fmt: skip
    return np.tensordot(chain.rho0, moments, axes=(0, 2))


def killed_sum_moments(mdp: FiniteMDP, policy: FinitePolicy, values, order: int) -> np.ndarray:
    """Entry [k, s] = E[(sum_{t<N} f(s_t, a_t))^k | s_0 = s], as an array [order + 1, S].

    ``values`` [S, A] is f, and N is independent of the trajectory with P(N > t) = gamma^t
    (``eq:killed-process``). From X = f + X' with probability gamma, and X = f otherwise:

        m[k] = (I - gamma P_pi)^{-1} sum_a pi (f^k + gamma sum_{0<j<k} C(k, j) f^(k-j) P m[j]).

    For f = R the first moment is V; for f = psi Q it is the gradient of V (``eq:unrolled``).
    """
    check_count("order", order, least=0)
    chain, gamma = PolicyChain(mdp, policy), mdp.gamma
    f = finite_array("values", values, chain.pi.shape)
    moments = np.ones((order + 1, mdp.n_states))
    for k in range(1, order + 1):
        later = sum(comb(k, j) * f ** (k - j) * (mdp.P @ moments[j]) for j in range(1, k))
        moments[k] = chain.resolve(gamma, chain.average(f**k + gamma * later))
    return moments


def scored_return_law(mdp: FiniteMDP, policy, t: int, horizon: int) -> tuple[float, float]:
    """Mean and standard deviation of psi_t G_t^T (``eq:tower``) for a policy with one parameter.

    The mean is E[psi_t Q_t^T(s_t, a_t)]. The second moment needs that of G_t^T = r_t + gamma G',
    given the pair: E[r^2] + 2 gamma E[r m_1(s')] + gamma^2 E[m_2(s')] with the moments m_k of the
    later return.
    """
    psi, gamma = policy.scores[:, :, 0], mdp.gamma
    law = score_moments(mdp, policy, 0 * psi, check_count("t", t, least=0), order=0)[0, t]
    later = return_moments(mdp, policy, horizon - t - 1, order=2)
    one, r, r2 = reward_powers(mdp, 2)
    pairs = law[:, None] * policy.probabilities * psi
    mean = float((pairs * (mdp.R + gamma * (one @ later[1]))).sum())
    squares = r2 @ later[0] + 2 * gamma * (r @ later[1]) + gamma**2 * (one @ later[2])
    return mean, float(np.sqrt((pairs * psi * squares).sum() - mean**2))
