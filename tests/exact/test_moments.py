import numpy as np
import problems
import pytest
from hypothesis import given
from hypothesis import strategies as st
from trajectories import enumerate_rewarded, expectation

from utils import TabularSoftmax, exact
from utils.exact.moments import (
    killed_sum_moments,
    return_and_score_moments,
    return_moments,
    reward_powers,
    score_moments,
    scored_return_law,
)
from utils.model import examples
from utils.model.mdp import FiniteMDP
from utils.model.policies import LinearSoftmax, TablePolicy

ORDER = 4


def random_problem(seed, n_states=2, n_actions=2):
    rng = np.random.default_rng(seed)
    mdp = problems.random_mdp(rng, n_states, n_actions)
    policy = TabularSoftmax(rng.normal(size=(n_states, n_actions)))
    direction = policy.probabilities * rng.normal(size=(n_states, n_actions))
    direction -= policy.probabilities * direction.sum(axis=1, keepdims=True)
    return mdp, policy, direction


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("t", range(4))
def test_score_moments_match_the_enumeration(seed, t):
    mdp, policy, direction = random_problem(seed)
    score = direction / policy.probabilities

    def powers(states, actions):
        total = sum(score[states[u], actions[u]] for u in range(t))
        result = np.zeros((ORDER + 1, mdp.n_states))
        result[:, states[t]] = [total**k for k in range(ORDER + 1)]
        return result

    moments = score_moments(mdp, policy, direction, horizon=3, order=ORDER)
    assert moments.shape == (ORDER + 1, 4, mdp.n_states)
    np.testing.assert_allclose(moments[:, t], expectation(mdp, policy, 3, powers), atol=1e-12)


def test_order_zero_is_the_law_of_the_state():
    mdp, policy, direction = random_problem(1, 4, 3)
    moments = score_moments(mdp, policy, direction, horizon=6, order=0)
    np.testing.assert_allclose(moments[0], exact.state_distributions(mdp, policy, 6))


def test_order_one_is_the_derivative_of_the_law_of_the_state():
    # eq:marginal-gradient, along the logit theta[0, 1] of the softmax.
    mdp, policy, _ = random_problem(2, 3, 2)
    direction = policy.probabilities * policy.scores[:, :, 1]
    shift = np.zeros_like(policy.theta)
    shift[0, 1] = 1e-5
    up = exact.state_distributions(mdp, TabularSoftmax(policy.theta + shift), 5)
    down = exact.state_distributions(mdp, TabularSoftmax(policy.theta - shift), 5)
    moments = score_moments(mdp, policy, direction, horizon=5, order=1)
    np.testing.assert_allclose(moments[1], (up - down) / 2e-5, atol=1e-9)


def test_score_sum_is_a_martingale_whose_variance_adds_up():
    # eq:score-martingale
    mdp, policy, direction = random_problem(3, 3, 3)
    moments = score_moments(mdp, policy, direction, horizon=8, order=2).sum(axis=2)
    np.testing.assert_allclose(moments[1], 0, atol=1e-13)
    information = (direction**2 / policy.probabilities).sum(axis=1)
    steps = exact.state_distributions(mdp, policy, 7) @ information
    np.testing.assert_allclose(np.diff(moments[2]), steps)


def test_an_impossible_action_has_score_zero():
    mdp, policy = examples.running(), TablePolicy([[1, 0], [0.5, 0.5]])
    moments = score_moments(mdp, policy, [[0, 0], [-0.25, 0.25]], horizon=3, order=2)
    assert np.isfinite(moments).all()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("horizon", range(4))
def test_return_moments_match_the_enumeration(seed, horizon):
    mdp, policy, _ = random_problem(seed)
    moments = return_moments(mdp, policy, horizon, ORDER)

    def powers(states, actions):
        total = sum(mdp.gamma**t * mdp.R[states[t], a] for t, a in enumerate(actions))
        return np.array([total**k for k in range(ORDER + 1)])

    assert moments.shape == (ORDER + 1, mdp.n_states)
    np.testing.assert_allclose(moments @ mdp.rho0, expectation(mdp, policy, horizon, powers))


def test_first_moment_of_the_return_is_the_value():
    mdp, policy, _ = random_problem(7, 4, 3)
    V, _ = exact.finite_horizon_values(mdp, policy, 9)
    np.testing.assert_allclose(return_moments(mdp, policy, 9, 1)[1], V[0])


def test_wrong_arguments_are_named():
    mdp, policy, direction = random_problem(0)
    with pytest.raises(ValueError, match=r"direction has shape \[1, 2\], not \[2, 2\]"):
        score_moments(mdp, policy, direction[:1], 3, 1)
    with pytest.raises(ValueError, match="order is -1"):
        return_moments(mdp, policy, 3, -1)


