"""The symbolic regulator and the numerical one are the same world."""

from fractions import Fraction
from itertools import product

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


UNEVEN = {
    "alpha": "3/4",
    "beta": "5/3",
    "q": "7/5",
    "c": "3/7",
    "gamma": "5/8",
    "theta": "-2/5",
    "sigma": "4/3",
    "noise_sd": "2/7",
    "start_sd": "3/2",
}
OF = {name: float(Fraction(value)) for name, value in UNEVEN.items()}


def along_nodes(horizon, nodes):
    """Weights, states, rewards and scores of a product of Gauss-Hermite rules, row by row.

    Such a rule gives exact means of polynomials of a degree below 2 ``nodes`` in each variable.
    """
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    weights = weights / weights.sum()
    rows = np.array(list(product(range(nodes), repeat=2 * horizon)))
    chances, noise = weights[rows].prod(axis=1), points[rows].T
    state, states, rewards, scores = OF["start_sd"] * noise[0], [], [], []
    for t in range(horizon):
        z, u = noise[1 + 2 * t], noise[2 + 2 * t] if t < horizon - 1 else 0
        action = OF["theta"] * state + OF["sigma"] * z
        states.append(state)
        rewards.append(-OF["q"] * state**2 - OF["c"] * action**2)
        scores.append((action - OF["theta"] * state) * state / OF["sigma"] ** 2)
        state = OF["alpha"] * state + OF["beta"] * action + OF["noise_sd"] * u
    return chances, states, rewards, scores


@pytest.mark.parametrize(
    "delay, power, baseline", [(0, 1, 0), (1, 1, 0), (2, 1, 0), (0, 2, 0), (0, 0, 0), (1, 2, 3)]
)
def test_each_score_form_of_three_steps_is_an_integral_over_the_noise(delay, power, baseline):
    world = symbolic_lqr(3, **UNEVEN)
    chances, states, rewards, scores = along_nodes(3, 3)
    gamma, total = OF["gamma"], 0.0
    for t in range(3):
        to_go = sum(gamma ** (k - t) * rewards[k] for k in range(t + delay, 3))
        total += gamma ** (power * t) * scores[t] * (to_go - baseline * states[t] ** 2)
    found = world.score_form(world.scores, delay=delay, power=power, baseline=baseline)
    assert number(found) == pytest.approx(chances @ total, rel=1e-12)


def test_the_deviation_of_two_steps_is_an_integral_over_the_noise():
    setting = lqr.LQR(OF["alpha"], OF["beta"], OF["q"], OF["c"], OF["gamma"],
                      OF["noise_sd"] ** 2, OF["start_sd"] ** 2)  # fmt: skip
    policy = lqr.LinearGaussianPolicy(OF["theta"], OF["sigma"])
    chances, states, rewards, scores = along_nodes(2, 6)
    first, second = lqr.state_values(setting, policy, np.array(states))
    late = rewards[1] - second
    gamma = OF["gamma"]
    sample = scores[0] * (rewards[0] + gamma * rewards[1] - first) + gamma * scores[1] * late
    mean = chances @ sample
    exact = np.sqrt(chances @ (sample - mean) ** 2)
    assert symbolic_lqr(2, **UNEVEN).score_form_deviation() == pytest.approx(exact, rel=1e-12)


def test_the_deviation_of_one_step_by_hand():
    # psi (r - V) = -c (2 theta s^2 z^2 + sigma s (z^3 - z)) with v = E s^2 has the variance
    # c^2 (36 theta^2 v^2 + 10 sigma^2 v) - (2 c theta v)^2 = c^2 (32 theta^2 v^2 + 10 sigma^2 v).
    v, theta, sigma, c = Fraction(9, 4), Fraction(-2, 5), Fraction(4, 3), Fraction(3, 7)
    variance = c * c * (32 * theta * theta * v * v + 10 * sigma * sigma * v)
    found = symbolic_lqr(1, **UNEVEN).score_form_deviation()
    assert found == pytest.approx(float(variance) ** 0.5, rel=1e-14)


def test_states_actions_and_scores_are_made_of_their_own_noise():
    world = symbolic_lqr(3)
    of = world.symbols
    z, z0, u0, z1, u1, z2, u2 = world.noise
    assert world.action_noise == (z0, z1, z2) and world.horizon == 3
    state = of["start_sd"] * z
    for t, (noise, push) in enumerate(((z0, u0), (z1, u1), (z2, u2))):
        action = of["theta"] * state + of["sigma"] * noise
        assert (world.states[t], world.actions[t]) == (state, action)
        assert world.rewards[t] == -of["q"] * state**2 - of["c"] * action**2
        assert world.scores[t] == (action - of["theta"] * state) * state / of["sigma"] ** 2
        state = of["alpha"] * state + of["beta"] * action + of["noise_sd"] * push
    # V_2 is what is left when the last action's noise is averaged: E z_2^2 = 1.
    s2 = world.states[2]
    assert world.value(2) == -(of["q"] + of["c"] * of["theta"] ** 2) * s2**2 - (
        of["c"] * of["sigma"] ** 2
    )
    assert world.rewards_to_go(1) == world.rewards[1] + of["gamma"] * world.rewards[2]
    assert world.rewards_to_go(2, delay=1) == 0
    assert world.gain == of["alpha"] + of["beta"] * of["theta"]


def test_the_pushes_of_two_steps_are_those_of_the_formula():
    world = symbolic_lqr(2, **UNEVEN)
    c, theta, gamma, beta = (Fraction(UNEVEN[x]) for x in ("c", "theta", "gamma", "beta"))
    ahead = gamma * beta * (Fraction(3, 4) + beta * theta)
    expected = [c * theta + 11 * ahead, c * theta + 13 * ahead]
    found = [x.as_expr() for x in world.pushes([11, 13])]
    assert found == [sp.Rational(x.numerator, x.denominator) for x in expected]
