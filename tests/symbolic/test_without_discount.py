"""The direction without gamma^t on symbolic worlds, and fields that are gradients or not."""

import random

import numpy as np
import pytest

from utils import symbolic
from utils.symbolic import without_discount as dropped
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
