"""A sum that is cancelled once is the sum that is cancelled at every step."""

import pytest
from sympy import QQ
from sympy.polys.fields import field
from sympy.polys.rings import ring

from utils.symbolic.free_mdps import free_mdp
from utils.symbolic.sums import sum_of_products

K, x, y = field("x, y", QQ)


def test_a_sum_of_products_is_in_lowest_terms_whatever_the_denominators():
    pairs = [(x / y, 1 / (x + 1)), (2, y / (x - y)), (x, 3), (1 / (x + 1), -x / y), (1 / x, x / 6)]
    together = sum_of_products(pairs, K(0))
    assert together == sum((a * b for a, b in pairs), K(0))
    assert together == 2 * y / (x - y) + 3 * x + K(1) / 6


def test_an_empty_sum_is_zero_and_terms_that_cancel_leave_zero():
    assert sum_of_products([], K(0)) == 0
    assert sum_of_products([(x, 1 / y), (1 / y, -x)], K(0)) == 0


def test_polynomials_are_added_without_a_field():
    R, u, v = ring("u, v", QQ)
    assert sum_of_products([(u, v), (2, u - v)], R(0)) == u * v + 2 * u - 2 * v


@pytest.mark.parametrize("steps", [(), ((0, 1),), ((1, 0), (0, 1), (1, 0), (1, 1))])
def test_the_sum_of_the_scores_does_not_depend_on_the_order_of_the_steps(steps):
    mdp = free_mdp()
    by_hand = sum((mdp.dpi[s] / mdp.pi[s] for s in steps), 0 * mdp.gamma)
    assert mdp.score_sum(steps) == mdp.score_sum(steps[::-1]) == by_hand
