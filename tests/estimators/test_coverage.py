"""Do 95 % intervals hold the truth 95 % of the time? 2000 seeded repetitions."""

import numpy as np
import pytest

from utils import exact, policy_gradient, simulate
from utils.model import examples

REPETITIONS, N, HORIZON = 2000, 500, 8
MDP, POLICY = examples.running(gamma=0.7), examples.running_policy()
CASES = (
    ("total-return", None),
    ("reward-to-go", None),
    ("reward-to-go", "leave-one-out"),
    ("q", None),
    ("advantage", None),
    ("gae", None),
    ("all-action", None),
)


@pytest.fixture(scope="module")
def coverage():
    """The share of intervals that hold grad J_T: one row a case, one column a coordinate."""
    truth = exact.finite_horizon_policy_gradient(MDP, POLICY, HORIZON)
    critic = exact.finite_horizon_values(MDP, POLICY, HORIZON)
    held = np.zeros((len(CASES), *truth.shape))
    for seed in range(REPETITIONS):
        rollouts = simulate(MDP, POLICY, N, HORIZON, np.random.default_rng(seed))
        for row, (weights, baseline) in zip(held, CASES, strict=True):
            low, high = policy_gradient(
                rollouts, POLICY, MDP, weights=weights, baseline=baseline, critic=critic, lam=0.5
            ).confidence_interval(0.95)
            row += (low <= truth) & (truth <= high)
    return held / REPETITIONS


@pytest.mark.parametrize("case", range(len(CASES)))
def test_intervals_of_level_95_percent_hold_the_gradient_95_percent_of_the_time(coverage, case):
    # 2000 repetitions know a share of 0.95 to a standard error of 0.0049.
    assert np.abs(coverage[case] - 0.95).max() <= 0.015
