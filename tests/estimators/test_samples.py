import numpy as np
import pytest

from utils.estimators.gradient import estimate_from_step_weights
from utils.estimators.samples import weighted_scores
from utils.model import examples
from utils.sampling.rollouts import simulate


@pytest.mark.parametrize("shared", [False, True])
def test_rows_have_the_mean_and_standard_error_of_the_estimate(shared):
    mdp, policy = examples.running(0.9), examples.running_policy()
    policy = examples.shared_logit(policy, 1) if shared else policy
    rollouts = simulate(mdp, policy, 500, 7, np.random.default_rng(4))
    weights = np.random.default_rng(5).normal(size=(7, 500))
    rows = weighted_scores(rollouts, policy, weights)
    estimate = estimate_from_step_weights(rollouts, policy, weights)
    assert rows.shape == (500, policy.theta.size)
    np.testing.assert_allclose(rows.mean(axis=0), estimate.mean.ravel(), atol=1e-12)
    errors = rows.std(axis=0, ddof=1) / np.sqrt(500)
    np.testing.assert_allclose(errors, estimate.standard_error.ravel(), atol=1e-12)


def test_one_trajectory_of_one_step_is_its_weight_times_its_score():
    mdp, policy = examples.running(), examples.running_policy()
    rollouts = simulate(mdp, policy, 1, 1, np.random.default_rng(0))
    row = weighted_scores(rollouts, policy, np.array([[3.0]]))
    score = policy.score(rollouts.states[0, 0], rollouts.actions[0, 0])
    np.testing.assert_allclose(row, 3 * score.reshape(1, -1))
