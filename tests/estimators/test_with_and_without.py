"""The sums with and without gamma^t have the means of the theorem and of omega."""

import numpy as np

from utils import exact
from utils.estimators.with_and_without import both_sums
from utils.exact.dropped_discount import direction_without_gamma_t
from utils.model import examples


def test_both_sums_have_their_exact_means_within_5_standard_errors():
    """False alarm: 5.7e-7 a coordinate, four coordinates."""
    mdp, policy = examples.running(0.5), examples.running_policy()
    rows, sd = both_sums(mdp, policy, horizon=20, n=5000)
    # With 20 steps the missing part is below 20 * 0.5^20 * 8, far below a standard error.
    mean = {
        "J": exact.policy_gradient(mdp, policy).ravel(),
        "omega": direction_without_gamma_t(mdp, policy, horizon=20).ravel(),
    }
    assert (np.abs(rows["J"].mean(axis=0) - mean["J"]) < 5 * sd["J"] / np.sqrt(5000)).all()
    # Without the factor the returns that end at 20 matter in the last steps only.
    gap = np.abs(rows["omega"].mean(axis=0) - mean["omega"])
    assert (gap < 5 * sd["omega"] / np.sqrt(5000) + 0.05).all()
