"""The squared sides of the Kantorovich angle are those of the angle in floating point."""

from fractions import Fraction as F

import numpy as np
import pytest

from utils.common.chain import Tables
from utils.exact.dropped_discount import angle_to_gradient, ended_by_chance, expected_visits
from utils.exact.tabular_angle import squared_sides, that_ends
from utils.model import examples
from utils.model.mdp import FiniteMDP
from utils.model.policies import TabularSoftmax
from utils.model.random_fractions import random_problems
from utils.model.rational import fractions


def test_each_step_of_a_world_ended_by_chance_goes_on_with_the_given_probability():
    mdp = ended_by_chance(examples.running(0.5), survival=0.8)
    np.testing.assert_allclose(mdp.P.sum(axis=2), 1)
    policy = TabularSoftmax(np.zeros((3, 2)))
    assert expected_visits(mdp, policy).sum() == pytest.approx(5)


def test_squared_sides_agree_with_the_angle():
    mdp = ended_by_chance(examples.running(0.5), survival=0.8)
    policy = TabularSoftmax(np.vstack([examples.running_policy().theta, np.zeros(2)]))
    angle = angle_to_gradient(mdp, policy)
    tables = (mdp.P[:2, :, :2], mdp.R[:2], mdp.rho0[:2], policy.probabilities[:2])
    P, R, rho0, pi = (fractions(table) for table in tables)
    kappa, product, inner = squared_sides(Tables(P, R, fractions(0.5)[()], rho0, pi))
    assert float(kappa) == pytest.approx(angle.kappa)
    assert float(inner / product) == pytest.approx(angle.cosine**2)


def test_a_world_that_ends_keeps_four_fifths_of_each_law():
    (problem,) = random_problems(1, seed=0)
    assert (that_ends(problem).P.sum(axis=2) * 5 == 4).all()


def test_squared_sides_of_two_steps_by_hand():
    """State 0 leads to state 1, state 1 to the end; state 2 is never seen. gamma = 1/3."""
    P = np.zeros((3, 2, 3), dtype=int)
    P[0, :, 1] = 1
    pi = [["1/4", "3/4"], ["2/5", "3/5"], ["1/2", "1/2"]]
    tables = (P, [[0, 3], [0, 5], [7, 0]], ["1/3"], [1, 0, 0], pi)
    P, R, (gamma,), rho0, pi = (fractions(table) for table in tables)
    kappa, product, inner = squared_sides(Tables(P, R, gamma, rho0, pi))
    # |h|^2 = 2 (p q difference)^2: 2 (9/16)^2 and 2 (6/5)^2, with visits 1, 1 and 1, 1/3.
    first, second = F(81, 128), F(72, 25)
    assert kappa == 3
    assert product == (first + second) * (first + second / 9)
    assert inner == (first + second / 3) ** 2


def test_a_world_that_ends_keeps_the_share_that_is_asked_for_and_all_else():
    (problem,) = random_problems(1, seed=0)
    world, mdp = that_ends(problem, F(2, 3)), problem.mdp
    assert (world.P * 3 == mdp.P * 2).all() and (world.R == mdp.R).all()
    assert (world.rho0 == mdp.rho0).all() and (world.pi == problem.pi).all()
    assert world.gamma == mdp.gamma


def test_a_world_ended_by_chance_has_one_more_state_in_which_nothing_happens():
    mdp = FiniteMDP([[[0.25, 0.75]], [[0.5, 0.5]]], [[2.0], [3.0]], 0.7, [0.4, 0.6])
    ended = ended_by_chance(mdp, survival=0.6)
    P = [[[0.15, 0.45, 0.4]], [[0.3, 0.3, 0.4]], [[0, 0, 1]]]
    np.testing.assert_allclose(ended.P, P, atol=1e-15)
    assert ended.R.tolist() == [[2], [3], [0]] and ended.gamma == 0.7
    np.testing.assert_allclose(ended.rho0, [0.4, 0.6, 0])
