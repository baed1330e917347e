"""The direction without gamma^t: closed forms, the positive result for tables, its variance."""

from fractions import Fraction as F

import numpy as np
import problems
import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils import exact, simulate
from utils.estimators import broken
from utils.estimators.variance import estimator_moments, moments_without_gamma_t
from utils.exact.dropped_discount import (
    angle_to_gradient,
    direction_without_gamma_t,
    effective_steps,
    expected_visits,
)
from utils.figures import discount
from utils.model import examples
from utils.model.mdp import FiniteMDP
from utils.model.policies import LinearSoftmax, TabularSoftmax
from utils.model.rational import RationalMDP, logit_policy
from utils.symbolic.free_mdps import generators, parametric_mdp

seeds = st.integers(0, 10**6)


def episodic_problem(seed, gamma=None):
    rng = np.random.default_rng(seed)
    gamma = 0.1 + 0.85 * rng.random() if gamma is None else gamma
    mdp = problems.random_mdp(rng, 5, 3, gamma=gamma, absorbing=1)
    return mdp, TabularSoftmax(rng.normal(size=(5, 3)))


def coins(R, next_states, gamma, p=0.5):
    """A world of coins with one shared logit; the last state is the end."""
    P = examples.deterministic_kernel(next_states)
    mdp = FiniteMDP(P, R, gamma, np.eye(len(R))[0])
    return mdp, LinearSoftmax.logits([p] * len(R), shared=True)


def two_tosses(x, y, gamma, p=0.5):
    return coins([[0, x], [0, -y], [0, 0]], [[1, 1], [2, 2], [2, 2]], gamma, p)


def fork(gamma, p=0.5):
    R = [[0, 0], [3, 1], [0, -2], [0, 0]]
    return coins(R, [[2, 1], [3, 3], [3, 3], [3, 3]], gamma, p)


@pytest.mark.parametrize("x, y, gamma, p", [(3, 4, 0.5, 0.5), (1, 2, 0.3, 0.2), (5, 1, 0.9, 0.7)])
def test_two_tosses_have_the_slope_x_minus_gamma_y_and_without_gamma_t_x_minus_y(x, y, gamma, p):
    mdp, policy = two_tosses(x, y, gamma, p)
    slope = p * (1 - p)
    assert np.isclose(exact.policy_gradient(mdp, policy)[0], slope * (x - gamma * y))
    assert np.isclose(direction_without_gamma_t(mdp, policy)[0], slope * (x - y))
    assert np.isclose(direction_without_gamma_t(mdp, policy, horizon=2)[0], slope * (x - y))


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_on_the_fork_it_is_exactly_minus_the_gradient(p):
    mdp, policy = fork(0.5, p)
    gradient = exact.policy_gradient(mdp, policy)
    assert np.isclose(gradient[0], p * (1 - p) / 2)
    assert np.allclose(direction_without_gamma_t(mdp, policy), -gradient)


def test_4000_steps_lead_to_the_best_and_to_the_worst_policy_of_the_class():
    assert round(discount.exact_ascent(0.5, 4000)[-1], 4) == 0.9995
    assert round(discount.exact_ascent(-0.5, 4000)[-1], 4) == 0.0005


@pytest.mark.parametrize("T", [1, 2, 7])
def test_with_one_state_it_grows_linearly_with_the_horizon(T):
    mdp = FiniteMDP([[[1], [1]]], [[0, 1]], 0.5, [1])
    policy = LinearSoftmax.logits([0.4])
    assert np.isclose(direction_without_gamma_t(mdp, policy, T)[0], T * 0.24)


@given(seeds)
def test_expected_visits_are_the_sum_of_the_state_laws(seed):
    mdp, policy = episodic_problem(seed)
    laws = exact.state_distributions(mdp, policy, 3000)
    assert np.allclose(expected_visits(mdp, policy), laws.sum(axis=0) * ~mdp.terminal, rtol=1e-6)


@given(seeds)
def test_the_whole_direction_is_the_limit_of_its_partial_sums(seed):
    mdp, policy = episodic_problem(seed)
    partial = direction_without_gamma_t(mdp, policy, 3000)
    assert np.allclose(direction_without_gamma_t(mdp, policy), partial, rtol=1e-6, atol=1e-9)


@given(seeds)
def test_in_a_table_it_never_points_downhill_and_keeps_the_kantorovich_angle(seed):
    mdp, policy = episodic_problem(seed)
    omega, gradient = direction_without_gamma_t(mdp, policy), exact.policy_gradient(mdp, policy)
    pull = policy.probabilities * exact.advantage(mdp, policy)
    weights = expected_visits(mdp, policy) * exact.occupancy(mdp, policy) / (1 - mdp.gamma)
    assert np.isclose((omega * gradient).sum(), weights @ (pull**2).sum(axis=1), rtol=1e-9)
    angle = angle_to_gradient(mdp, policy)
    assert angle.bound - 1e-12 <= angle.cosine <= 1 + 1e-12


