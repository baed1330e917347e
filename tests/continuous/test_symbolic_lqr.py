"""The symbolic regulator and the numerical one are the same world."""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from utils.continuous import lqr
from utils.continuous.symbolic_lqr import symbolic_lqr
from utils.estimators.forms import discounted_rewards_to_go

HALF = Fraction(1, 2)
RUNNING = {
    "alpha": 1,
    "beta": HALF,
    "q": 1,
    "c": Fraction(1, 5),
    "gamma": HALF,
    "theta": -1,
    "sigma": HALF,
    "noise_sd": HALF,
    "start_sd": 1,
}
NUMBERS = lqr.LQR(gamma=0.5, noise_variance=0.25)
POLICY = lqr.LinearGaussianPolicy(theta=-1, sigma=0.5)


def number(element) -> float:
    return float(element.as_expr())


@pytest.mark.parametrize("horizon", [1, 2, 3])
def test_objective_and_gradient_are_those_of_the_numerical_regulator(horizon):
    world = symbolic_lqr(horizon, **RUNNING)
    discounted = [world.gamma**t * r for t, r in enumerate(world.rewards)]
    assert number(world.mean(sum(discounted))) == pytest.approx(
        lqr.objective(NUMBERS, POLICY, horizon), rel=1e-12
    )
    form = sum(world.gamma**t * world.scores[t] * world.rewards_to_go(t) for t in range(horizon))
    assert number(world.mean(form)) == pytest.approx(
        lqr.policy_gradient(NUMBERS, POLICY, horizon), rel=1e-12
    )


def test_two_steps_of_the_running_regulator_have_gradient_17_over_80():
    world = symbolic_lqr(2, **RUNNING)
    form = sum(world.gamma**t * world.scores[t] * world.rewards_to_go(t) for t in range(2))
    assert world.mean(form).as_expr() == sp.Rational(17, 80)
    delayed = sum(
        world.gamma**t * world.scores[t] * world.rewards_to_go(t, delay=1) for t in range(2)
    )
    assert world.mean(delayed).as_expr() == sp.Rational(-3, 10)


def test_value_is_the_quadratic_of_the_numerical_regulator():
    world = symbolic_lqr(3, **RUNNING)
    k, rest = lqr.value_coefficients(NUMBERS, POLICY, 3)
    for t in range(3):
        square = number(world.mean(world.states[t] ** 2))
        assert number(world.mean(world.value(t))) == pytest.approx(-k[t] * square - rest[t])
        fourth = number(world.mean(world.value(t) * world.states[t] ** 2))
        # The states are centred Gaussians: E s^4 = 3 (E s^2)^2.
        assert fourth == pytest.approx(-3 * k[t] * square**2 - rest[t] * square)


def test_exact_standard_deviation_is_that_of_simulated_samples():
    world = symbolic_lqr(2, **RUNNING)
    sample = sum(world.gamma**t * world.scores[t] * world.rewards_to_go(t) for t in range(2))
    exact = number(world.mean(sample**2) - world.mean(sample) ** 2) ** 0.5
    run = lqr.simulate(NUMBERS, POLICY, 100_000, 2, np.random.default_rng(0))
    psi = POLICY.score(run.path[:-1], run.actions)
    rows = (psi * discounted_rewards_to_go(run.rewards, 0.5)).sum(axis=0)
    squares = (rows - rows.mean()) ** 2
    # five standard errors of the sample variance: false alarm about 5.7e-7
    assert abs(squares.mean() - exact**2) < 5 * squares.std() / np.sqrt(len(rows))


def test_an_unknown_symbol_is_named():
    with pytest.raises(ValueError, match="delta is not a symbol; there are: alpha, beta"):
        symbolic_lqr(2, delta=1)
    with pytest.raises(ValueError, match="horizon is 0"):
        symbolic_lqr(0)


def test_the_recursions_give_second_moments_values_and_the_gradient():
    world = symbolic_lqr(3)
    squares = [s**2 for s in world.states]
    assert [world.mean(s) for s in squares] == world.state_variances()
    k = world.curvatures()
    assert k[3] == 0
    for t in range(3):  # V_t + k_t s_t^2 is a number
        rest = world.value(t) + k[t] * squares[t]
        assert rest == world.mean(rest)
    slope = world.by_theta(world.mean(world.total))
    assert slope == world.closed_form(k[1:]) == world.score_form(world.scores)
    assert slope != world.closed_form(k[:-1])


def test_the_deviation_with_the_value_as_baseline_is_that_of_a_simulation():
    world = symbolic_lqr(2, **{**RUNNING, "beta": "1/2"})
    run = lqr.simulate(NUMBERS, POLICY, 100_000, 2, np.random.default_rng(0))
    states = run.path[:-1]
    value = 0.5 ** np.arange(2)[:, None] * lqr.state_values(NUMBERS, POLICY, states)
    excess = discounted_rewards_to_go(run.rewards, 0.5) - value
    rows = (POLICY.score(states, run.actions) * excess).sum(axis=0)
    # the sample deviation of 100 000 rows has a relative standard error below 2 percent here
    assert rows.std() == pytest.approx(world.score_form_deviation(), rel=0.1)
