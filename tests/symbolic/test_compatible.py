"""A critic that is linear in the scores, fitted by least squares."""

import random

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
