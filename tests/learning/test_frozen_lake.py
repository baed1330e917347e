from __future__ import annotations

import gymnasium
import numpy as np
import pytest

from utils import exact
from utils.estimators import variance
from utils.learning.frozen_lake import METHODS, best_actions, best_finite_horizon_objective, climb
from utils.model import examples
from utils.model.policies import LinearSoftmax, TablePolicy

LAKE = examples.frozen_lake(0.95)


@pytest.fixture
def env():
    with gymnasium.make("FrozenLake-v1", disable_env_checker=True) as made:
        yield made


def run(env, method: str, updates: int, seed: int = 0, step_size: float = 20.0) -> np.ndarray:
    env.reset(seed=seed)
    return climb(env, LAKE, method, updates, 16, step_size, np.random.default_rng(seed))


@pytest.mark.parametrize("method", METHODS)
def test_a_run_starts_at_the_uniform_policy_and_never_passes_the_best(env, method):
    uniform = TablePolicy(np.full((16, 4), 0.25))
    curve = run(env, method, 25)
    assert curve[0] == pytest.approx(exact.finite_horizon_objective(LAKE, uniform, 100), rel=1e-12)
    assert len(curve) == 26
    assert (curve <= best_finite_horizon_objective(LAKE, 100)).all()


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_run(env, method):
    np.testing.assert_array_equal(run(env, method, 4, seed=3), run(env, method, 4, seed=3))


def test_without_a_step_nothing_is_learned(env):
    assert np.ptp(run(env, "REINFORCE", 3, step_size=0.0)) == 0


def test_an_unknown_method_is_refused(env):
    with pytest.raises(ValueError, match="actor-critic"):
        run(env, "magic", 1)


def test_the_best_objective_is_reached_by_looking_at_the_clock_and_by_no_table_of_logits():
    best = best_finite_horizon_objective(LAKE, 100)
    assert best == pytest.approx(0.18036, abs=5e-6)
    greedy = best_actions(LAKE, 100)
    fixed = TablePolicy(greedy / greedy.sum(axis=1, keepdims=True))
    reached = exact.finite_horizon_objective(LAKE, fixed, 100)
    assert 0.99 * best < reached <= best + 1e-12


def test_with_one_step_the_best_objective_is_the_best_mean_reward():
    mdp = examples.running(0.5)
    assert best_finite_horizon_objective(mdp, 1) == 1.0
    np.testing.assert_array_equal(best_actions(mdp, 1), [[1, 0], [0, 1]])


def test_paying_on_arrival_changes_no_objective_and_no_gradient():
    late = examples.frozen_lake_paying_on_arrival(0.95)
    theta = np.random.default_rng(0).normal(size=(17, 4))
    features = np.zeros((17, 4, 60))
    features[np.arange(60) // 4, np.arange(60) % 4, np.arange(60)] = 1
    after = LinearSoftmax(features, np.zeros(60), theta)
    now = LinearSoftmax(features[:16], np.zeros(60), theta[:16])
    assert exact.objective(late, after) == pytest.approx(exact.objective(LAKE, now), rel=1e-12)
    np.testing.assert_allclose(
        exact.policy_gradient(late, after), exact.policy_gradient(LAKE, now), atol=1e-14
    )
    # Its rewards are certain, so its variance is that of the environment, and larger.
    certain = variance.estimator_moments(LAKE, now, horizon=100).variance
    real = variance.estimator_moments(late, after, horizon=101).variance
    assert real.sum() > certain.sum()
