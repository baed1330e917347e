"""The long-run average reward and its gradient, against limits and differences."""

import numpy as np
import problems
import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils import exact
from utils.exact.average_reward import (
    average_reward,
    average_reward_gradient,
    endless_worlds,
    restarted,
    stationary_law,
    stationary_law_gradient,
)
from utils.model import examples
from utils.model.mdp import FiniteMDP
from utils.model.policies import LinearSoftmax, TabularSoftmax

seeds = st.integers(0, 10**6)


def random_problem(seed, gamma=0.5):
    rng = np.random.default_rng(seed)
    mdp = problems.random_mdp(rng, 4, 3, gamma=gamma)
    return mdp, TabularSoftmax(rng.normal(size=(4, 3)))


def test_the_running_mdp_spends_35_of_62_steps_in_state_0_and_earns_39_of_62():
    mdp, policy = examples.running(), examples.running_policy()
    assert np.allclose(stationary_law(mdp, policy), [35 / 62, 27 / 62], atol=1e-14)
    assert np.isclose(average_reward(mdp, policy), 39 / 62, rtol=1e-13)


@given(seeds)
def test_the_stationary_law_is_kept_by_the_chain_and_reached_in_the_long_run(seed):
    mdp, policy = random_problem(seed)
    mu, kernel = stationary_law(mdp, policy), exact.policy_kernel(mdp, policy)
    assert np.allclose(mu @ kernel, mu, atol=1e-12) and np.isclose(mu.sum(), 1)
    assert np.allclose(mdp.rho0 @ np.linalg.matrix_power(kernel, 4000), mu, atol=1e-8)


@given(seeds)
def test_the_average_reward_is_the_limit_of_the_scaled_objective(seed):
    mdp, policy = random_problem(seed, gamma=1 - 1e-7)
    scaled = (1 - mdp.gamma) * exact.objective(mdp, policy)
    assert np.isclose(average_reward(mdp, policy), scaled, atol=1e-4)


@given(seeds)
def test_both_gradients_are_the_slopes_of_what_they_differentiate(seed):
    mdp, policy = random_problem(seed)
    direction, step = np.random.default_rng(seed + 1).normal(size=(4, 3)), 1e-5
    ends = [TabularSoftmax(policy.theta + sign * step * direction) for sign in (1, -1)]
    slope = (average_reward(mdp, ends[0]) - average_reward(mdp, ends[1])) / (2 * step)
    assert np.isclose((average_reward_gradient(mdp, policy) * direction).sum(), slope, atol=1e-7)
    slopes = (stationary_law(mdp, ends[0]) - stationary_law(mdp, ends[1])) / (2 * step)
    found = stationary_law_gradient(mdp, policy) @ direction.ravel()
    assert np.allclose(found, slopes, atol=1e-7)


@given(seeds)
def test_mu_dot_h_is_the_average_rewards_gradient_minus_its_correction(seed):
    """eq:average-reward; h(s) = sum_a grad pi(a|s) Q(s, a)."""
    mdp, policy = random_problem(seed, gamma=0.8)
    V, Q = exact.values(mdp, policy)
    mu = stationary_law(mdp, policy)
    left = policy.score_sum(mu[:, None] * policy.probabilities * Q)
    correction = (1 - mdp.gamma) * (V @ stationary_law_gradient(mdp, policy)).reshape(4, 3)
    assert np.allclose(left, average_reward_gradient(mdp, policy) - correction, atol=1e-10)


@pytest.mark.parametrize("gamma, direction", [(0, -2 / 3), (0.25, 0)])
def test_far_from_gamma_1_the_correction_can_turn_the_sign(gamma, direction):
    """Action 1 costs 1 and leads to a state that pays 4 and leads back; p = 1/2, by p."""
    mdp = FiniteMDP([[[1, 0], [0, 1]], [[1, 0], [1, 0]]], [[0, -1], [4, 4]], gamma, [1, 0])
    policy = LinearSoftmax.logits([0.5, 0.5], shared=True)
    V = exact.values(mdp, policy)[0]
    slope = average_reward_gradient(mdp, policy)[0]
    correction = (1 - gamma) * (V @ stationary_law_gradient(mdp, policy))[0]
    assert np.isclose(4 * slope, 4 / 3)  # by the logit: times p (1 - p) = 1/4
    assert np.isclose(4 * (slope - correction), direction)


def test_two_closed_classes_are_refused():
    apart = FiniteMDP([[[1, 0]], [[0, 1]]], [[0], [1]], 0.5, [1, 0])
    with pytest.raises(ValueError, match="more than one stationary law"):
        stationary_law(apart, TabularSoftmax(np.zeros((2, 1))))


def test_a_restarted_world_never_ends_and_keeps_its_rewards():
    lake = examples.frozen_lake()
    ice = restarted(lake)
    assert lake.terminal.any() and not ice.terminal.any()
    assert np.allclose(ice.P[15], np.tile(lake.rho0, (4, 1))) and (ice.R == lake.R).all()
    assert (ice.P[~lake.terminal] == lake.P[~lake.terminal]).all()


def test_the_endless_worlds_start_in_the_long_run_and_never_end():
    for mdp, policy in endless_worlds().values():
        np.testing.assert_allclose(mdp.rho0, stationary_law(mdp, policy), atol=1e-12)
        assert not mdp.terminal.any()
        assert policy.theta.shape == (1,)


def test_a_state_that_is_left_for_ever_has_no_share_of_the_long_run():
    # From state 0 to states 1 and 2, which swap with probabilities 1/4 and 3/4: mu = 3/4, 1/4.
    P = [[[0.5, 0.25, 0.25]], [[0, 0.75, 0.25]], [[0, 0.75, 0.25]]]
    mdp = FiniteMDP(P, [[100.0], [3.0], [5.0]], 0.7, [1, 0, 0])
    policy = TabularSoftmax(np.zeros((3, 1)))
    mu = stationary_law(mdp, policy)
    np.testing.assert_allclose(mu, [0, 0.75, 0.25], atol=1e-14)
    assert (mu >= 0).all() and mu.sum() == pytest.approx(1, abs=1e-15)
    assert average_reward(mdp, policy) == pytest.approx(3.5)


def test_two_closed_classes_are_refused_however_many_states_lead_to_them():
    P = np.zeros((4, 1, 4))
    P[0, 0], P[1, 0, 2], P[2, 0, 1], P[3, 0, 3] = 0.25, 1, 1, 1
    apart = FiniteMDP(P, np.ones((4, 1)), 0.5, [1, 0, 0, 0])
    with pytest.raises(ValueError, match="^the chain has more than one stationary law$"):
        stationary_law(apart, TabularSoftmax(np.zeros((4, 1))))


def test_the_endless_worlds_have_nine_tenths_as_discount_and_one_logit_of_action_1():
    worlds = endless_worlds()
    assert list(worlds) == ["the running MDP", "endless FrozenLake"]
    originals = (examples.running_policy(), examples.frozen_lake_policy())
    for (mdp, policy), original in zip(worlds.values(), originals, strict=True):
        assert mdp.gamma == 0.9
        pi = original.probabilities
        np.testing.assert_allclose(policy.probabilities, pi)
        scores = np.eye(mdp.n_actions)[1] - pi[:, 1:2]
        np.testing.assert_allclose(policy.scores[:, :, 0], scores, atol=1e-15)
