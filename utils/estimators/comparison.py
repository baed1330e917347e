"""The estimators of the policy gradient side by side: exact variances, paths and simulation.

A *form* is what multiplies the score, with its baseline. Var stands for tr Cov, the sum of the
variances over the coordinates of theta.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np

from utils.common.statistics import mean_and_standard_error
from utils.common.validation import check_count
from utils.estimators.gradient import policy_gradient
from utils.exact.baselines import (
    optimal_constant_baseline,
    optimal_state_baseline,
    per_step_baseline,
)
from utils.exact.variance import ScoredChain, estimator_moments
from utils.sampling.rollouts import simulate
from utils.symbolic.mdp import prefixes

# form -> (weights, baseline) of `estimator_moments`; a name of a baseline stands for its table.
SHORT_FORMS = {
    "total": ("total-return", None),
    "G": ("reward-to-go", None),
    "G − V": ("reward-to-go", "V"),
    "G − one-step b": ("reward-to-go", "per-step"),
    "Q": ("q", None),
    "A": ("advantage", None),
    "TD error": ("td-error", None),
    "all actions": ("all-action", None),
}
LONG_FORMS = {
    "G": ("reward-to-go", None),
    "G − J": ("reward-to-go", "J"),
    "G − best constant": ("reward-to-go", "best constant"),
    "G − V": ("reward-to-go", "V"),
    "G − one-step b": ("reward-to-go", "per-step"),
    "G − best b(s)": ("reward-to-go", "best for G"),
    "Q": ("q", None),
    "A": ("advantage", None),
    "TD error": ("td-error", None),
    "Q − one-step b": ("q", "per-step"),
    "all actions": ("all-action", None),
    "Q − best b(s)": ("q", "best for Q"),
}


def short_horizon_variances(mdp, policy, horizon: int) -> dict[str, object]:
    """Var of each of `SHORT_FORMS` by recursion over time, with time-indexed values.

    On rational problems (``utils.rational``, gamma = 1 allowed) the numbers are fractions.
    """
    V, Q, per_step = _time_indexed(ScoredChain.of(mdp, policy), horizon)
    tables = {"V": V[:-1], "per-step": per_step}
    return {
        form: estimator_moments(
            mdp, policy, weights, tables.get(baseline), critic=(V, Q), horizon=horizon
        ).trace
        for form, (weights, baseline) in SHORT_FORMS.items()
    }


def long_run_variances(mdp, policy) -> dict[str, object]:
    """Var of each of `LONG_FORMS` for the infinite horizon, by linear systems."""
    tables = _stationary_baselines(mdp, policy)
    return {
        form: estimator_moments(mdp, policy, weights, tables.get(baseline)).trace
        for form, (weights, baseline) in LONG_FORMS.items()
    }


def _stationary_baselines(mdp, policy) -> dict[str, object]:
    V, _ = ScoredChain.of(mdp, policy).values()
    return {
        "J": mdp.rho0 @ V,
        "V": V,
        "per-step": per_step_baseline(mdp, policy),
        "best constant": optimal_constant_baseline(mdp, policy),
        "best for G": optimal_state_baseline(mdp, policy),
        "best for Q": optimal_state_baseline(mdp, policy, "q"),
    }


def _time_indexed(chain: ScoredChain, horizon: int):
    """V [T + 1, S], Q [T, S, A] and E_pi[||psi||^2 Q_t] / E_pi ||psi||^2, [T, S]."""
    V, Q = chain.finite_horizon_values(horizon)
    squared = (chain.scores**2).sum(axis=2)
    information = chain.mean(squared)
    matters = information != 0
    divisor = np.where(matters, information, 1)
    per_step = [np.where(matters, chain.mean(squared * q), 0) / divisor for q in Q]
    return V, Q, np.array(per_step)


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

    def variance(self, form: str):
        """Var X = E ||X||^2 - ||E X||^2."""
        return _variance(self.probabilities, self.samples(form))

    def variance_of_uncorrelated_steps(self, form: str):
        """sum_t Var(gamma^t psi_t w_t): what Var X would be if the steps were uncorrelated."""
        terms = self.terms[form]
        return sum(_variance(self.probabilities, terms[:, t]) for t in range(terms.shape[1]))


def _variance(probabilities: np.ndarray, rows: np.ndarray):
    mean = probabilities @ rows
    return probabilities @ (rows**2).sum(axis=1) - (mean**2).sum()


def path_table(mdp, policy, horizon: int) -> PathTable:
    """Write out every path; the second route to ``short_horizon_variances``."""
    chain = ScoredChain.of(mdp, policy)
    V, Q, per_step = _time_indexed(chain, check_count("horizon", horizon))
    h = (chain.pi[:, :, None] * chain.scores * Q[..., None]).sum(axis=2)
    paths, probabilities = [], []
    for path in prefixes(*chain.R.shape, horizon):
        probability = chain.rho0[path[0][0]]
        for t, (s, a) in enumerate(path):
            after = chain.P[s, a, path[t + 1][0]] if t + 1 < horizon else 1
            probability = probability * chain.pi[s, a] * after
        if probability:
            paths.append(path)
            probabilities.append(probability)

    def terms(path, form):
        gamma, discounted = chain.gamma, [chain.gamma**t * chain.R[x] for t, x in enumerate(path)]
        out = []
        for t, (s, a) in enumerate(path):
            to_go = sum(discounted[t:]) / gamma**t
            next_value = V[t + 1, path[t + 1][0]] if t + 1 < horizon else 0
            weight = {
                "total": sum(discounted) / gamma**t,
                "G": to_go,
                "G − V": to_go - V[t, s],
                "G − one-step b": to_go - per_step[t, s],
                "Q": Q[t, s, a],
                "A": Q[t, s, a] - V[t, s],
                "TD error": chain.R[s, a] + gamma * next_value - V[t, s],
            }
            out.append(
                gamma**t * (h[t, s] if form == "all actions" else chain.scores[s, a] * weight[form])
            )
        return out

    tables = {form: np.array([terms(path, form) for path in paths]) for form in SHORT_FORMS}
    return PathTable(tuple(paths), np.array(probabilities), tables)


def sampled_variances(
    mdp, policy, batches: int, batch: int, horizon: int, rng: np.random.Generator
) -> dict[str, tuple[float, float]]:
    """Var of each of `LONG_FORMS` by simulation: {form: (mean, standard error)}.

    Each of ``batches`` independent batches of ``batch`` trajectories gives one unbiased sample
    variance for each form. The standard error comes from their spread.
    """
    tables = _stationary_baselines(mdp, policy)
    rows = []
    for _ in range(check_count("batches", batches, least=2)):
        run = simulate(mdp, policy, batch, horizon, rng)
        estimates = [
            policy_gradient(run, policy, mdp, weights, baseline=tables.get(baseline))
            for weights, baseline in LONG_FORMS.values()
        ]
        rows.append([(e.standard_error**2).sum() * e.n for e in estimates])
    means, errors = mean_and_standard_error(np.array(rows))
    return dict(zip(LONG_FORMS, zip(means, errors, strict=True), strict=True))


@dataclass(frozen=True)
class ComparisonTable:
    """Exact and sampled variances of `LONG_FORMS` for several discounts, shown as a table."""

    exact: dict[float, dict[str, float]]
    sampled: dict[float, dict[str, tuple[float, float]]]

    def lines(self) -> list[list[str]]:
        """One row for the headings and one for each form."""
        head = ["form"]
        for gamma in self.exact:
            head += [f"γ = {gamma:g}, exact", "simulated"]
        body = []
        for form in LONG_FORMS:
            line = [form]
            for gamma, exact in self.exact.items():
                mean, error = self.sampled[gamma][form]
                line += [f"{exact[form]:.4f}", f"{mean:.4f} ± {error:.4f}"]
            body.append(line)
        return [head, *body]

    def largest_deviation(self) -> float:
        """The largest distance between exact and simulated, in standard errors."""
        return max(
            abs(self.sampled[gamma][form][0] - value) / self.sampled[gamma][form][1]
            for gamma, exact in self.exact.items()
            for form, value in exact.items()
        )

    def __repr__(self) -> str:
        return "\n".join("  ".join(f"{cell:>18}" for cell in line) for line in self.lines())

    def _repr_html_(self) -> str:
        head, *body = self.lines()
        cells = lambda tag, line: "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in line)  # noqa: E731
        rows = "".join(f"<tr>{cells('td', line)}</tr>" for line in body)
        return (
            '<div class="pst-scrollable-table-container" style="white-space: nowrap">'
            '<table class="table">'
            f"<thead><tr>{cells('th', head)}</tr></thead><tbody>{rows}</tbody></table></div>"
        )


def compare(
    problems: dict[float, tuple], batches: int, batch: int, horizon: dict[float, int], rng
) -> ComparisonTable:
    """The table of exact and sampled variances for {gamma: (mdp, policy)}."""
    return ComparisonTable(
        {gamma: long_run_variances(*problem) for gamma, problem in problems.items()},
        {
            gamma: sampled_variances(*problem, batches, batch, horizon[gamma], rng)
            for gamma, problem in problems.items()
        },
    )
