"""The exact curves behind the pictures of chapter 3."""

import numpy as np
import pytest

from utils import TabularSoftmax
from utils.estimators.variance import estimator_moments
from utils.figures.causality import constant_reward_variances, step_mean
from utils.model import examples
from utils.model.mdp import FiniteMDP


@pytest.mark.parametrize("gamma, p", [(0.5, 0.5), (0.9, 0.2), (0.0, 0.7)])
def test_variances_for_constant_rewards_are_those_of_the_recursions(gamma, p):
    mdp = FiniteMDP(np.ones((1, 2, 1)), np.ones((1, 2)), gamma, np.ones(1))
    policy = examples.shared_logit(TabularSoftmax(np.log([[1 - p, p]])), 1)
    found = constant_reward_variances(gamma, p, 6)
    for row, weights in zip(found, ("total-return", "reward-to-go"), strict=True):
        for T in range(1, 7):
            wanted = estimator_moments(mdp, policy, weights, horizon=T).variance
            assert row[T] == pytest.approx(float(wanted[0]), abs=1e-12)
    assert (found[:, 0] == 0).all()


def test_at_one_half_the_past_costs_T_and_the_rest_four_thirds():
    total, to_go = constant_reward_variances(0.5, 0.5, 60)
    assert total[60] == pytest.approx(60) and to_go[60] == pytest.approx(4 / 3)


def test_mean_over_steps_of_one_trajectory_and_of_many():
    prize, p = np.array([0.0, 1.5, 3.0]), 0.3
    one = step_mean(1, p, prize)
    np.testing.assert_allclose(one, p * (1 - p) * (1 - prize / 2))
    many = step_mean(2000, p, prize)
    np.testing.assert_allclose(many, p * (1 - p) * (1 - prize) / (2 - p), atol=1e-3)
