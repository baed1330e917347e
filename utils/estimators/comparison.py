"""The estimators of the policy gradient side by side: exact variances and simulation.

Var stands for tr Cov, the sum of the variances over the coordinates of theta. The third route,
over every path, is ``paths``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from utils.common.statistics import mean_and_standard_error
from utils.common.validation import check_count
from utils.estimators.comparison_table import ComparisonTable
from utils.estimators.gradient import policy_gradient
from utils.estimators.paths import PathTable, path_table
from utils.estimators.rows import LONG_FORMS, SHORT_FORMS, Row
from utils.estimators.variance import estimator_moments
from utils.exact.baselines import (
    optimal_constant_baseline,
    optimal_state_baseline,
    per_step_baseline,
)
from utils.exact.chain import ScoredChain
from utils.model.mdp import FiniteMDP
from utils.model.policies import DifferentiablePolicy
from utils.model.protocol import ScoredPolicy, TabularMDP
from utils.sampling.rollouts import simulate

__all__ = [
    "LONG_FORMS",
    "SHORT_FORMS",
    "ComparisonTable",
    "PathTable",
    "compare",
    "long_run_variances",
    "path_table",
    "sampled_variances",
    "short_horizon_variances",
]


def short_horizon_variances(
    mdp: TabularMDP, policy: ScoredPolicy, horizon: int, rows: dict[str, Row] = SHORT_FORMS
) -> dict[str, Any]:
    """{sign: Var} of each row by recursion over time, with time-indexed values.

    On rational problems (``utils.model.rational``, gamma = 1 allowed) the numbers are fractions.
    """
    V, Q = ScoredChain.of(mdp, policy).finite_horizon_values(check_count("horizon", horizon))
    tables: dict[str | None, Any] = {
        None: None,
        "V": V[:-1],
        "one-step b": per_step_baseline(mdp, policy, horizon),
    }
    return {
        sign: estimator_moments(
            mdp, policy, row.weights, tables[row.baseline], critic=(V, Q), horizon=horizon
        ).trace
        for sign, row in rows.items()
    }


def long_run_variances(mdp: TabularMDP, policy: ScoredPolicy) -> dict[str, Any]:
    """Var of each of ``LONG_FORMS`` for the infinite horizon, by linear systems."""
    return {
        sign: estimator_moments(mdp, policy, row.weights, baseline).trace
        for sign, (row, baseline) in _with_baselines(mdp, policy).items()
    }


def _with_baselines(mdp: TabularMDP, policy: ScoredPolicy) -> dict[str, tuple[Row, Any]]:
    """Each of ``LONG_FORMS`` with the number or the table [S] that its baseline stands for."""
    V, _ = ScoredChain.of(mdp, policy).values()
    tables: dict[str | None, Callable[[Any], Any]] = {
        None: lambda form: None,
        "J": lambda form: mdp.rho0 @ V,
        "V": lambda form: V,
        "one-step b": lambda form: per_step_baseline(mdp, policy),
        "best constant": lambda form: optimal_constant_baseline(mdp, policy, form),
        "best b(s)": lambda form: optimal_state_baseline(mdp, policy, form),
    }
    return {sign: (row, tables[row.baseline](row.weights)) for sign, row in LONG_FORMS.items()}


def sampled_variances(
    mdp: FiniteMDP,
    policy: DifferentiablePolicy,
    batches: int,
    batch: int,
    horizon: int,
    rng: np.random.Generator,
) -> dict[str, tuple[float, float]]:
    """Var of each of ``LONG_FORMS`` by simulation: {form: (mean, standard error)}.

    Each of ``batches`` independent batches of ``batch`` trajectories gives one unbiased sample
    variance for each form. The standard error comes from their spread.
    """
    rows = _with_baselines(mdp, policy).values()
    runs = (
        simulate(mdp, policy, batch, horizon, rng)
        for _ in range(check_count("batches", batches, least=2))
    )
    variances = [
        [policy_gradient(run, policy, mdp, row.weights, b).variance for row, b in rows]
        for run in runs
    ]
    means, errors = mean_and_standard_error(np.array(variances))
    return dict(zip(LONG_FORMS, zip(means, errors, strict=True), strict=True))


def compare(
    problems: dict[float, tuple[FiniteMDP, DifferentiablePolicy]],
    batches: int,
    batch: int,
    horizon: dict[float, int],
    rng: np.random.Generator,
) -> ComparisonTable:
    """The table of exact and sampled variances for {gamma: (mdp, policy)}."""
    return ComparisonTable(
        {gamma: long_run_variances(*problem) for gamma, problem in problems.items()},
        {
            gamma: sampled_variances(mdp, policy, batches, batch, horizon[gamma], rng)
            for gamma, (mdp, policy) in problems.items()
        },
    )
