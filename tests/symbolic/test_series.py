"""The power series in gamma of a closed form is the series that it sums."""

from fractions import Fraction

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


def test_a_geometric_series_has_the_coefficients_of_its_long_division():
    # (2 + 3 x) / (5 - 7 x + x^2): 5 c_k = a_k + 7 c_{k-1} - c_{k-2}.
    x, y = symbolic.generators("x, y")
    c = [Fraction(2, 5)]
    c.append((3 + 7 * c[0]) / 5)
    c.append((7 * c[1] - c[0]) / 5)
    c.append((7 * c[2] - c[1]) / 5)
    one = x**0
    right = [one * f.numerator / f.denominator for f in c]
    value = (2 + 3 * x) / (5 - 7 * x + x**2)
    assert list(symbolic.series(value, x, 3)) == right
    # In y, of 1/(x + y): 1/x - y/x^2 + y^2/x^3.
    assert list(symbolic.series(1 / (x + y), y, 2)) == [1 / x, -1 / x**2, 1 / x**3]
    assert list(symbolic.series(y / (x + x * y**2), x / x * y, 3)) == [0, 1 / x, 0, -1 / x]
    table = symbolic.object_array([[value, 1 / (x + 2 * y), y]])
    found = symbolic.series(table, x, 0)
    assert found.shape == (1, 3, 1)
    assert list(found[0, :, 0]) == [right[0], 1 / (2 * y), y]


def test_a_negative_order_and_a_pole_are_refused_in_words():
    x, y = symbolic.generators("x, y")
    with pytest.raises(ValueError, match="^order is -1; it should be at least 0$"):
        symbolic.series(x, x, -1)
    with pytest.raises(ValueError, match="^the value has a pole at x = 0$"):
        symbolic.series(y / (x + x**2), x, 1)
