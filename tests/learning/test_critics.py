from __future__ import annotations

import numpy as np

from utils import exact
from utils.learning.critics import towards_next_value, towards_returns
from utils.model import examples
from utils.model.mdp import FiniteMDP
from utils.sampling.rollouts import Rollouts, simulate


def small_world() -> tuple[FiniteMDP, Rollouts]:
    """0 -> 1 -> end, rewards 2 and 4, gamma 1/2; one trajectory with a step after the end."""
    P = examples.deterministic_kernel([[1], [2], [2]])
    mdp = FiniteMDP(P, np.array([[2.0], [4.0], [0.0]]), 0.5, np.eye(3)[0])
    return mdp, Rollouts(
        np.array([[0], [1], [2], [2]]), np.zeros((3, 1), dtype=int), np.array([[2.0], [4.0], [0]])
    )


def test_a_full_step_towards_returns_gives_the_mean_return():
    mdp, run = small_world()
    np.testing.assert_allclose(towards_returns(np.ones(3), run, mdp, 1.0), [4, 4, 1])
    np.testing.assert_allclose(towards_returns(np.zeros(3), run, mdp, 0.25), [1, 1, 0])


def test_a_full_step_towards_the_next_value_is_one_bellman_backup():
    mdp, run = small_world()
    v = np.array([10.0, 6.0, 0.0])
    np.testing.assert_allclose(towards_next_value(v, run, mdp, 1.0), [2 + 0.5 * 6, 4, 0])


def test_states_without_a_visit_keep_their_value():
    mdp, policy = examples.frozen_lake(), examples.frozen_lake_policy()
    run = simulate(mdp, policy, 1, 3, np.random.default_rng(0))
    v = np.arange(16.0)
    unseen = np.setdiff1d(np.arange(16), run.states)
    for moved in (towards_returns(v, run, mdp, 0.5), towards_next_value(v, run, mdp, 0.5)):
        np.testing.assert_array_equal(moved[unseen], v[unseen])


def test_the_exact_values_are_the_fixed_point_of_td_in_a_world_without_noise():
    mdp, run = small_world()
    V = np.array([4.0, 4.0, 0.0])
    np.testing.assert_allclose(towards_next_value(V, run, mdp, 0.7), V)
    np.testing.assert_allclose(towards_returns(V, run, mdp, 0.7), V)


def test_many_small_td_steps_come_near_the_exact_values():
    mdp, policy = examples.running(0.5), examples.running_policy()
    rng, v = np.random.default_rng(0), np.zeros(2)
    for _ in range(300):
        v = towards_next_value(v, simulate(mdp, policy, 200, 20, rng), mdp, 0.05)
    # The noise left is about 0.05 times that of a batch mean over some 2000 visits: below 0.01.
    np.testing.assert_allclose(v, exact.evaluate(mdp, policy).V, atol=0.05)
