"""The closed forms of the stopping game agree with the recursions, and its boundary separates."""

from fractions import Fraction as F

import pytest

from utils.estimators.variance import estimator_moments
from utils.exact import stopping_game as stopping
from utils.model.counterexamples import geometric_stopping

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
