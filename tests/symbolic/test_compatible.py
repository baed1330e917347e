"""A critic that is linear in the scores, fitted by least squares."""

import random
from itertools import product

import numpy as np
import pytest

from utils.symbolic import compatible
from utils.symbolic.finite_field import random_point


@pytest.fixture
def x():
    return random_point(2, 2, random.Random(8), tables={"E": (2,), "c": (2,)})


def test_two_directions_share_values_and_differ_in_the_score(x):
    one, two = compatible.directions(x)
    assert (one.V == two.V).all() and (one.pi == two.pi).all()
    assert not (one.score == two.score).any()
    assert (compatible.scores(x)[:, :, 1] == two.score).all()


def test_the_gradient_by_differentiation_is_that_of_the_theorem(x):
    found = [point.policy_gradient() for point in compatible.directions(x)]
    assert (compatible.gradient(x) == np.array(found)).all()


def test_two_parameters_for_two_actions_in_two_states_fit_q_without_rest(x):
    x.tables["c"][:] = x.V
    critic = compatible.scores(x) @ compatible.fit(x, compatible.visited(x))
    assert (critic + x.V[:, None] == x.Q).all()
    exact = compatible.gradient_with_critic(x, compatible.visited(x))
    assert (exact == compatible.gradient(x)).all()


def test_second_moments_are_symmetric_and_turn_the_natural_gradient_into_the_gradient(x):
    F = compatible.second_moments(x, compatible.visited(x))
    assert F[0, 1] == F[1, 0]
    assert (F @ compatible.natural_gradient(x) == compatible.gradient(x)).all()


@pytest.fixture
def c():
    return random_point(3, 2, random.Random(23), tables={"E": (3,), "c": (3,)})


def test_the_second_direction_is_the_table_against_its_negative(c):
    one, two = compatible.directions(c)
    E = c.tables["E"]
    assert one is c
    for s in range(3):
        assert list(two.dpi[s]) == [E[s], -E[s]]
        assert [x.slope for x in two.pi[s]] == [E[s].value, (-E[s]).value]
        assert list(compatible.scores(c)[s, 1]) == [c.dpi[s, 1] / c.pi[s, 1], -E[s] / c.pi[s, 1]]


def test_the_weights_of_the_theorem_are_visits_times_policy(c):
    for s, a in product(range(3), range(2)):
        assert compatible.visited(c)[s, a] == c.occupancy[s] * c.pi[s, a]
    assert compatible.visited(c).sum() == 1


def test_moments_and_the_fit_are_sums_over_the_pairs(c):
    weights = compatible.visited(c)
    psi, pairs = compatible.scores(c), list(product(range(3), range(2)))
    F = [[sum(weights[x] * psi[x][i] * psi[x][j] for x in pairs) for j in (0, 1)] for i in (0, 1)]
    assert compatible.second_moments(c, weights).tolist() == F
    target = {x: c.Q[x] - c.tables["c"][x[0]] for x in pairs}
    right = [sum(weights[x] * psi[x][i] * target[x] for x in pairs) for i in (0, 1)]
    det = F[0][0] * F[1][1] - F[0][1] * F[1][0]
    w = [
        (F[1][1] * right[0] - F[0][1] * right[1]) / det,
        (F[0][0] * right[1] - F[1][0] * right[0]) / det,
    ]
    assert list(compatible.fit(c, weights)) == w
    apart = [right[0] / F[0][0], right[1] / F[1][1]]
    assert list(compatible.fit(c, weights, joint=False)) == apart
    for joint, fitted in ((True, w), (False, apart)):
        found = compatible.gradient_with_critic(c, weights, joint)
        for i, point in enumerate(compatible.directions(c)):
            value = sum(
                c.occupancy[s]
                / (1 - c.gamma)
                * point.dpi[s, a]
                * (fitted[0] * psi[s, a, 0] + fitted[1] * psi[s, a, 1] + c.tables["c"][s])
                for s, a in pairs
            )
            assert found[i] == value
