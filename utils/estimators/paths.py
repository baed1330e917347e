"""Every path of a short problem, with the estimators evaluated on each: the slow, sure route."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from utils.common.validation import check_count
from utils.estimators.forms import AlongPaths, AtTriples, along_path, discounts
from utils.estimators.rows import SHORT_FORMS, Row
from utils.exact.baselines import per_step_baseline
from utils.exact.chain import ScoredChain
from utils.model.protocol import ScoredPolicy, TabularMDP


@dataclass(frozen=True, eq=False)
class PathTable:
    """Every path of a short problem, and what each form of estimator gives on it.

    ``steps`` lists the paths ((s_0, a_0), ..., (s_{T-1}, a_{T-1})) of positive probability,
    ``probabilities`` is [K], and ``terms[form]`` is [K, T, d]: step t adds gamma^t psi_t w_t.
    """

    steps: tuple
    probabilities: np.ndarray
    terms: dict[str, np.ndarray]

    def samples(self, form: str) -> np.ndarray:
        """The value X of the estimator on each path, [K, d]."""
        return self.terms[form].sum(axis=1)

    def mean(self, form: str) -> np.ndarray:
        """E[X], [d]."""
        return self.probabilities @ self.samples(form)

    def variance(self, form: str) -> Any:
        """Var X = E ||X||^2 - ||E X||^2."""
        return _variance(self.probabilities, self.samples(form))

    def variance_of_uncorrelated_steps(self, form: str) -> Any:
        """sum_t Var(gamma^t psi_t w_t): what Var X would be if the steps were uncorrelated."""
        terms = self.terms[form]
        return sum(_variance(self.probabilities, terms[:, t]) for t in range(terms.shape[1]))


def _variance(probabilities: np.ndarray, rows: np.ndarray) -> Any:
    mean = probabilities @ rows
    return probabilities @ (rows**2).sum(axis=1) - (mean**2).sum()


def path_table(
    mdp: TabularMDP, policy: ScoredPolicy, horizon: int, rows: dict[str, Row] = SHORT_FORMS
) -> PathTable:
    """Write out every path; the second route to ``comparison.short_horizon_variances``.

    Each path is a trajectory, on which the forms are what the sampler makes of them. Where the
    reward depends on the next state, the state after the last step tells paths apart too.
    ValueError if a reward is random given (s, a, s'): then no list of paths is complete.
    """
    chain = ScoredChain.of(mdp, policy)
    if (chain.noise != 0).any():
        raise ValueError("the rewards have noise, which no list of paths holds")
    V, Q = chain.finite_horizon_values(check_count("horizon", horizon))
    states, actions, probabilities = _possible_paths(chain, horizon)
    rewards = np.broadcast_to(chain.reward, chain.P.shape)[states[:-1], actions, states[1:]]
    run = AlongPaths(states, actions, rewards, chain.gamma, V, Q)
    per_step = per_step_baseline(mdp, policy, horizon)
    baselines = {None: 0 * V[:-1], "V": V[:-1], "one-step b": per_step}
    front = discounts(chain.gamma, horizon)
    scores = chain.scores[run.states, run.actions]

    def terms(row: Row) -> np.ndarray:
        form = row.form
        if form.over_actions:
            h = chain.action_sum(form.rho(AtTriples(chain.gamma, chain.reward, V, Q))[..., 0])
            out = front[..., None] * np.array([h[t, s] for t, s in enumerate(run.states)])
        else:
            weights = form.weights(run)
            weights = np.broadcast_to(weights[0], weights.shape) if form.whole else weights
            base = front * along_path(baselines[row.baseline], run.states)
            out = (weights - base)[..., None] * scores
        return out.swapaxes(0, 1)

    steps = tuple(
        tuple(zip(*path, strict=True)) for path in zip(run.states.T, actions.T, strict=True)
    )
    return PathTable(steps, probabilities, {sign: terms(row) for sign, row in rows.items()})


def _possible_paths(chain: ScoredChain, horizon: int) -> tuple[np.ndarray, ...]:
    """States [T + 1, K], actions [T, K] and probabilities [K] of the possible paths, in order.

    Paths that differ in the state after the last step only are one path, unless that state
    decides the last reward.
    """
    ends = range(len(chain.rho0)) if chain.reward.shape[2] > 1 else (None,)
    found = []
    for path in product(np.ndindex(chain.R.shape), repeat=horizon):
        probability = chain.rho0[path[0][0]]
        for t, (s, a) in enumerate(path):
            after = chain.P[s, a, path[t + 1][0]] if t + 1 < horizon else 1
            probability = probability * chain.pi[s, a] * after
        states, actions = zip(*path, strict=True)
        for end in ends:
            chance = probability if end is None else probability * chain.P[(*path[-1], end)]
            if chance:
                found.append(((*states, end or 0), actions, chance))
    states, actions, chances = zip(*found, strict=True)
    return np.array(states).T, np.array(actions).T, np.array(chances)
