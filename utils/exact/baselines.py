"""Baselines that make the variance of the gradient estimator small, exactly.

All minimise tr Cov X, one scalar baseline being shared by all coordinates. They exist for the
reward-to-go form ("reward-to-go") and for the form with exact action values ("q"); the two have
different optima. The terms psi_t 1{s_t = s} of different times or states are orthogonal
(``eq:orthogonality``), so each b(s) has its own equation (``eq:opt-state-baseline``).

Floats and fractions (``utils.rational``) both work. Where no baseline matters, because the state is
never visited or all its scores are zero, the answer is 0.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np

from utils.common.validation import check_count, check_name
from utils.exact.chain import ScoredChain
from utils.exact.moments import return_and_score_moments
from utils.model.protocol import ScoredPolicy, TabularMDP

BaselinedForm = Literal["reward-to-go", "q"]
FORMS = get_args(BaselinedForm)


def per_step_baseline(
    mdp: TabularMDP, policy: ScoredPolicy, horizon: int | None = None
) -> np.ndarray:
    """b(s) = E_pi[||psi||^2 Q] / E_pi[||psi||^2], [S]: optimal for a single step only.

    ``eq:var-const-baseline``. Over several steps it can raise the variance. With a horizon Q has a
    time index, and b is [T, S].
    """
    chain = ScoredChain.of(mdp, policy)
    squared = (chain.scores**2).sum(axis=2)
    if horizon is None:
        return _ratio(chain.average(squared * chain.values()[1]), chain.average(squared))
    _, Q = chain.finite_horizon_values(check_count("horizon", horizon))
    return np.array([_ratio(chain.average(squared * q), chain.average(squared)) for q in Q])


def optimal_state_baseline(
    mdp: TabularMDP,
    policy: ScoredPolicy,
    form: BaselinedForm = "reward-to-go",
    horizon: int | None = None,
) -> np.ndarray:
    """The b(s) [S], used at every time, that minimises tr Cov X (``eq:opt-state-baseline``)."""
    return _ratio(*_normal_equations(mdp, policy, form, horizon))


def optimal_constant_baseline(
    mdp: TabularMDP,
    policy: ScoredPolicy,
    form: BaselinedForm = "reward-to-go",
    horizon: int | None = None,
) -> Any:
    """The one number b, used at every time and state, that minimises tr Cov X."""
    numerator, denominator = _normal_equations(mdp, policy, form, horizon)
    return numerator.sum() / denominator.sum()


def optimal_time_baseline(
    mdp: TabularMDP, policy: ScoredPolicy, horizon: int, form: BaselinedForm = "reward-to-go"
) -> np.ndarray:
    """The b_t(s) [T, S] that minimises tr Cov X (``eq:opt-state-baseline``)."""
    return _ratio(*_timed_equations(mdp, policy, form, horizon))


def optimal_total_return_baseline(mdp: TabularMDP, policy: ScoredPolicy, horizon: int) -> Any:
    """The number b that minimises tr Cov (G_0 - b) M_T: E[G_0 ||M_T||^2] / E[||M_T||^2]."""
    moments = return_and_score_moments(mdp, policy, horizon).sum(axis=2)
    return moments[1, 2] / moments[0, 2]


def _normal_equations(
    mdp: TabularMDP, policy: ScoredPolicy, form: str, horizon: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """(numerator, denominator) [S] of b(s); both are sums over time with weights gamma^(2t).

    numerator = e(s) n(s) + 1{reward-to-go} grad e(s) . h(s), denominator = e(s) I(s), with
    e(s) = sum_t gamma^(2t) P(s_t = s) and n(s) = E_pi[||psi||^2 Q] + gamma E_pi[psi . P grad V].
    """
    check_name("form", form, FORMS)
    if horizon is not None:
        numerator, denominator = _timed_equations(mdp, policy, form, horizon)
        return numerator.sum(axis=0), denominator.sum(axis=0)
    chain = ScoredChain.of(mdp, policy)
    gamma = chain.gamma
    _, Q = chain.values()
    h = chain.action_sum(Q)
    own, information = _own_terms(chain, Q, chain.resolve(gamma, h))
    e = chain.resolve_transposed(gamma**2, chain.rho0)
    numerator = e * own
    if form == "reward-to-go":
        grad_e = chain.resolve_transposed(gamma**2, gamma**2 * _pushed(chain, e))
        numerator = numerator + (grad_e * h).sum(axis=1)
    return numerator, e * information


def _timed_equations(
    mdp: TabularMDP, policy: ScoredPolicy, form: str, horizon: int
) -> tuple[np.ndarray, np.ndarray]:
    """The same for each time t, [T, S], with Q_t, V_{t+1} and P(s_t = s)."""
    check_name("form", form, FORMS)
    check_count("horizon", horizon)
    chain = ScoredChain.of(mdp, policy)
    gamma, kernel = chain.gamma, chain.kernel
    _, Q = chain.finite_horizon_values(horizon)
    h = chain.action_sum(Q)
    grad_V = [0 * h[0]]
    for t in reversed(range(horizon)):
        grad_V.insert(0, h[t] + gamma * (kernel @ grad_V[0]))
    law, grad_law = chain.rho0, 0 * h[0]
    numerators, denominators = [], []
    for t in range(horizon):
        own, information = _own_terms(chain, Q[t], grad_V[t + 1])
        numerator = law * own
        if form == "reward-to-go":
            numerator = numerator + (grad_law * h[t]).sum(axis=1)
        numerators.append(gamma ** (2 * t) * numerator)
        denominators.append(gamma ** (2 * t) * law * information)
        law, grad_law = law @ kernel, kernel.T @ grad_law + _pushed(chain, law)
    return np.array(numerators), np.array(denominators)


def _own_terms(
    chain: ScoredChain, Q: np.ndarray, grad_V_after: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """n(s) = E_pi[||psi||^2 Q] + gamma E_pi[psi . P grad V] and I(s) = E_pi ||psi||^2, both [S]."""
    squared = (chain.scores**2).sum(axis=2)
    onward = (chain.scores * (chain.P @ grad_V_after)).sum(axis=2)
    return chain.average(squared * Q + chain.gamma * onward), chain.average(squared)


def _pushed(chain: ScoredChain, law: np.ndarray) -> np.ndarray:
    """sum_s law(s) sum_a grad pi(a|s) P(s'|s, a), [S, d]."""
    weighted = (law[:, None] * chain.pi)[:, :, None] * chain.scores
    n_states, n_actions, dim = weighted.shape
    return chain.P.reshape(n_states * n_actions, n_states).T @ weighted.reshape(-1, dim)


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    matters = denominator != 0
    zero = numerator - numerator  # of the kind of the numerator: 0 / 1 would be a float
    return np.where(matters, numerator, zero) / np.where(matters, denominator, 1)