def test_the_kantorovich_bound_is_attained_where_both_states_pull_as_the_weights_ask():
    """Two states in a row; equality needs x^2 = gamma y^2 for the two rewards x and y."""
    gamma = 0.25
    P = examples.deterministic_kernel([[1, 1], [2, 2], [2, 2]])
    mdp = FiniteMDP(P, [[0, 1], [0, gamma**-0.5], [0, 0]], gamma, [1, 0, 0])
    angle = angle_to_gradient(mdp, LinearSoftmax.logits([0.5, 0.5, 0.5]))
    assert np.isclose(angle.kappa, 1 / gamma)
    assert np.isclose(angle.bound, 2 * gamma**0.5 / (1 + gamma))
    assert np.isclose(angle.cosine, angle.bound)


def test_on_frozen_lake_the_numbers_of_the_text_hold():
    angle = angle_to_gradient(examples.frozen_lake(0.9), examples.frozen_lake_policy())
    assert [round(x, 3) for x in (angle.kappa, angle.cosine)] == [2.357, 0.975]
    assert np.floor(1000 * angle.bound) == 914


def test_gamma_0_is_an_exception():
    P = examples.deterministic_kernel([[1, 1], [2, 2], [2, 2]])
    mdp = FiniteMDP(P, [[0, 0], [0, 1], [0, 0]], 0, [1, 0, 0])
    policy = LinearSoftmax.logits([0.5, 0.4, 0.5])
    assert np.allclose(exact.policy_gradient(mdp, policy), 0)
    assert np.allclose(direction_without_gamma_t(mdp, policy), [0, 0.24, 0])
    with pytest.raises(ValueError, match="gamma is 0"):
        angle_to_gradient(mdp, policy)


def test_a_world_without_end_has_no_expected_visits():
    with pytest.raises(ValueError, match="from state 0 the episode never ends"):
        expected_visits(examples.running(), examples.running_policy())


def test_a_direction_of_length_zero_has_no_angle():
    P = examples.deterministic_kernel([[1, 1], [1, 1]])
    mdp = FiniteMDP(P, [[1, 1], [0, 0]], 0.5, [1, 0])
    with pytest.raises(ValueError, match="omega is 0"):
        angle_to_gradient(mdp, LinearSoftmax.logits([0.5, 0.5]))


