from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problems import random_problem, short_corridor
from trajectories import expectation

from utils import FiniteMDP, TabularSoftmax, exact
from utils.exact.average_reward import average_reward_gradient, stationary_law_gradient
from utils.exact.dropped_discount import direction_without_gamma_t
from utils.exact.moments import score_moments
from utils.model import examples
from utils.model.policies import LinearSoftmax, TablePolicy

problems = st.integers(0, 2**32 - 1).map(random_problem)
small_problems = st.integers(0, 2**32 - 1).map(lambda seed: random_problem(seed, largest=2))


def test_one_state_has_the_geometric_series_as_value():
    mdp = FiniteMDP(np.ones((1, 2, 1)), [[0.0, 1.0]], 0.9, [1.0])
    policy = TabularSoftmax.from_probabilities([[0.75, 0.25]])
    V, Q = exact.values(mdp, policy)
    assert exact.objective(mdp, policy) == pytest.approx(2.5)
    assert V == pytest.approx([2.5])
    np.testing.assert_allclose(Q, [[2.25, 3.25]])
    # dJ/dtheta_1 = p (1 - p) / (1 - gamma)
    np.testing.assert_allclose(exact.policy_gradient(mdp, policy), [[-1.875, 1.875]])


def test_no_discount_left_means_the_first_reward_only():
    mdp, policy = random_problem(0, gamma=0.0)
    assert exact.objective(mdp, policy) == pytest.approx(
        mdp.rho0 @ exact.policy_reward(mdp, policy)
    )
    np.testing.assert_allclose(exact.occupancy(mdp, policy), mdp.rho0)


def test_a_policy_with_zero_probabilities_can_be_evaluated():
    mdp = examples.running()
    always_one = TablePolicy([[0, 1], [0, 1]])
    V, _ = exact.values(mdp, always_one)
    # V0 = (V0 + 3 V1)/8, V1 = 2 + (3 V0 + V1)/8
    np.testing.assert_allclose(V, np.linalg.solve([[7, -3], [-3, 7]], [0, 16]))


@given(problems)
def test_values_solve_the_bellman_equations(problem):
    mdp, policy = problem
    V, Q = exact.values(mdp, policy)
    np.testing.assert_allclose(Q, mdp.R + mdp.gamma * np.einsum("san,n->sa", mdp.P, V), atol=1e-12)
    np.testing.assert_allclose(V, (policy.probabilities * Q).sum(axis=1), atol=1e-11)
    np.testing.assert_allclose(exact.advantage(mdp, policy), Q - V[:, None])


@given(problems)
def test_advantage_has_mean_zero_under_the_policy(problem):
    mdp, policy = problem
    means = (policy.probabilities * exact.advantage(mdp, policy)).sum(axis=1)
    np.testing.assert_allclose(means, 0, atol=1e-11)


@given(problems)
def test_occupancy_is_the_normalised_sum_of_the_state_laws(problem):
    mdp, policy = problem
    occupancy = exact.occupancy(mdp, policy)
    assert occupancy.sum() == pytest.approx(1, abs=1e-12)
    horizon = 1000
    laws = exact.state_distributions(mdp, policy, horizon)[:-1]
    summed = (1 - mdp.gamma) * mdp.gamma ** np.arange(horizon) @ laws
    np.testing.assert_allclose(occupancy, summed, atol=1e-11)


@given(problems)
def test_objective_is_the_mean_reward_under_the_occupancy(problem):
    mdp, policy = problem
    dual = exact.occupancy(mdp, policy) @ exact.policy_reward(mdp, policy) / (1 - mdp.gamma)
    assert exact.objective(mdp, policy) == pytest.approx(dual, abs=1e-11)


@given(problems)
@settings(max_examples=50)
def test_policy_gradient_is_the_slope_of_the_objective(problem):
    mdp, policy = problem
    gradient = exact.policy_gradient(mdp, policy)
    np.testing.assert_allclose(gradient.sum(axis=1), 0, atol=1e-11)
    step = 1e-5
    for index in np.ndindex(policy.theta.shape):
        shift = np.zeros_like(policy.theta)
        shift[index] = step
        up = exact.objective(mdp, TabularSoftmax(policy.theta + shift))
        down = exact.objective(mdp, TabularSoftmax(policy.theta - shift))
        assert gradient[index] == pytest.approx((up - down) / (2 * step), abs=1e-7)


