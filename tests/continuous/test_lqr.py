import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from utils import simulate
from utils.continuous import lqr as problem
from utils.continuous.lqr import LQR, LinearGaussianPolicy
from utils.model import examples

SETTING = LQR(alpha=0.9, beta=0.4, q=1.2, c=0.3, gamma=0.8, noise_variance=0.2, start_variance=0.7)
POLICY = LinearGaussianPolicy(theta=-0.6, sigma=0.5)


def moved(step):
    return LinearGaussianPolicy(POLICY.theta + step, POLICY.sigma)


def by_state_variances(horizon):
    variances = problem.state_variances(SETTING, POLICY, horizon)
    costs = (SETTING.q + SETTING.c * POLICY.theta**2) * variances + SETTING.c * POLICY.sigma**2
    return -float(SETTING.gamma ** np.arange(horizon) @ costs)


@pytest.mark.parametrize("horizon", [1, 2, 3, 10])
def test_objective_is_the_discounted_cost_of_the_state_variances(horizon):
    assert problem.objective(SETTING, POLICY, horizon) == pytest.approx(by_state_variances(horizon))


def test_infinite_horizon_is_the_limit_of_long_horizons():
    assert problem.objective(SETTING, POLICY) == pytest.approx(by_state_variances(300), rel=1e-12)
    assert problem.policy_gradient(SETTING, POLICY) == pytest.approx(
        problem.policy_gradient(SETTING, POLICY, 300), rel=1e-12
    )


@pytest.mark.parametrize("horizon", [1, 2, 3, 10, None])
def test_policy_gradient_is_the_slope_of_the_objective(horizon):
    step = 1e-5
    slope = problem.objective(SETTING, moved(step), horizon)
    slope = (slope - problem.objective(SETTING, moved(-step), horizon)) / (2 * step)
    assert problem.policy_gradient(SETTING, POLICY, horizon) == pytest.approx(slope, rel=1e-8)


def test_value_is_the_mean_action_value():
    # Gauss-Hermite with 5 points is exact for the quadratic Q.
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    weights = weights / weights.sum()
    k, m = problem.value_coefficients(SETTING, POLICY, 4)
    for t in range(4):
        for s in (-1.0, 0.3):
            actions = POLICY.theta * s + POLICY.sigma * nodes
            Q = problem.action_values(SETTING, POLICY, s, actions, k[t + 1], m[t + 1])
            assert weights @ Q == pytest.approx(-(k[t] * s**2 + m[t]))
            by_score = weights @ (POLICY.score(s, actions) * Q)
            gain = SETTING.alpha + SETTING.beta * POLICY.theta
            inner = SETTING.c * POLICY.theta + SETTING.gamma * k[t + 1] * SETTING.beta * gain
            assert by_score == pytest.approx(-2 * s**2 * inner)


def test_every_estimator_agrees_with_the_exact_gradient():
    # Three estimates at 5 standard errors: false alarm below 3 * 5.7e-7.
    rollouts = problem.simulate(SETTING, POLICY, 100_000, 8, np.random.default_rng(0))
    exact = problem.policy_gradient(SETTING, POLICY, 8)
    estimates = [
        problem.score_gradient(rollouts, SETTING, POLICY, "reward-to-go"),
        problem.score_gradient(rollouts, SETTING, POLICY, "q"),
        problem.reparameterised_gradient(rollouts, SETTING, POLICY),
    ]
    for estimate in estimates:
        assert abs(estimate.mean - exact) < 5 * estimate.standard_error
    assert estimates[2].standard_error < estimates[1].standard_error


def test_reparameterised_samples_are_slopes_of_the_simulated_return():
    def mean_return(policy):
        rewards = problem.simulate(SETTING, policy, 50, 6, np.random.default_rng(3)).rewards
        return SETTING.gamma ** np.arange(6) @ rewards.mean(axis=1)

    rollouts = problem.simulate(SETTING, POLICY, 50, 6, np.random.default_rng(3))
    slope = (mean_return(moved(1e-5)) - mean_return(moved(-1e-5))) / 2e-5
    found = problem.reparameterised_gradient(rollouts, SETTING, POLICY).mean
    assert found == pytest.approx(slope, rel=1e-8)


