"""What a group climbs, against enumeration of all patterns of right and wrong."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import binom

from utils.learning import group_objective as groups
from utils.learning.assay import expected_return, objective_value
from utils.learning.token_world import thinking


def slope_by_patterns(right, wrong, chances, i):
    """The factor of grad P_i in the mean of (1/N) sum_i weight_i M_i, over all patterns."""
    n, total = len(chances), 0.0
    for pattern in product((0, 1), repeat=n):
        p = np.prod([P if x else 1 - P for x, P in zip(pattern, chances, strict=True)])
        k = sum(pattern)
        own = right(k) / chances[i] if pattern[i] else -wrong(k) / (1 - chances[i])
        total += p * own / n
    return total


@pytest.mark.parametrize("kind", [groups.standardised_weights, groups.others_weights])
@pytest.mark.parametrize("n", [3, 4, 6])
def test_the_mean_update_is_the_slope_of_the_mean_of_phi(kind, n):
    right, wrong = kind(n)
    chances = np.linspace(0.2, 0.9, n)
    phi = groups.climbed(right, wrong, n)
    h = 1e-6
    for i in range(n):
        up, down = (
            np.dot(groups.number_right(chances + sign * h * np.eye(n)[i]), phi) for sign in (1, -1)
        )
        found = slope_by_patterns(right, wrong, chances, i)
        assert (up - down) / (2 * h) == pytest.approx(found, rel=1e-7)


@pytest.mark.parametrize("n", [2, 3, 4, 8])
@pytest.mark.parametrize("P", [0.1, 0.5, 0.85])
def test_the_factor_of_grpo_is_the_mean_deviation_over_the_variance(n, P):
    k = np.arange(n + 1)
    deviation = np.sqrt(k / n * (1 - k / n))
    assert groups.factor(P, n) == pytest.approx(binom.pmf(k, n, P) @ deviation / (P * (1 - P)))


def test_the_factor_is_1_for_two_and_root_2_for_three_and_bends_from_four_on():
    P = np.array([0.1, 0.3, 0.8])
    np.testing.assert_allclose(groups.factor(P, 2), 1, rtol=1e-15)
    np.testing.assert_allclose(groups.factor(P, 3), np.sqrt(2), rtol=1e-15)
    bent = np.sqrt(3) + (3 - 2 * np.sqrt(3)) * P * (1 - P)
    np.testing.assert_allclose(groups.factor(P, 4), bent, rtol=1e-14)


def test_for_large_groups_the_factor_tends_to_one_over_the_deviation():
    for P in (0.2, 0.5):
        found = [abs(groups.factor(P, n) * np.sqrt(P * (1 - P)) - 1) for n in (8, 32, 128)]
        assert found[0] > found[1] > found[2] and found[2] < 0.01


def test_the_integral_of_the_factor_is_the_mean_of_phi():
    n = 5
    phi = groups.climbed(*groups.standardised_weights(n), n)
    for P in (0.3, 0.9):
        area, _ = quad(lambda x: groups.factor(x, n), 0, P)
        assert area == pytest.approx(np.dot(groups.number_right([P] * n), phi), rel=1e-9)


def test_groups_that_agree():
    assert groups.silent_share(0.1, 8) == pytest.approx(0.9**8 + 0.1**8)
    assert groups.silent_share(0.5, 2) == 0.5


@pytest.mark.parametrize("n", [1, 2, 5])
def test_the_largest_of_n_rewards_of_0_or_1_is_pass_at_n(n):
    world = thinking(1, prompts=[0, 1])
    p = objective_value(expected_return, world, world.theta).real
    found = objective_value(groups.largest(lambda law: law.returns, n), world, world.theta).real
    assert found == pytest.approx(1 - (1 - p) ** n)
