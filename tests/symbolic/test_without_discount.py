"""The direction without gamma^t on symbolic worlds, and fields that are gradients or not."""

import random
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from utils import symbolic
from utils.symbolic import without_discount as dropped
from utils.symbolic.dual import Dual
from utils.symbolic.finite_field import random_point


@pytest.fixture
def x():
    point = random_point(2, 2, random.Random(9), extra=1)
    return dropped.thinned(point, point.extra[0])


def test_with_the_factor_the_first_terms_are_those_of_the_theorem():
    m = symbolic.free_mdp(1, 2)
    assert dropped.first_terms(m, 1) == dropped.first_terms(m, 1, m.gamma)
    assert dropped.first_terms(m, 2, m.gamma) == (1 + m.gamma) * dropped.first_terms(m, 1)


def test_a_gradient_has_no_curl_no_twist_and_no_round_trip():
    p, q, r = symbolic.generators("p, q, r")
    height = p**2 * q + p * q
    slopes = [height.diff(p), height.diff(q)]
    assert dropped.curl(slopes, (p, q)) == 0
    assert dropped.round_trip(slopes, (p, q)) == 0
    rescaled = [r * (p * q * r).diff(s) for s in (p, q, r)]
    assert dropped.twist(rescaled, (p, q, r)) == 0
    assert dropped.twist([q, r, p], (p, q, r)) != 0


def test_visits_of_a_thinned_world_are_finite_and_discounted_ones_fit_the_chain(x):
    assert (dropped.visits(x) @ (np.eye(2, dtype=int) - x.P_pi) == x.rho0).all()
    assert (dropped.visits(x, x.gamma) == x.visits).all()


def test_in_each_state_one_parameter_moves_and_their_slopes_add_up(x):
    points = dropped.in_each_state(x)
    assert all((points[s].dpi[1 - s] == 0).all() for s in (0, 1))
    assert sum(dropped.tabular_gradient(x)) == x.gradient(x.objective)
    assert sum(dropped.tabular_direction(x)) == dropped.visits(x) @ x.action_gradient(x.Q)


def test_the_right_sides_are_the_gradient_and_the_inner_product(x):
    right = dropped.right_sides(x)
    assert (right["J"] == dropped.tabular_gradient(x)).all()
    assert right["inner"] == dropped.tabular_direction(x) @ dropped.tabular_gradient(x)


def test_a_round_trip_adds_bottom_and_right_and_takes_off_top_and_left():
    p, q = symbolic.generators("p, q")
    # Bottom and top: p^2 q + 3 p at q = 0 and 1. Left and right: 5 p q + 7 q^2 at p = 0 and 1.
    field = [p**2 * q + 3 * p, 5 * p * q + 7 * q**2]
    bottom, top = Fraction(3, 2), Fraction(1, 3) + Fraction(3, 2)
    left, right = Fraction(7, 3), Fraction(5, 2) + Fraction(7, 3)
    assert dropped.round_trip(field, (p, q)) == bottom + right - top - left
    assert dropped.curl(field, (p, q)) == 5 * q - p**2


def test_a_twist_is_the_field_times_its_rotation():
    p, q, r = symbolic.generators("p, q, r")
    a, b, c = p * q**2 * r, 3 * q * r**2 * p, 5 * p**2 * r * q
    rotation = (
        5 * p**2 * r - 6 * q * r * p,
        p * q**2 - 10 * p * r * q,
        3 * q * r**2 - 2 * p * q * r,
    )
    right = a * rotation[0] + b * rotation[1] + c * rotation[2]
    assert dropped.twist([a, b, c], (p, q, r)) == right


@pytest.fixture
def thin():
    point = random_point(3, 2, random.Random(31), extra=1)
    return point, dropped.thinned(point, point.extra[0])


def test_a_thinned_world_keeps_all_but_its_kernel(thin):
    point, x = thin
    assert (x.P == point.P * point.extra[0]).all() and x.R is point.R and x.pi is point.pi


def test_first_terms_weigh_the_scored_values_by_powers_of_the_rate(thin):
    _, x = thin
    each = [x.mean_score_at(t, x.Q) for t in range(3)]
    assert dropped.first_terms(x, 3) == each[0] + each[1] + each[2]
    assert dropped.first_terms(x, 3, Dual(5)) == each[0] + 5 * each[1] + 25 * each[2]
    assert dropped.first_terms(x, 0) == 0


def test_visits_satisfy_their_flow_equation_at_any_rate(thin):
    _, x = thin
    for given, rate in (((), 1), ((Dual(5),), 5)):
        d = dropped.visits(x, *given)
        for s in range(3):
            inflow = sum(d[n] * x.pi[n, a] * x.P[n, a, s] for n, a in product(range(3), range(2)))
            assert d[s] == x.rho0[s] + rate * inflow


def test_right_sides_multiply_visits_and_powers_of_h_state_by_state(thin):
    _, x = thin
    one, discounted = dropped.visits(x), dropped.visits(x, x.gamma)
    h, other = x.action_gradient(x.Q), x.action_gradient(x.R)
    right = dropped.right_sides(x)
    assert list(right["J"]) == [d * y for d, y in zip(discounted, h, strict=True)]
    assert right["inner"] == sum(one[s] * discounted[s] * h[s] ** 2 for s in range(3))
    wrong = dropped.right_sides(x, rate=1, Q=x.R, power=3)
    assert list(wrong["J"]) == [d * y for d, y in zip(one, other, strict=True)]
    assert wrong["inner"] == sum(one[s] ** 2 * other[s] ** 3 for s in range(3))
    assert list(dropped.tabular_direction(x)) == [one[s] * h[s] for s in range(3)]
    assert list(dropped.tabular_gradient(x)) == list(right["J"])
    assert [[bool(np.any(p.dpi[s] != 0)) for s in range(3)] for p in dropped.in_each_state(x)] == (
        np.eye(3, dtype=bool).tolist()
    )
