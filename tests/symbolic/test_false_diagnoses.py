"""What each false statement of chapter 8 says, and where it would be true."""

import random
from dataclasses import replace

import numpy as np
import pytest

from utils.symbolic import compatible, false_diagnoses
from utils.symbolic.dual import Dual
from utils.symbolic.episodes import Ending, Recorded
from utils.symbolic.finite_field import random_point


@pytest.fixture
def x():
    shapes = {"x": (2, 2), "l": (2, 2), "v": (2,), "w": (2,), "last": (2,)}
    return random_point(2, 2, random.Random(5), tables=shapes)


@pytest.fixture
def endless(x):
    """The same world, but all episodes have their three steps."""
    x.tables["x"][:] = x.tables["x"] * 0
    return x


@pytest.fixture
def y():
    return random_point(2, 2, random.Random(8), tables={"E": (2,), "c": (2,)})


def values(statements, x):
    return {name: side(x) for name, side in statements.items()}


def test_if_all_episodes_have_one_length_the_false_rewards_per_step_are_true(
    endless,
):
    true = endless.gradient(endless.finite_horizon_objective(3)) / 3
    assert all(found == true for found in values(false_diagnoses.PER_STEP, endless).values())


def test_with_episodes_of_any_length_they_differ_by_how_they_count_the_steps(x):
    found, ends = values(false_diagnoses.PER_STEP, x), Ending.of(x)
    length, slope = ends.mean(len), ends.slope(x.G)
    assert found["only a constant: the mean length"] * length == slope
    stretched = found["averages apart"] * length**2
    assert stretched == slope * length - ends.mean(x.G) * ends.slope(len)


def test_false_weights_of_the_rewards_per_step(endless):
    g, R = endless.gamma, endless.r_pi
    slopes = [endless.gradient(endless.state_law(k) @ R) for k in range(3)]
    weights = {
        "the gradient of J": [3, 3 * g, 3 * g**2],
        "discounted rewards per step": [1, g, g**2],
        "all rewards alike": [1, 1, 1],
        "c_k = (1 + gamma)^k": [1, 1 + g, 1 + 2 * g + g**2],
        "c_k = 1 + k gamma": [1, 1 + g, 1 + 2 * g],
    }
    found = values(false_diagnoses.MEAN_LOG_PROB, endless)
    assert found.keys() == weights.keys()
    for name, c in weights.items():
        assert found[name] * 3 == sum(w * slope for w, slope in zip(c, slopes, strict=True))


def test_false_losses_of_a_weight_that_sees_one_reward(endless):
    found, g = values(false_diagnoses.MYOPIC, endless), endless.gamma
    slope = endless.gradient(endless.finite_horizon_objective(3))
    assert found["less for later"] == slope - g * slope
    next_rewards = sum(g ** (t + 1) * endless.mean_score_reward(t, t + 1) for t in range(2))
    assert found["r_(t+1) in place of G_(t+1)"] == slope - next_rewards


def test_false_biases_of_a_return_that_runs_on():
    x = random_point(1, 2, random.Random(5), tables={"x": (1, 2)})
    found, ends = values(false_diagnoses.LEAK, x), Ending.of(x)
    slope, end = ends.slope(x.G), ends.mean(lambda tau: x.gamma ** len(tau))
    assert found["both episodes run on"] == 2 * ends.batch_without_reset() - slope
    bonus = ends.mean(x.G) * x.gradient(end)
    assert 2 * found["a gradient of a product"] == 2 * slope + slope * end + bonus


def test_false_losses_of_a_shifted_reward(x):
    found, record = values(false_diagnoses.SHIFTED, x), Recorded.of(x)
    first, true = record.first_terms, record.steps(record.late_td_error)
    assert found["a shift does no harm"] == first
    assert found["gamma times the right step"] == first * x.gamma
    assert found["the rewards are lost twice"] == 2 * true - first


def test_false_losses_at_a_time_limit(x):
    found, record = values(false_diagnoses.TIME_LIMIT, x), Recorded.of(x)
    first = record.first_terms
    lost = first - record.steps(record.above_the_critic)
    assert (first - found["lost without discount"]) * x.gamma**3 == lost
    assert first - found["one step later"] == x.gamma * lost


def test_false_pushes_of_an_attached_critic(endless):
    found, ends = values(false_diagnoses.DETACH, endless), Ending.of(endless)
    slope, g = ends.slope(endless.G), endless.gamma
    assert found["the critic is pushed down"] + ends.attached_critic() == 2 * slope
    log_pi, v, w = (endless.tables[name] for name in "lvw")
    V, laws = endless.finite_horizon_values(3)[0], [endless.state_law(t) for t in range(3)]
    push = -sum(law @ (endless.average(log_pi) * w) for law in laws)
    assert found["no discount in the push"] == slope + push
    less = sum(g**t * (laws[t] @ ((V[t] - v) * w)) for t in range(3))
    assert found["the critic's error is reduced"] == slope + less


def test_false_critics_solve_other_normal_equations(y):
    psi, c = compatible.scores(y), y.tables["c"][:, None]
    weights = compatible.visited(y)
    F = compatible.second_moments(y, weights)
    found = values(false_diagnoses.COMPATIBLE, y)
    # Each is F w / (1 - gamma), as in a state the terms c(s) have mean zero with the scores.
    w = {name: y.solve(F, side * (1 - y.gamma)) for name, side in found.items()}
    one, other = (psi[:, :, i] for i in range(2))
    apart = w["coordinate by coordinate"]
    for score, coefficient in ((one, apart[0]), (other, apart[1])):
        assert (weights * score * (y.Q - c - score * coefficient)).sum() == 0
    rest = y.Q - c - psi @ w["all pairs weigh the same"]
    assert (one * rest).sum() == (other * rest).sum() == 0
    rest = (y.Q - c - psi @ w["states as at the start"]) * y.pi * y.rho0[:, None]
    assert (one * rest).sum() == (other * rest).sum() == 0


def test_without_a_discount_ahead_the_states_are_as_at_the_start(y):
    myopic = replace(y, gamma=Dual(0))
    found = false_diagnoses.COMPATIBLE["states as at the start"](myopic)
    assert (found == compatible.gradient(myopic)).all()


def test_false_natural_gradients_lack_one_factor_of_the_true_one(y):
    found = values(false_diagnoses.NATURAL, y)
    weights = compatible.visited(y)
    F, true = compatible.second_moments(y, weights), compatible.fit(y, weights)
    assert (F @ true == found["the gradient itself"]).all()
    assert ((1 - y.gamma) * found["no 1 - gamma"] == true).all()
    assert (found["no covariances"] * np.diagonal(F) == F @ true).all()