def test_simulated_states_have_the_exact_variances():
    # 8 variances at 5 standard errors (Gaussian: sqrt(2/N) relative): false alarm 8 * 5.7e-7.
    rollouts = problem.simulate(SETTING, POLICY, 50_000, 8, np.random.default_rng(4))
    found = (rollouts.path[:-1] ** 2).mean(axis=1)
    exact = problem.state_variances(SETTING, POLICY, 8)
    assert (np.abs(found / exact - 1) < 5 * math.sqrt(2 / 50_000)).all()


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="gamma is 1.5, not in"):
        LQR(gamma=1.5)
    with pytest.raises(ValueError, match="noise_variance is -1, not a variance"):
        LQR(noise_variance=-1)
    with pytest.raises(ValueError, match="alpha is inf"):
        LQR(alpha=math.inf)
    with pytest.raises(ValueError, match="sigma is 0, not a positive number"):
        LinearGaussianPolicy(0.0, 0)
    with pytest.raises(ValueError, match="not below 1: the sum over t has no limit"):
        problem.objective(LQR(alpha=2), LinearGaussianPolicy(0.0))


@pytest.mark.parametrize("wrong", ["0.5", None, np.ones(2), True, 1j])
def test_what_is_not_one_real_number_is_named(wrong):
    for name in ("alpha", "beta", "q", "c", "noise_variance", "start_variance"):
        with pytest.raises(ValueError, match=f"{name} is .*, not a number"):
            LQR(**{name: wrong})
    for name in ("theta", "sigma"):
        with pytest.raises(ValueError, match=f"{name} is .*, not a number"):
            LinearGaussianPolicy(**{"theta": 0.0, name: wrong})


def test_gamma_one_needs_a_horizon():
    patient = LQR(gamma=1)
    costs = (patient.q + patient.c) * problem.state_variances(patient, LinearGaussianPolicy(-1), 3)
    expected = -(costs.sum() + 3 * patient.c * 0.25)
    assert problem.objective(patient, LinearGaussianPolicy(-1), 3) == pytest.approx(expected)
    for function in (problem.objective, problem.policy_gradient):
        with pytest.raises(ValueError, match="gamma is 1: the sum over t has no limit"):
            function(patient, LinearGaussianPolicy(-1.0))


def test_foreign_rollouts_and_swapped_arguments_are_named():
    run = problem.simulate(SETTING, POLICY, 5, 3, np.random.default_rng(0))
    other = LQR(alpha=0.8)
    finite = simulate(examples.running(), examples.running_policy(), 5, 3, np.random.default_rng(0))
    for estimate in (problem.score_gradient, problem.reparameterised_gradient):
        with pytest.raises(ValueError, match=r"the rollouts are of LQR\(alpha=0.9.*not of LQR"):
            estimate(run, other, POLICY)
        with pytest.raises(ValueError, match="rollouts is a Rollouts, not LQRRollouts"):
            estimate(finite, SETTING, POLICY)
        estimate(run, replace(SETTING, gamma=0.3), POLICY)
    with pytest.raises(ValueError, match="lqr is a LinearGaussianPolicy, not a LQR"):
        problem.objective(POLICY, SETTING)
    with pytest.raises(ValueError, match="policy is a NoneType, not a LinearGaussianPolicy"):
        problem.state_variances(SETTING, None, 2)


def test_a_loop_that_explodes_is_refused():
    wild = LQR(alpha=100.0)
    for function in (problem.objective, problem.policy_gradient, problem.state_variances):
        with pytest.raises(ValueError, match="after .* steps a second moment is .*shorter horizon"):
            function(wild, LinearGaussianPolicy(0.0), 400)
    with pytest.raises(ValueError, match="shorter horizon"):
        problem.simulate(wild, LinearGaussianPolicy(0.0), 2, 400, np.random.default_rng(0))


EXACT = LQR(
    alpha=0.75, beta=1.5, q=1.25, c=0.375, gamma=0.625, noise_variance=0.4375, start_variance=2.25
)
FIRM = LinearGaussianPolicy(theta=-0.875, sigma=0.3125)


