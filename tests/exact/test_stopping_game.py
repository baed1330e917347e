"""The closed forms of the stopping game agree with the recursions, and its boundary separates."""

from fractions import Fraction as F

import pytest

from utils.estimators.variance import estimator_moments
from utils.exact import stopping_game as stopping
from utils.model.counterexamples import geometric_stopping
from utils.symbolic.free_mdps import generators

POINTS = [(F(1, 2), F(1, 2)), (F(1, 10), F(9, 10)), (F(4, 5), F(1, 10)), (F(2, 3), F(0))]


@pytest.mark.parametrize("p, gamma", POINTS)
def test_variances_are_exactly_those_of_the_recursions(p, gamma):
    game = geometric_stopping(p, gamma)
    assert stopping.variance_of_q(p, gamma) == estimator_moments(*game, "q").trace
    assert stopping.variance_of_g(p, gamma) == estimator_moments(*game, "reward-to-go").trace


def test_from_a_third_on_the_bracket_has_no_negative_coefficient():
    assert stopping.excess_coefficients(F(1, 3))[0] == 0
    assert stopping.excess_coefficients(F(1, 4))[0] < 0
    assert all(c > 0 for k in range(1, 4) for c in stopping.excess_coefficients(F(k, 4))[1:])


def test_excess_vanishes_without_discounting_ahead():
    assert stopping.excess_of_q(F(1, 3), F(0)) == 0


@pytest.mark.parametrize("gamma", [0.01, 0.1, 0.25, 0.3, 0.33])
def test_q_hurts_before_the_boundary_and_helps_behind_it(gamma):
    edge = stopping.boundary(gamma)
    assert abs(stopping.excess_of_q(edge, gamma)) < 1e-12
    assert stopping.excess_of_q(edge - 1e-3, gamma) > 0 > stopping.excess_of_q(edge + 1e-3, gamma)


@pytest.mark.parametrize("gamma", [1 / 3, 0.5, 0.99])
def test_from_a_third_on_q_hurts_for_every_p(gamma):
    assert stopping.boundary(gamma) == 1
    assert all(stopping.excess_of_q(k / 50, gamma) > 0 for k in range(1, 50))


def test_boundary_starts_at_two_thirds():
    assert abs(stopping.boundary(1e-6) - 2 / 3) < 1e-5


@pytest.mark.parametrize("gamma", [0, 1, -0.1])
def test_boundary_refuses_a_discount_outside_the_open_interval(gamma):
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        stopping.boundary(gamma)


def test_the_world_of_symbols_has_the_objective_and_the_slope_by_the_logit():
    # J = p / (1 - gamma q), and dJ/dp = (1 - gamma) / (1 - gamma q)^2, times p q.
    p, gamma = generators("p, gamma")
    world, q = stopping.world(p, gamma), 1 - p
    assert world.objective == p / (1 - gamma * q)
    assert world.dpi.tolist() == [[-p * q, p * q]] * 2
    assert world.moving == ((p, p * q),)
    assert world.gradient(world.objective) == p * q * (1 - gamma) / (1 - gamma * q) ** 2


def test_variances_without_a_discount_ahead_are_those_of_one_reward():
    # gamma = 0: X = psi a = q with probability p, so the variance is p q^2 - p^2 q^2.
    assert stopping.variance_of_q(F(1, 3), F(0)) == F(1, 3) * F(2, 3) ** 3
    assert stopping.variance_of_g(F(1, 3), F(0)) == F(1, 3) * F(2, 3) ** 3


def test_other_coefficients_may_be_tried():
    # At p = q = 1/2, gamma = 1/2: the factor is 1/128 over (3/4 7/8)^3, each term 1/8.
    found = stopping.excess_of_q(F(1, 2), F(1, 2), (2, 3, 5, 7))
    assert found == F(1, 128) * F(32, 21) ** 3 * F(17, 8)
    third = stopping.excess_of_q(F(1, 3), F(1, 2), (1, 10, 100, 1000))
    factor = F(1, 8) * F(4, 81) / (F(2, 3) * F(5, 6)) ** 3
    assert third == factor * F(1 + 20 + 400 + 8000, 27)


@pytest.mark.parametrize("gamma", [1 / 10, 1 / 4, 3 / 10])
def test_the_boundary_is_the_root_of_the_bracket_found_by_halving(gamma):
    low, high = 0.0, 1.0
    for _ in range(60):
        p = (low + high) / 2
        c = stopping.excess_coefficients(gamma)
        bracket = (
            c[0] * p**3 + c[1] * p**2 * (1 - p) + c[2] * p * (1 - p) ** 2 + c[3] * (1 - p) ** 3
        )
        low, high = (p, high) if bracket > 0 else (low, p)
    assert stopping.boundary(gamma) == pytest.approx(low, abs=1e-12)


def test_the_boundary_names_the_discount_that_is_wrong():
    with pytest.raises(ValueError, match="^gamma is 1.5; it should lie strictly between 0 and 1$"):
        stopping.boundary(1.5)
