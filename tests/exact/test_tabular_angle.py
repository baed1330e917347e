"""The squared sides of the Kantorovich angle are those of the angle in floating point."""

import numpy as np
import pytest

from utils.common.chain import Tables
from utils.exact.dropped_discount import angle_to_gradient, ended_by_chance, expected_visits
from utils.exact.tabular_angle import squared_sides, that_ends
from utils.model import examples
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
