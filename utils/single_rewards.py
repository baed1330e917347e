"""One reward at a time: E[r_k], and how fast it moves with the policy.

The infinite horizon of the book rests on these finite objects (``eq:grad-single-reward``). All
functions add and multiply only, so that they take floats and fractions alike (``utils.rational``).
"""

from __future__ import annotations

import numpy as np

from utils import rational
from utils.validation import check_count


def expected_rewards(mdp, pi: np.ndarray, horizon: int) -> np.ndarray:
    """E[r_0], ..., E[r_{T-1}] under the policy table ``pi`` [S, A], as an array [T].

    E[r_k] = rho0^T P_pi^k r_pi (``eq:J-finite-matrix``, one term).
    """
    kernel, reward = averaged(mdp, pi)
    law, means = mdp.rho0, []
    for _ in range(check_count("horizon", horizon, least=0)):
        means.append(law @ reward)
        law = law @ kernel
    return np.array(means)


def reward_slopes(mdp, pi: np.ndarray, dpi: np.ndarray, horizon: int) -> np.ndarray:
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


def objective_slope(mdp, pi: np.ndarray, dpi: np.ndarray):
    """The derivative of J along ``dpi``: rho0^T (I - gamma P_pi)^{-1} (r_dpi + gamma P_dpi V).

    This is the derivative of the inverse in ``eq:J-infinite``; no score and no limit enters.
    """
    (kernel, reward), (moving_kernel, moving_reward) = averaged(mdp, pi), averaged(mdp, dpi)
    matrix = np.eye(len(mdp.rho0), dtype=int) - mdp.gamma * kernel
    solve = rational.solve if matrix.dtype == object else np.linalg.solve
    V = solve(matrix, reward)
    return mdp.rho0 @ solve(matrix, moving_reward + mdp.gamma * (moving_kernel @ V))


def averaged(mdp, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Kernel [S, S] and reward [S] weighted with ``table`` [S, A], summed over the actions.

    With a policy these are P_pi and r_pi; with its derivative, the derivatives of P_pi and r_pi.
    """
    return (table[:, :, None] * mdp.P).sum(axis=1), (table * mdp.R).sum(axis=1)


def pair_means(
    mdp, pi: np.ndarray, first: np.ndarray, second: np.ndarray, horizon: int
) -> np.ndarray:
    """Entry [t, k] = E[first(s_t, a_t) second(s_k, a_k)], as an array [T, T]; tables are [S, A].

    With first = psi and second = R this is E[psi_t r_k]: zero for k < t (``eq:past-reward``), and
    summed over t <= k the slope of E[r_k] (``eq:grad-single-reward``). With the squares of both it
    is the second moment of the product.
    """
    check_count("horizon", horizon, least=0)
    kernel = averaged(mdp, pi)[0]
    law, means = mdp.rho0, np.zeros((horizon, horizon), dtype=mdp.P.dtype)
    for start in range(horizon):
        means[start, start] = law @ (pi * first * second).sum(axis=1)
        for table, later, place in ((first, second, means), (second, first, means.T)):
            mass = np.tensordot(law[:, None] * pi * table, mdp.P, axes=2)
            for end in range(start + 1, horizon):
                place[start, end] = mass @ (pi * later).sum(axis=1)
                mass = mass @ kernel
        law = law @ kernel
    return means
