"""The power series in gamma of a closed form is the series that it sums."""

import numpy as np
import pytest

from utils import symbolic


@pytest.fixture(scope="module")
def m():
    return symbolic.free_mdp(2, 2)


def test_coefficient_k_of_the_value_is_the_mean_reward_of_step_k(m):
    found = symbolic.series(m.V, m.gamma, 3)
    reward = m.r_pi
    for k in range(4):
        assert all(found[:, k] == reward)
        reward = m.P_pi @ reward


def test_series_of_the_objective_agrees_with_enumerated_prefixes(m):
    found = symbolic.series(m.objective, m.gamma, 2)
    for k in range(3):
        assert found[k] == m.expectation(lambda tau, k=k: m.R[tau[k]], k + 1)


def test_series_of_a_polynomial_ends_and_that_of_a_pole_is_refused(m):
    assert list(symbolic.series(m.gamma**2 * m.R[0, 0], m.gamma, 3)) == [0, 0, m.R[0, 0], 0]
    with pytest.raises(ValueError, match="has a pole at g = 0"):
        symbolic.series(m.R[0, 0] / m.gamma, m.gamma, 2)
    with pytest.raises(ValueError, match="at least 0"):
        symbolic.series(m.V, m.gamma, -1)


def test_number_has_one_coefficient(m):
    assert list(symbolic.series(np.array([3], dtype=object), m.gamma, 1)[0]) == [3, 0]
