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


def test_gaps_are_means_over_all_visits_of_two_trajectories():
    # 0 -> 0 -> 1 -> end with rewards 1, 3, 5 and 1 -> 0 -> end -> end with 2, 7, 0; gamma = 1/2
    kernel = np.zeros((3, 1, 3))
    kernel[0, 0], kernel[1, 0], kernel[2, 0] = [0.25, 0.5, 0.25], [0.5, 0, 0.5], [0, 0, 1]
    mdp = FiniteMDP(kernel, np.array([[1.0], [2.0], [0.0]]), 0.5, np.array([0.5, 0.5, 0]))
    path = np.array([[0, 1], [0, 0], [1, 2], [2, 2]])
    rewards = np.array([[1.0, 2.0], [3.0, 7.0], [5.0, 0.0]])
    run = Rollouts(path, np.zeros((3, 2), dtype=int), rewards)
    v = np.array([0.75, -1.5, 0.0])
    # returns from 0: 1 + 3/2 + 5/4 = 15/4, 3 + 5/2 = 11/2, 7; from 1: 5, 2 + 7/2 = 11/2
    at_0, at_1 = (15 / 4 + 11 / 2 + 7) / 3, (5 + 11 / 2) / 2
    expected = [0.75 + 0.4 * (at_0 - 0.75), -1.5 + 0.4 * (at_1 + 1.5), 0]
    np.testing.assert_allclose(towards_returns(v, run, mdp, 0.4), expected, rtol=1e-14)
    # targets of TD from 0: 1 + 3/8, 3 - 3/4, 7; from 1: 5, 2 + 3/8
    at_0, at_1 = (11 / 8 + 9 / 4 + 7) / 3, (5 + 19 / 8) / 2
    expected = [0.75 + 0.4 * (at_0 - 0.75), -1.5 + 0.4 * (at_1 + 1.5), 0]
    np.testing.assert_allclose(towards_next_value(v, run, mdp, 0.4), expected, rtol=1e-14)
