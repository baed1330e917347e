from __future__ import annotations

import gymnasium
import numpy as np
import pytest

from utils import exact
from utils.learning.frozen_lake import (
    METHODS,
    best_actions,
    best_finite_horizon_objective,
    climb,
    firm_policy,
)
from utils.model import examples
from utils.model.policies import TablePolicy

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


def test_the_firm_policy_prefers_best_actions_in_each_half_of_the_lake():
    policy = firm_policy(LAKE, (2.0, 0.0))
    best = best_actions(LAKE, horizon=100)[0]
    assert policy.probabilities[0][best == 1].min() > policy.probabilities[0][best == 0].max()
    np.testing.assert_allclose(policy.probabilities[8:], 0.25)
