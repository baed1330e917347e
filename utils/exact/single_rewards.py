"""One reward at a time: E[r_k], and how fast it moves with the policy.

The infinite horizon of the book rests on these finite objects (``eq:grad-single-reward``). All
functions that take a policy as a table add and multiply only, so that floats, fractions
(``utils.rational``) and symbols (``utils.symbolic``) will do.
"""

from __future__ import annotations

import numpy as np

from utils.common.chain import Tables
from utils.common.validation import check_count
from utils.exact.moments import score_moments
from utils.model.mdp import FiniteMDP
from utils.model.policies import DifferentiablePolicy, FinitePolicy
from utils.model.protocol import Tables as MDPTables


def expected_rewards(mdp: MDPTables, pi: np.ndarray, horizon: int) -> np.ndarray:
    """E[r_0], ..., E[r_{T-1}] under the policy table ``pi`` [S, A], as an array [T].

    E[r_k] = rho0^T P_pi^k r_pi (``eq:J-finite-matrix``, one term).
    """
    chain = Tables(mdp.P, mdp.R, mdp.gamma, mdp.rho0, pi)
    return chain.state_laws(check_count("horizon", horizon, least=0))[:-1] @ chain.r_pi


def reward_slopes(mdp: MDPTables, pi: np.ndarray, dpi: np.ndarray, horizon: int) -> np.ndarray:
    """The derivatives of E[r_0], ..., E[r_{T-1}] when ``pi`` moves along ``dpi`` [S, A], as [T].

    By the product rule, without scores: the law of s_k has the derivative
    l_{k+1} = l_k P_pi + law_k P_dpi, and d E[r_k] = l_k r_pi + law_k r_dpi.
    """
    (kernel, reward), (moving_kernel, moving_reward) = averaged(mdp, pi), averaged(mdp, dpi)
    law, moving_law, slopes = mdp.rho0, 0 * mdp.rho0, []
    for _ in range(check_count("horizon", horizon, least=0)):
        slopes.append(moving_law @ reward + law @ moving_reward)
        law, moving_law = law @ kernel, moving_law @ kernel + law @ moving_kernel
    return np.array(slopes)


def objective_slope(mdp: MDPTables, pi: np.ndarray, dpi: np.ndarray):
    """The derivative of J along ``dpi``: rho0^T (I - gamma P_pi)^{-1} (r_dpi + gamma P_dpi V).

    This is the derivative of the inverse in ``eq:J-infinite``; no score and no limit enters.
    """
    chain = Tables(mdp.P, mdp.R, mdp.gamma, mdp.rho0, pi)
    moving_kernel, moving_reward = averaged(mdp, dpi)
    source = moving_reward + mdp.gamma * (moving_kernel @ chain.V)
    return mdp.rho0 @ chain.resolve(mdp.gamma, source)


