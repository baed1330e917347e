import math
from dataclasses import replace

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