def test_shared_parameters_obey_the_chain_rule():
    # With one-hot features the linear softmax is the tabular one.
    mdp, policy = random_problem(3)
    n_states, n_actions = policy.theta.shape
    one_hot = np.eye(n_states * n_actions).reshape(n_states, n_actions, -1)
    shared = LinearSoftmax(one_hot, policy.theta.ravel())
    np.testing.assert_allclose(
        exact.policy_gradient(mdp, shared), exact.policy_gradient(mdp, policy).ravel(), atol=1e-13
    )


@given(small_problems)
@settings(max_examples=30)
def test_finite_horizon_objective_and_gradient_match_the_enumeration(problem):
    mdp, policy = problem
    horizon = 3

    def discounted_return(states, actions):
        return sum(mdp.gamma**t * mdp.R[states[t], a] for t, a in enumerate(actions))

    def reinforce(states, actions):
        score = sum(policy.score(states[t], a) for t, a in enumerate(actions))
        return discounted_return(states, actions) * score

    assert exact.finite_horizon_objective(mdp, policy, horizon) == pytest.approx(
        expectation(mdp, policy, horizon, discounted_return), abs=1e-12
    )
    np.testing.assert_allclose(
        exact.finite_horizon_policy_gradient(mdp, policy, horizon),
        expectation(mdp, policy, horizon, reinforce),
        atol=1e-12,
    )


@given(problems, st.integers(1, 6))
def test_finite_horizon_values_start_the_finite_horizon_objective(problem, horizon):
    mdp, policy = problem
    V, Q = exact.finite_horizon_values(mdp, policy, horizon)
    assert V.shape == (horizon + 1, mdp.n_states) and not V[-1].any()
    np.testing.assert_allclose(Q[-1], mdp.R)
    assert mdp.rho0 @ V[0] == pytest.approx(
        exact.finite_horizon_objective(mdp, policy, horizon), abs=1e-12
    )
    np.testing.assert_allclose(
        exact.finite_horizon_advantage(mdp, policy, horizon), Q - V[:-1, :, None]
    )


@given(problems)
def test_finite_horizon_quantities_tend_to_the_infinite_horizon(problem):
    mdp, policy = problem
    V, _ = exact.finite_horizon_values(mdp, policy, 1000)
    np.testing.assert_allclose(V[0], exact.values(mdp, policy)[0], atol=1e-11)
    np.testing.assert_allclose(
        exact.finite_horizon_policy_gradient(mdp, policy, 1000),
        exact.policy_gradient(mdp, policy),
        atol=1e-10,
    )


@given(problems, st.integers(1, 40))
def test_truncation_error_of_the_objective_stays_below_its_bound(problem, horizon):
    mdp, policy = problem
    error = exact.objective(mdp, policy) - exact.finite_horizon_objective(mdp, policy, horizon)
    assert abs(error) <= exact.truncation_bound(mdp, horizon) + 1e-12


def test_truncation_bound_of_the_objective_is_attained_by_a_constant_reward():
    mdp = FiniteMDP(np.ones((1, 1, 1)), [[-3.0]], 0.8, [1.0])
    policy = TabularSoftmax([[0.0]])
    error = exact.objective(mdp, policy) - exact.finite_horizon_objective(mdp, policy, 7)
    assert abs(error) == pytest.approx(exact.truncation_bound(mdp, 7))


@given(problems, st.integers(1, 40))
def test_truncation_error_of_the_gradient_stays_below_its_bound(problem, horizon):
    mdp, policy = problem
    error = exact.policy_gradient(mdp, policy)
    error = error - exact.finite_horizon_policy_gradient(mdp, policy, horizon)
    assert np.linalg.norm(error) <= exact.gradient_truncation_bound(mdp, policy, horizon) + 1e-12