@pytest.mark.parametrize("seed", range(4))
def test_moments_of_a_killed_sum_match_the_enumeration_of_when_it_ends(seed):
    mdp, policy, values = random_problem(seed)
    mdp = FiniteMDP(mdp.P, mdp.R, 0.05, mdp.rho0)  # so that 0.05^6 is all that lies beyond 6 steps

    def powers(states, actions):
        total, out = 0.0, np.zeros(3)
        for n, (s, a) in enumerate(zip(states, actions, strict=False), start=1):
            total += values[s, a]
            out += 0.95 * 0.05 ** (n - 1) * np.array([1, total, total**2])
        return out

    by_hand = expectation(mdp, policy, 6, powers)
    moments = killed_sum_moments(mdp, policy, values, 2)
    np.testing.assert_allclose(moments @ mdp.rho0, by_hand, atol=1e-6)


def test_a_killed_sum_of_rewards_has_the_value_as_its_mean():
    mdp, policy, _ = random_problem(3, 4, 3)
    V, _ = exact.values(mdp, policy)
    np.testing.assert_allclose(killed_sum_moments(mdp, policy, mdp.R, 1)[1], V)


def test_a_killed_sum_of_psi_Q_has_the_policy_gradient_as_its_mean():
    mdp, policy = examples.running(0.8), examples.running_policy()
    one = examples.shared_logit(policy, 1)
    _, Q = exact.values(mdp, policy)
    mean = mdp.rho0 @ killed_sum_moments(mdp, one, one.scores[:, :, 0] * Q, 1)[1]
    np.testing.assert_allclose(mean, exact.policy_gradient(mdp, one)[0])


@pytest.mark.parametrize("t", range(3))
def test_law_of_a_scored_return_matches_the_enumeration(t):
    mdp, policy, _ = random_problem(11)
    one = examples.shared_logit(policy, 1)

    def powers(states, actions):
        later = sum(mdp.gamma ** (k - t) * mdp.R[states[k], actions[k]] for k in range(t, 3))
        scored = one.scores[states[t], actions[t], 0] * later
        return np.array([scored, scored**2])

    mean, square = expectation(mdp, policy, 3, powers)
    np.testing.assert_allclose(scored_return_law(mdp, one, t, 3), (mean, (square - mean**2) ** 0.5))


def test_mean_of_a_scored_return_is_that_of_the_scored_action_value():
    mdp, policy, _ = random_problem(5, 4, 3)
    one = examples.shared_logit(policy, 2)
    Q = exact.finite_horizon_values(mdp, policy, 8)[1][3]
    pairs = exact.state_distributions(mdp, policy, 3)[3][:, None] * policy.probabilities
    mean, _ = scored_return_law(mdp, one, 3, 8)
    np.testing.assert_allclose(mean, (pairs * one.scores[:, :, 0] * Q).sum())


# Normal noise and this law of three points have the same moments up to the fifth.
THREE_POINTS = ((-(3**0.5), 1 / 6), (0, 2 / 3), (3**0.5, 1 / 6))


def test_moments_of_the_return_know_the_law_of_the_reward():
    mdp, policy, _ = random_problem(12)
    mdp = problems.with_random_rewards(mdp, 3)
    by_hand = np.zeros(5)
    for probability, _, _, r in enumerate_rewarded(mdp, policy, 2, THREE_POINTS):
        by_hand += probability * (r[0] + mdp.gamma * r[1]) ** np.arange(5)
    np.testing.assert_allclose(return_moments(mdp, policy, 2, 4) @ mdp.rho0, by_hand)


@pytest.mark.parametrize("t", range(3))
def test_law_of_a_scored_return_knows_the_law_of_the_reward(t):
    mdp, policy, _ = random_problem(11)
    mdp, one = problems.with_random_rewards(mdp, 4), examples.shared_logit(policy, 1)
    mean = square = 0
    for probability, s, a, r in enumerate_rewarded(mdp, one, 3):
        x = one.scores[s[t], a[t], 0] * sum(mdp.gamma ** (k - t) * r[k] for k in range(t, 3))
        mean, square = mean + float(probability) * x, square + float(probability) * x**2
    np.testing.assert_allclose(scored_return_law(mdp, one, t, 3), (mean, (square - mean**2) ** 0.5))


@given(st.integers(0, 2**32 - 1))
def test_powers_of_the_reward_start_with_probability_mean_and_variance(seed):
    mdp, _, _ = random_problem(seed)
    mdp = problems.with_random_rewards(mdp, seed)
    one, mean, square = (power.sum(axis=2) for power in reward_powers(mdp, 2))
    np.testing.assert_allclose(one, 1)
    np.testing.assert_allclose(mean, mdp.R, atol=1e-14)
    np.testing.assert_allclose(square - mean**2, mdp.reward_variance, atol=1e-12)