def in_fractions(horizon):
    """(E s_t^2 for t <= T, k_t and m_t for t <= T) of these two by their recursions."""
    of = {name: Fraction(value) for name, value in vars(EXACT).items()}
    theta, sigma = Fraction(FIRM.theta), Fraction(FIRM.sigma)
    gain = of["alpha"] + of["beta"] * theta
    fresh = of["beta"] * of["beta"] * sigma * sigma + of["noise_variance"]
    v, k, m = [of["start_variance"]], [Fraction(0)], [Fraction(0)]
    for _ in range(horizon):
        v.append(gain * gain * v[-1] + fresh)
        m.insert(0, of["c"] * sigma * sigma + of["gamma"] * (k[0] * fresh + m[0]))
        k.insert(0, of["q"] + of["c"] * theta * theta + of["gamma"] * gain * gain * k[0])
    return v, k, m


def made_rollouts():
    """Two trajectories of three steps with numbers of no pattern, and their rewards."""
    path = np.array([[1.5, -0.7], [0.9, 2.2], [-1.1, 0.4], [0.6, -1.9]])
    actions = np.array([[0.3, 1.7], [-2.1, 0.8], [1.3, -0.5]])
    rewards = np.array([[-1.2, -3.4], [-0.5, -2.6], [-4.1, -0.9]])
    return problem.LQRRollouts(path, actions, rewards, np.zeros((3, 2)), EXACT)


def estimate_by_loops(weight):
    """Mean and standard error of sum_t gamma^t psi_t w_t over the two made trajectories."""
    run, samples = made_rollouts(), []
    for i in range(2):
        total = 0.0
        for t in range(3):
            s, a = run.path[t, i], run.actions[t, i]
            psi = (a - FIRM.theta * s) * s / (FIRM.sigma * FIRM.sigma)
            total += EXACT.gamma**t * psi * weight(run, i, t)
        samples.append(total)
    return sum(samples) / 2, abs(samples[0] - samples[1]) / 2  # sqrt of ((x - y)^2 / 2) / 2


def test_second_moments_and_values_follow_their_recursions_in_fractions():
    v, k, m = in_fractions(4)
    np.testing.assert_allclose(
        problem.state_variances(EXACT, FIRM, 4), [float(x) for x in v[:4]], rtol=1e-15
    )
    found_k, found_m = problem.value_coefficients(EXACT, FIRM, 4)
    np.testing.assert_allclose(found_k, [float(x) for x in k], rtol=1e-15)
    np.testing.assert_allclose(found_m, [float(x) for x in m], rtol=1e-15)
    states = made_rollouts().path
    expected = [[-(float(k[t]) * s * s + float(m[t])) for s in row] for t, row in enumerate(states)]
    np.testing.assert_allclose(problem.state_values(EXACT, FIRM, states), expected, rtol=1e-14)
    expected = -float(k[0] * Fraction(EXACT.start_variance) + m[0])
    assert problem.objective(EXACT, FIRM, 4) == pytest.approx(expected, rel=1e-15)


def test_the_samples_of_both_score_forms_are_sums_over_steps():
    _, k, m = in_fractions(3)

    def to_go(run, i, t):
        return sum(EXACT.gamma ** (j - t) * run.rewards[j, i] for j in range(t, 3))

    def action_value(run, i, t):
        s, a = run.path[t, i], run.actions[t, i]
        ahead = EXACT.alpha * s + EXACT.beta * a
        later = float(k[t + 1]) * (ahead * ahead + EXACT.noise_variance) + float(m[t + 1])
        return -(EXACT.q * s * s + EXACT.c * a * a) - EXACT.gamma * later

    for weights, weight in (("reward-to-go", to_go), ("q", action_value)):
        found = problem.score_gradient(made_rollouts(), EXACT, FIRM, weights)
        assert (found.mean, found.standard_error) == pytest.approx(
            estimate_by_loops(weight), rel=1e-13
        )
        assert found.n == 2
    assert problem.score_gradient(made_rollouts(), EXACT, FIRM).mean == pytest.approx(
        estimate_by_loops(to_go)[0], rel=1e-13
    )


def test_a_simulation_obeys_the_three_equations_of_the_problem():
    run = problem.simulate(EXACT, FIRM, 2, 3, np.random.default_rng(5))
    rng = np.random.default_rng(5)  # first the start, then the noise of actions, then of states
    start, noise, push = (rng.standard_normal(shape) for shape in (2, (3, 2), (3, 2)))
    np.testing.assert_array_equal(run.noise, noise)
    np.testing.assert_allclose(run.path[0], 1.5 * start, rtol=1e-15)  # 1.5^2 = 2.25
    for t in range(3):
        s, a = run.path[t], run.actions[t]
        np.testing.assert_allclose(a, -0.875 * s + 0.3125 * noise[t], rtol=1e-14)
        after = 0.75 * s + 1.5 * a + math.sqrt(0.4375) * push[t]
        np.testing.assert_allclose(run.path[t + 1], after, rtol=1e-14)
        np.testing.assert_allclose(run.rewards[t], -1.25 * s * s - 0.375 * a * a, rtol=1e-14)


