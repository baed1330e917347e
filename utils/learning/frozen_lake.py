"""Stochastic gradient ascent on FrozenLake: from the theorem to programs that learn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from utils import exact
from utils.common.validation import check_count, check_name
from utils.estimators.gradient import policy_gradient
from utils.learning.critics import towards_next_value, towards_returns
from utils.model.mdp import FiniteMDP
from utils.model.policies import LinearSoftmax, TabularSoftmax
from utils.sampling.episodes import collect

METHODS = ("REINFORCE", "learned baseline", "actor-critic")


def climb(
    env,
    mdp: FiniteMDP,
    method: str,
    updates: int,
    episodes: int,
    step_size: float,
    rng: np.random.Generator,
    horizon: int = 100,
    rate: float = 0.2,
) -> np.ndarray:
    """The exact J_T after 0, 1, ..., ``updates`` steps theta + step_size ghat, [updates + 1].

    ``env`` is played, ``mdp`` is its table. The table serves to know which states are terminal and
    to say how good each policy is; the learner sees the episodes only. The policy is a softmax with
    one logit for each pair (s, a), all 0 at first, and ghat is the mean over ``episodes`` episodes
    of

    - "REINFORCE": sum_t gamma^t psi_t G_t (``eq:reward-to-go``);
    - "learned baseline": sum_t gamma^t psi_t (G_t - v(s_t)), v moved by ``rate`` towards the
      returns of each batch after its use;
    - "actor-critic": sum_t gamma^t psi_t delta_t with the TD error of v, v moved by ``rate``
      towards r + gamma v(s').

    Williams (1992); Sutton and Barto (2018), sections 13.3 to 13.5.
    """
    learner = policies(env, mdp, method, updates, episodes, step_size, rng, horizon, rate)
    return np.array([exact.finite_horizon_objective(mdp, pi, horizon) for pi in learner])


def policies(
    env,
    mdp: FiniteMDP,
    method: str,
    updates: int,
    episodes: int,
    step_size: float,
    rng: np.random.Generator,
    horizon: int = 100,
    rate: float = 0.2,
) -> Iterator[TabularSoftmax]:
    """The policy after 0, 1, ..., ``updates`` steps of ``climb``, with the same arguments."""
    check_name("method", method, METHODS)
    theta, v = np.zeros(mdp.R.shape), np.zeros(mdp.n_states)
    for k in range(updates + 1):
        policy = TabularSoftmax(theta)
        yield policy
        if k == updates:
            return
        batch = collect(env, policy, episodes, horizon, rng)
        if method == "actor-critic":
            ghat = policy_gradient(batch, policy, mdp, "td-error", critic=(v, np.zeros_like(theta)))
            v = towards_next_value(v, batch, mdp, rate)
        else:
            baseline = v if method == "learned baseline" else None
            ghat = policy_gradient(batch, policy, mdp, baseline=baseline)
            v = towards_returns(v, batch, mdp, rate)
        theta = theta + step_size * ghat.mean


def best_finite_horizon_objective(mdp: FiniteMDP, horizon: int) -> float:
    """The largest J_T that any policy reaches, also one that looks at the time."""
    return float(mdp.rho0 @ _best_action_values(mdp, horizon).max(axis=1))


def best_actions(mdp: FiniteMDP, horizon: int) -> np.ndarray:
    """1 for each action that is best with ``horizon`` steps to go, else 0, [S, A]."""
    Q = _best_action_values(mdp, horizon)
    return np.isclose(Q, Q.max(axis=1, keepdims=True), rtol=0, atol=1e-12).astype(float)


def firm_policy(mdp: FiniteMDP, theta: Sequence[float] = (2.0, 2.0)) -> LinearSoftmax:
    """Two parameters: the logit of the best actions in the upper rows and in the lower ones.

    ``mdp`` is the 4x4 lake. States 0 to 7 are the upper half, 8 to 14 the lower; the goal has none.
    """
    best = best_actions(mdp, horizon=100)
    features = np.zeros((*mdp.R.shape, 2))
    features[:8, :, 0], features[8:15, :, 1] = best[:8], best[8:15]
    return LinearSoftmax(features, np.array(theta))


def _best_action_values(mdp: FiniteMDP, horizon: int) -> np.ndarray:
    """Q_0 of backward induction, Q_t = R + gamma P max_a Q_{t+1}, [S, A]. Bellman (1957)."""
    Q = np.zeros(mdp.R.shape)
    for _ in range(check_count("horizon", horizon)):
        Q = mdp.R + mdp.gamma * mdp.expected_next(Q.max(axis=1))
    return Q