def test_moments_of_return_and_score_are_those_of_the_enumeration():
    mdp, policy = problems.random_rational(3, random_rewards=True)
    by_hand = 0
    for probability, s, a, r in enumerate_rewarded(mdp, policy, 3):
        G = sum(mdp.gamma**t * r[t] for t in range(3))
        M = sum(policy.scores[s[t], a[t]] for t in range(3))
        by_hand = by_hand + probability * np.array(
            [[G**j * M**k for k in range(3)] for j in range(3)]
        )
    assert return_and_score_moments(mdp, policy, 3).tolist() == by_hand.tolist()


def test_moments_of_return_and_score_do_not_mix_up_states_actions_and_parameters():
    rng = np.random.default_rng(4)
    mdp = problems.random_mdp(rng, 3, 2, gamma=0.7)
    policy = LinearSoftmax(rng.normal(size=(3, 2, 5)), rng.normal(size=5))

    def powers(s, a):
        G = sum(0.7**t * mdp.R[s[t], a[t]] for t in range(4))
        M = sum(policy.score(s[t], a[t]) for t in range(4))
        return np.array([[G**j * M**k for k in range(3)] for j in range(3)])

    found = return_and_score_moments(mdp, policy, 4)
    assert found.shape == (3, 3, 5)
    np.testing.assert_allclose(found, expectation(mdp, policy, 4, powers), atol=1e-12)


def test_powers_of_a_normal_reward_are_its_moments_times_the_way():
    P = np.array([[[0.25, 0.75], [0.5, 0.5]], [[1, 0], [0.125, 0.875]]])
    m, sd = np.array([[[2.0, -3], [5, 7]], [[11, 1], [-2, 3]]]), np.array([[2.0, 3], [5, 7]])
    mdp, v = FiniteMDP(P, m, 0.5, [1, 0], sd), sd[:, :, None] ** 2
    moments = [1, m, m**2 + v, m**3 + 3 * m * v, m**4 + 6 * m**2 * v + 3 * v**2]
    for found, moment in zip(reward_powers(mdp, 4), moments, strict=True):
        np.testing.assert_allclose(found, P * moment, rtol=1e-13)


def test_a_killed_sum_of_equal_terms_is_a_geometric_number_of_them():
    """E[N] = 1/(1-g), E[N^2] = (1+g)/(1-g)^2, E[N^3] = (1+4g+g^2)/(1-g)^3 with g = 3/5."""
    mdp = FiniteMDP(np.ones((1, 2, 1)), [[2.0, 3.0]], 0.6, [1.0])
    policy = TabularSoftmax([[0.3, -0.2]])
    found = killed_sum_moments(mdp, policy, np.full((1, 2), 2.0), 3)[:, 0]
    np.testing.assert_allclose(found, [1, 2 * 2.5, 4 * 10, 8 * 3.76 / 0.064], rtol=1e-13)
    assert killed_sum_moments(mdp, policy, mdp.R, 0).tolist() == [[1]]


def test_the_slope_of_an_action_that_is_never_taken_does_not_matter():
    mdp, policy = examples.running(), TablePolicy([[1, 0], [0.5, 0.5]])
    found = score_moments(mdp, policy, [[0, 7], [-0.25, 0.25]], horizon=3, order=2)
    same = score_moments(mdp, policy, [[0, 0], [-0.25, 0.25]], horizon=3, order=2)
    np.testing.assert_array_equal(found, same)
    assert found[2, 3].sum() > 0


def test_without_steps_nothing_has_been_summed():
    mdp, policy, direction = random_problem(0, 3, 2)
    start = score_moments(mdp, policy, direction, horizon=0, order=2)
    assert start.tolist() == [[mdp.rho0.tolist()], [[0] * 3], [[0] * 3]]
    assert return_moments(mdp, policy, 0, 2).tolist() == [[1] * 3, [0] * 3, [0] * 3]
    np.testing.assert_allclose(return_moments(mdp, policy, 2, 0), [[1, 1, 1]])


def test_counts_that_are_too_small_are_named():
    mdp, policy, direction = random_problem(0)
    one = examples.shared_logit(policy, 1)
    for function, message in (
        (lambda: score_moments(mdp, policy, direction, -1, 1), "horizon is -1, .* at least 0"),
        (lambda: score_moments(mdp, policy, direction, 1, -1), "order is -1, .* at least 0"),
        (lambda: return_moments(mdp, policy, -1, 1), "horizon is -1, .* at least 0"),
        (lambda: return_and_score_moments(mdp, policy, 0), "horizon is 0, .* at least 1"),
        (lambda: killed_sum_moments(mdp, policy, mdp.R, -1), "order is -1, .* at least 0"),
        (lambda: scored_return_law(mdp, one, -1, 3), "t is -1, .* at least 0"),
        (lambda: killed_sum_moments(mdp, policy, mdp.R[:1], 1), r"values has shape \[1, 2\]"),
    ):
        with pytest.raises(ValueError, match=message):
            function()