def test_gradient_truncation_bound_needs_its_factor_of_the_horizon():
    # A chain that survives under action 1 (probability p near 1): the error approaches the bound.
    p, horizon, gamma = 0.999, 50, 0.9
    P = np.zeros((2, 2, 2))
    P[0, 0, 1] = P[0, 1, 0] = P[1, :, 1] = 1
    mdp = FiniteMDP(P, [[0.0, 1.0], [0.0, 0.0]], gamma, [1.0, 0.0])
    policy = TabularSoftmax.from_probabilities([[1 - p, p], [1 - p, p]])
    error = exact.policy_gradient(mdp, policy)
    error = error - exact.finite_horizon_policy_gradient(mdp, policy, horizon)
    bound = exact.gradient_truncation_bound(mdp, policy, horizon)
    assert 0.9 < np.linalg.norm(error) / bound <= 1
    assert np.linalg.norm(error) > 3 * bound / (horizon * (1 - gamma) + 1)


def test_a_policy_for_another_mdp_is_refused():
    with pytest.raises(ValueError, match="policy is for 16 states and 4 actions, the MDP has 2"):
        exact.values(examples.running(), examples.frozen_lake_policy())


@pytest.mark.parametrize("horizon", [0, -1, 2.5, True])
def test_a_wrong_horizon_is_refused(horizon):
    with pytest.raises(ValueError, match="horizon is .* not an integer of at least 1"):
        exact.finite_horizon_values(examples.running(), examples.running_policy(), horizon)


def test_the_short_corridor_needs_no_discount():
    # J(p) = (2 p - 4) / (p (1 - p)); at 1/2 it is -12 and rises by 2 along the logit.
    mdp, policy = short_corridor(0.5)
    assert exact.objective(mdp, policy) == pytest.approx(-12, rel=1e-13)
    np.testing.assert_allclose(exact.policy_gradient(mdp, policy), [2], rtol=1e-12)
    best = short_corridor(2 - 2**0.5)
    assert exact.objective(*best) == pytest.approx(-6 - 4 * 2**0.5, rel=1e-13)
    np.testing.assert_allclose(exact.policy_gradient(*best), [0], atol=1e-12)


def test_without_a_discount_values_are_the_limit_of_long_horizons():
    mdp, policy = short_corridor(0.6)
    V, Q = exact.values(mdp, policy)
    long_V, long_Q = exact.finite_horizon_values(mdp, policy, 2000)
    np.testing.assert_allclose(V, long_V[0], rtol=1e-12)
    np.testing.assert_allclose(Q, long_Q[0], rtol=1e-12)
    np.testing.assert_allclose(
        exact.policy_gradient(mdp, policy),
        exact.finite_horizon_policy_gradient(mdp, policy, 2000),
        rtol=1e-10,
    )
    steps = exact.state_distributions(mdp, policy, 2000).sum(axis=0) * ~mdp.terminal
    np.testing.assert_allclose(exact.evaluate(mdp, policy).visits, steps, rtol=1e-12)
    np.testing.assert_allclose(exact.occupancy(mdp, policy), steps / steps.sum(), rtol=1e-12)


def test_without_a_discount_an_episode_that_need_not_end_is_refused():
    mdp, _ = short_corridor(0.5)
    always_left = TablePolicy([[1, 0]] * 4)
    with pytest.raises(ValueError, match="from state 0 the episode never ends under this policy"):
        exact.values(mdp, always_left)


def test_a_policy_without_a_score_has_no_gradient():
    mdp, table = examples.running(), TablePolicy([[0, 1], [0.5, 0.5]])
    for gradient in (
        lambda: exact.policy_gradient(mdp, table),
        lambda: exact.finite_horizon_policy_gradient(mdp, table, 3),
        lambda: average_reward_gradient(mdp, table),
        lambda: stationary_law_gradient(mdp, table),
        lambda: direction_without_gamma_t(mdp, table, 3),
    ):
        with pytest.raises(ValueError, match="TablePolicy has no parameters, hence no score"):
            gradient()


def test_a_reward_whose_sums_overflow_is_refused():
    for reward in (np.inf, 1e308):
        with pytest.raises(ValueError, match=r"R\[0, 1\] is"):
            FiniteMDP(np.ones((1, 2, 1)), [[0, reward]], 0.9, [1])