def averaged(mdp: MDPTables, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Kernel [S, S] and reward [S] weighted with ``table`` [S, A], summed over the actions.

    With a policy these are P_pi and r_pi; with its derivative, the derivatives of P_pi and r_pi.
    """
    return (table[:, :, None] * mdp.P).sum(axis=1), (table * mdp.R).sum(axis=1)


def pair_means(
    mdp: MDPTables, pi: np.ndarray, first: np.ndarray, second: np.ndarray, horizon: int
) -> np.ndarray:
    """Entry [t, k] = E[first_t second_k], as an array [T, T]; tables are [S, A].

    first_t is first(s_t, a_t), and second_k is second(s_k, a_k), or second(s_k, a_k, s_{k+1}) for
    a table [S, A, S]. With first = psi and second = R this is E[psi_t r_k]: zero for k < t
    (``eq:past-reward``), and summed over t <= k the slope of E[r_k] (``eq:grad-single-reward``).
    With squares it is the second moment of the product. There a reward that depends on the landing
    has to be given as [S, A, S]: for k < t it tells where the walk goes on.
    """
    check_count("horizon", horizon, least=0)
    kernel = averaged(mdp, pi)[0]
    leaving = mdp.P * (second if second.ndim == 3 else second[:, :, None])
    second = leaving.sum(axis=2)
    law, means = mdp.rho0, np.zeros((horizon, horizon), dtype=mdp.P.dtype)
    passing = mdp.P * first[:, :, None]
    for start in range(horizon):
        means[start, start] = law @ (pi * first * second).sum(axis=1)
        for steps, later, place in ((passing, second, means), (leaving, first, means.T)):
            mass = np.tensordot(law[:, None] * pi, steps, axes=2)
            for end in range(start + 1, horizon):
                place[start, end] = mass @ (pi * later).sum(axis=1)
                mass = mass @ kernel
        law = law @ kernel
    return means


def gae_mean(
    mdp: FiniteMDP, policy: DifferentiablePolicy, error: np.ndarray, lam: float, horizon: int
):
    """E[sum_{t<T} gamma^t psi_t A_t] for the critic V + ``error`` [S], by ``eq:gae``.

    ``policy`` has one parameter. V is the stationary value, and so is the right value at the end.
    """
    g, T, pi, psi = mdp.gamma, horizon, policy.probabilities, policy.scores[:, :, 0]
    Q = mdp.R + g * mdp.P @ Tables(mdp.P, mdp.R, g, mdp.rho0, pi).V
    by_Q = pair_means(mdp, pi, psi, Q, T)
    by_error = pair_means(mdp, pi, psi, np.repeat(error[:, None], mdp.n_actions, axis=1), T + 1)

    def bias(t: int) -> float:
        steps = range(1, T - t)
        middle = sum((g * lam) ** (n - 1) * by_error[t, t + n] for n in steps)
        return g * ((1 - lam) * middle + (g * lam) ** (T - t - 1) * by_error[t, T])

    return sum(g**t * (by_Q[t, t] + bias(t)) for t in range(T))


def hybrid_changes(
    mdp: MDPTables, difference: np.ndarray, walk: np.ndarray, follow: np.ndarray, horizon: int
) -> np.ndarray:
    """Entry k = sum_{j<=k} sum_s P_walk(s_j = s) sum_a difference(a|s) q_{k-j}(s, a), as [T].

    q_j(s, a) is the mean reward j steps after action a in state s if ``follow`` acts from then on.
    All tables are [S, A]. With difference = new - old, walk = new and follow = old this is the
    change of E[r_k] from old to new (``eq:hybrid-sum``).
    """
    check_count("horizon", horizon, least=0)
    kernel, reward = averaged(mdp, follow)
    later, law, changes = [mdp.R], mdp.rho0, [0 * mdp.rho0[0]] * horizon
    for _ in range(horizon - 1):
        later.append(mdp.P @ reward)
        reward = kernel @ reward
    for j in range(horizon):
        for k in range(j, horizon):
            changes[k] = changes[k] + law @ (difference * later[k - j]).sum(axis=1)
        law = law @ averaged(mdp, walk)[0]
    return np.array(changes)


def series_tail(rate, T):
    """sum_{k>=T} (k+1) rate^k = rate^T (T (1 - rate) + 1) / (1 - rate)^2 (``eq:series-tail``)."""
    return rate**T * (T * (1 - rate) + 1) / (1 - rate) ** 2


def scored_reward_law(
    mdp: FiniteMDP, policy: FinitePolicy, score: np.ndarray, horizon: int, noise: float = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of r_k M_{k+1} for k < T, two arrays [T].

    ``score`` [S, A] is psi(s, a) along one direction; ``noise`` is the variance of independent
    noise that is added to the rewards of the MDP. The mean is the slope of E[r_k]
    (``eq:grad-single-reward``).
    """
    pi = policy.probabilities
    mean = reward_slopes(mdp, pi, pi * score, horizon)
    # M_{k+1} = M_k + psi(s_k, a_k), and r_k depends on (s_k, a_k) and its noise only.
    m0, m1, m2 = score_moments(mdp, policy, pi * score, horizon, order=2)[:, :-1, :, None]
    squares = pi * (m2 + 2 * score * m1 + score**2 * m0)
    second = (squares * (mdp.R**2 + mdp.reward_variance + noise)).sum(axis=(1, 2))
    return mean, np.sqrt(np.maximum(second - mean**2, 0))