def test_as_gamma_tends_to_1_it_tends_to_the_gradient_of_the_undiscounted_return():
    near = episodic_problem(3, gamma=1 - 1e-7)
    assert np.allclose(
        direction_without_gamma_t(*near), exact.policy_gradient(*near), rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("gamma, T", [(0.9, 1000), (0.99, 200), (0.5, 1)])
def test_effective_steps_have_the_closed_form(gamma, T):
    closed = (1 + gamma) / (1 - gamma) * (1 - gamma**T) / (1 + gamma**T)
    assert np.isclose(effective_steps(gamma, T), closed, rtol=1e-12)


# Its variance


def test_variance_without_gamma_t_is_that_of_an_enumeration():
    """Two tosses with p = 2/5: four trajectories, in fractions."""
    x, y, gamma, p = F(3), F(4), F(1, 2), F(2, 5)
    P = examples.deterministic_kernel([[1, 1], [2, 2], [2, 2]])
    mdp = RationalMDP(P, [[0, x], [0, -y], [0, 0]], gamma, [1, 0, 0])
    policy = logit_policy([p, p, p], shared=True)
    values, chances = [], []
    for a in (0, 1):
        for b in (0, 1):
            later = -y * b
            values.append((a - p) * (x * a + gamma * later) + (b - p) * later)
            chances.append((p if a else 1 - p) * (p if b else 1 - p))
    mean = sum(c * v for c, v in zip(chances, values, strict=True))
    square = sum(c * v**2 for c, v in zip(chances, values, strict=True))
    found = moments_without_gamma_t(mdp, policy, horizon=2)
    assert found.mean.tolist() == [mean] == [p * (1 - p) * (x - y)]
    assert found.variance.tolist() == [square - mean**2]


@pytest.mark.parametrize("weights", ["q", "advantage"])
def test_with_a_critic_its_mean_is_the_direction_for_every_horizon(weights):
    mdp, policy = examples.running(0.7), examples.running_policy()
    found = moments_without_gamma_t(mdp, policy, 6, weights).mean
    assert np.allclose(found, direction_without_gamma_t(mdp, policy, 6))


def test_for_one_step_it_is_the_usual_estimator():
    mdp, policy = examples.running(0.7), examples.running_policy()
    one, other = moments_without_gamma_t(mdp, policy, 1), estimator_moments(mdp, policy, horizon=1)
    assert np.allclose(one.mean, other.mean) and np.allclose(one.variance, other.variance)


def test_the_broken_estimator_has_this_mean_and_this_standard_error():
    """Two coordinates, 20 000 trajectories, 5 standard errors: false alarm 1.2e-6."""
    mdp, policy = fork(0.5)
    run = simulate(mdp, policy, 20_000, 2, np.random.default_rng(5))
    estimate = broken.without_gamma_t(run, policy, mdp)
    law = moments_without_gamma_t(mdp, policy, 2)
    error = np.sqrt(law.variance / 20_000)
    assert (np.abs(estimate.mean - law.mean) <= 5 * error).all()
    assert np.allclose(estimate.standard_error, error, rtol=0.05)


def test_unknown_weights_are_named():
    with pytest.raises(ValueError, match="weights"):
        moments_without_gamma_t(examples.running(), examples.running_policy(), 3, "gae")


# Symbols


def test_each_symbol_of_a_parametric_mdp_gives_one_coordinate_of_the_gradient():
    p, q, g = generators("p, q, g")
    P = examples.deterministic_kernel([[2, 1], [2, 2], [2, 2]])
    pi, R = [[1 - p, p], [1 - q, q], [1, 0]], [[0, 0], [0, 1], [0, 0]]
    by = {x: parametric_mdp(P, R, g, [1, 0, 0], pi, x) for x in (p, q)}
    assert by[p].objective == g * p * q
    for x, other in ((p, q), (q, p)):
        assert by[x].gradient(by[x].objective) == g * other
        assert (by[x].dpi.sum(axis=1) == 0).all()


# Pictures of chapter 7


@pytest.mark.parametrize("cost, gamma", [(4.0, 0.5), (7.0, 0.9)])
def test_coin_samples_have_both_slopes_as_means(cost, gamma):
    """200 000 samples, 5 standard errors of two means: false alarm 1.2e-6."""
    kept, dropped = discount.two_coin_samples(cost, gamma, 200_000, np.random.default_rng(0))
    for samples, mean in ((kept, 3 - gamma * cost), (dropped, 3 - cost)):
        assert abs(samples.mean() - mean) <= 5 * samples.std() / 200_000**0.5


@pytest.mark.parametrize("power, slope", [(1, 0.5), (0, -0.5)])
def test_sampled_ascents_follow_the_exact_one(power, slope):
    """One step from p = 1/2 with a batch of 20 000, 1000 runs: within 5 standard errors."""
    theta = discount.sampled_ascent(0.5, power, 1, 50, 20_000, np.random.default_rng(1))[1]
    logits = np.log(theta / (1 - theta))
    assert abs(logits.mean() - slope / 4) <= 5 * logits.std(ddof=1) / 50**0.5


def test_the_drawn_field_is_a_gradient_exactly_if_gamma_t_is_kept():
    """Both fields are linear, so differences over a unit step are derivatives."""
    for dropped in (False, True):
        _, up = discount.field(1.0, 0.0, 0.5, dropped)
        across, _ = discount.field(0.0, 1.0, 0.5, dropped)
        assert np.isclose(up - across, 0.5 if dropped else 0)


def test_in_the_running_mdp_the_two_aims_disagree_at_gamma_one_half():
    kept, dropped, target = discount.practice_curves()
    at = int(np.abs(discount.CURVE_GAMMAS - 0.5).argmin())
    assert round(float(kept[at]), 3) == -0.086 and round(target, 3) == 0.061
    assert (dropped > 0).all()


def test_the_angle_of_two_coins_with_their_own_logits_is_that_of_their_slopes():
    """J = p x - gamma r y: grad J = (s x, -gamma z y), omega = (s x, -z y), s = pq, z = r(1-r)."""
    x, y, gamma, p, r = 3.0, 5.0, 0.3, 0.2, 0.6
    P = examples.deterministic_kernel([[1, 1], [2, 2], [2, 2], [2, 2]])
    mdp = FiniteMDP(P, [[0, x], [0, -y], [0, 0], [0, 9]], gamma, [1, 0, 0, 0])
    angle = angle_to_gradient(mdp, LinearSoftmax.logits([p, r, 0.5, 0.5]))
    one, other = p * (1 - p) * x, r * (1 - r) * y
    dot = one**2 + gamma * other**2
    cosine = dot / np.hypot(one, other) / np.hypot(one, gamma * other)
    assert np.isclose(angle.cosine, cosine, rtol=1e-12)
    assert np.isclose(angle.kappa, 1 / gamma, rtol=1e-12)
    assert np.isclose(angle.bound, 2 * gamma**0.5 / (1 + gamma), rtol=1e-12)


def test_a_gradient_of_length_zero_has_no_angle():
    with pytest.raises(ValueError, match="^grad J is 0: it has no angle$"):
        angle_to_gradient(*two_tosses(2, 4, 0.5))


def test_without_steps_there_is_no_direction_and_less_is_no_horizon():
    mdp, policy = two_tosses(3, 4, 0.5, 0.3)
    assert direction_without_gamma_t(mdp, policy, 0).tolist() == [0]
    assert np.isclose(direction_without_gamma_t(mdp, policy, 1)[0], 0.21 * 3)
    with pytest.raises(ValueError, match="^horizon is -1, not an integer of at least 0"):
        direction_without_gamma_t(mdp, policy, -1)


def test_two_weights_of_1_and_one_third_count_as_eight_fifths_of_a_step():
    assert np.isclose(effective_steps(1 / 3, 2), (16 / 9) / (10 / 9), rtol=1e-14)
    with pytest.raises(ValueError, match="^horizon is 0, not an integer of at least 1"):
        effective_steps(0.5, 0)