@given(small_problems, st.integers(0, 4))
def test_slope_of_the_state_law_is_the_score_sum_in_that_state(problem, t):
    # eq:marginal-gradient: grad P(s_t = s) = E[M_t 1{s_t = s}], from the other side.
    mdp, policy = problem
    found = exact.state_distribution_gradient(mdp, policy, t)
    for i in range(policy.theta.size):
        along = policy.probabilities * policy.scores[:, :, i]
        np.testing.assert_allclose(
            found[:, i], score_moments(mdp, policy, along, t, 1)[1, t], atol=1e-13
        )


def three_states():
    """Three states, two actions, one parameter each; an asymmetric world with gamma = 1/4."""
    P = [[[0.25, 0, 0.75], [0, 0.5, 0.5]], [[0.5, 0.25, 0.25], [0, 0, 1]], [[0, 1, 0], [1, 0, 0]]]
    mdp = FiniteMDP(P, [[2.0, -3.0], [5.0, 7.0], [11.0, -13.0]], 0.25, [0.5, 0.125, 0.375])
    return mdp, LinearSoftmax.logits([0.2, 0.5, 0.75])


@pytest.mark.parametrize("horizon, share", [(0, 1), (1, 0.25), (2, 0.0625)])
def test_bounds_of_the_tails_by_hand(horizon, share):
    """R_max = 13; osc = 12; L = max 2 p q = 1/2, with 1 - gamma = 3/4."""
    mdp, policy = three_states()
    assert exact.truncation_bound(mdp, horizon) == pytest.approx(share * 13 * 4 / 3, rel=1e-14)
    bound = exact.gradient_truncation_bound(mdp, policy, horizon)
    assert bound == pytest.approx(0.5 * 12 * share * (3 * horizon / 4 + 1) * 16 / 9, rel=1e-14)


def test_times_below_zero_are_refused_and_zero_is_a_time():
    mdp, policy = three_states()
    assert exact.state_distributions(mdp, policy, 0).tolist() == [[0.5, 0.125, 0.375]]
    assert not exact.state_distribution_gradient(mdp, policy, 0).any()
    for function, name in (
        (lambda: exact.state_distributions(mdp, policy, -1), "horizon"),
        (lambda: exact.state_distribution_gradient(mdp, policy, -1), "t"),
        (lambda: exact.truncation_bound(mdp, -1), "horizon"),
        (lambda: exact.gradient_truncation_bound(mdp, policy, -1), "horizon"),
    ):
        with pytest.raises(ValueError, match=f"^{name} is -1, not an integer of at least 0"):
            function()
    for function in (
        lambda: exact.finite_horizon_objective(mdp, policy, 0),
        lambda: exact.finite_horizon_policy_gradient(mdp, policy, 0),
        lambda: exact.finite_horizon_advantage(mdp, policy, 0),
    ):
        with pytest.raises(ValueError, match="^horizon is 0, not an integer of at least 1"):
            function()


def test_an_episode_that_starts_at_its_end_visits_nothing():
    mdp, policy = short_corridor(0.6)
    at_the_end = replace(mdp, rho0=np.array([0.0, 0, 0, 1]))
    evaluation = exact.evaluate(at_the_end, policy)
    assert evaluation.objective == 0 and evaluation.occupancy.tolist() == [0, 0, 0, 0]


def test_slope_of_the_state_law_is_the_limit_of_differences_with_five_parameters():
    rng = np.random.default_rng(5)
    mdp, _ = three_states()
    policy = LinearSoftmax(rng.normal(size=(3, 2, 5)), rng.normal(size=5))
    found = exact.state_distribution_gradient(mdp, policy, 3)
    for i, shift in enumerate(1e-5 * np.eye(5)):
        up, down = (
            exact.state_distributions(mdp, LinearSoftmax(policy.features, policy.theta + x), 3)[3]
            for x in (shift, -shift)
        )
        np.testing.assert_allclose(found[:, i], (up - down) / 2e-5, atol=1e-9)


def test_the_bound_of_a_gradient_is_for_a_policy_of_this_world():
    with pytest.raises(ValueError, match="policy is for 3 states"):
        exact.gradient_truncation_bound(examples.running(), three_states()[1], 2)