def test_the_reparameterised_samples_have_a_mean_and_an_error():
    # ds_0 = 0, da_t = s_t + theta ds_t, ds_{t+1} = alpha ds_t + beta da_t, along both trajectories.
    run, samples = made_rollouts(), []
    for i in range(2):
        total, slope = 0.0, 0.0
        for t in range(3):
            s, a = run.path[t, i], run.actions[t, i]
            moved = s - 0.875 * slope
            total -= 0.625**t * 2 * (1.25 * s * slope + 0.375 * a * moved)
            slope = 0.75 * slope + 1.5 * moved
        samples.append(total)
    found = problem.reparameterised_gradient(run, EXACT, FIRM)
    expected = sum(samples) / 2, abs(samples[0] - samples[1]) / 2
    assert (found.mean, found.standard_error) == pytest.approx(expected, rel=1e-13)
    assert found.n == 2


def test_the_regulator_of_the_chapter_is_the_default():
    assert LQR() == LQR(1.0, 0.5, 1.0, 0.2, 0.9, 0.1, 1.0)
    assert LinearGaussianPolicy(0.25) == LinearGaussianPolicy(0.25, 0.5)


def test_without_noise_and_with_a_start_at_rest_nothing_moves():
    still = LQR(noise_variance=0, start_variance=0)
    variances = problem.state_variances(still, LinearGaussianPolicy(-1.0, 0.5), 2)
    assert variances.tolist() == [0, 0.0625]  # beta^2 sigma^2


def test_a_loop_whose_sum_does_not_converge_is_named_with_its_number():
    for alpha, number in ((2.0, "1"), (2.5, "1.5625"), (3.0, "2.25")):
        message = rf"gamma \(alpha \+ beta theta\)\^2 is {number}, not below 1: the sum over t"
        with pytest.raises(ValueError, match=message):
            problem.objective(LQR(alpha=alpha, gamma=0.25), LinearGaussianPolicy(0.0))
    # 0.25 * 1.75^2 = 49/64: a sum of 4 (q s^2) / (1 - 49/64) is finite
    assert np.isfinite(problem.objective(LQR(alpha=1.75, gamma=0.25), LinearGaussianPolicy(0.0)))


def test_the_step_and_the_second_moment_of_an_explosion_are_named():
    # (alpha + beta theta)^2 = 10^4, so that E s_t^2 is about 3 10^(4 t): beyond 1e100 at t = 25.
    wild, policy = LQR(alpha=100.0, start_variance=3.0), LinearGaussianPolicy(0.0)
    message = r"after 25 steps a second moment is 3e\+100: the closed loop explodes"
    with pytest.raises(ValueError, match=message):
        problem.state_variances(wild, policy, 40)
    with pytest.raises(ValueError, match=message):
        problem.simulate(wild, policy, 2, 25, np.random.default_rng(0))
    problem.simulate(wild, policy, 2, 24, np.random.default_rng(0))
    at_limit = LQR(start_variance=1e100)
    assert problem.state_variances(at_limit, LinearGaussianPolicy(0.0), 1).tolist() == [1e100]


def test_variances_and_scales_below_zero_are_named():
    for name in ("noise_variance", "start_variance"):
        with pytest.raises(ValueError, match=rf"{name} is -0.25, not a variance \(>= 0\)"):
            LQR(**{name: -0.25})
    with pytest.raises(ValueError, match="sigma is -0.5, not a positive number"):
        LinearGaussianPolicy(0.0, -0.5)
    assert LinearGaussianPolicy(0.0, 0.25).sigma == 0.25
    run = made_rollouts()
    with pytest.raises(ValueError, match="lqr is a LinearGaussianPolicy, not a LQR"):
        problem.score_gradient(run, FIRM, EXACT)
    with pytest.raises(ValueError, match="weights is 'Q'"):
        problem.score_gradient(run, EXACT, FIRM, "Q")
    with pytest.raises(ValueError, match="rng is None"):
        problem.simulate(EXACT, FIRM, 2, 3, None)
