"""What a group climbs, against enumeration of all patterns of right and wrong."""

from __future__ import annotations

from fractions import Fraction
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


def test_the_number_of_right_answers_of_three_by_hand():
    law = groups.number_right([Fraction(1, 2), Fraction(1, 3), Fraction(1, 5)])
    assert law == [Fraction(8, 30), Fraction(14, 30), Fraction(7, 30), Fraction(1, 30)]


def test_the_weights_of_both_deviations_by_hand():
    right, wrong = groups.standardised_weights(5)
    assert [right(2), right(5)] == pytest.approx([np.sqrt(3 / 2), 0])
    assert [wrong(2), wrong(0)] == pytest.approx([-np.sqrt(2 / 3), 0])
    # of the three others k are right: mean k/3, deviation sqrt(2)/3 for k = 1 and 2, else 0
    right, wrong = groups.others_weights(4)
    root = np.sqrt(2)
    assert [right(k) for k in range(1, 5)] == pytest.approx([0, root, 1 / root, 0])
    assert [wrong(k) for k in range(4)] == pytest.approx([0, -1 / root, -root, 0])


def test_phi_adds_up_its_steps():
    phi = groups.climbed(lambda k: k * k + 2, lambda k: 5 - 3 * k, 4)
    # right(1..4) = 3, 6, 11, 18 and wrong(0..3) = 5, 2, -1, -4
    assert phi == [0, -2 / 4, 2 / 4, 14 / 4, 36 / 4]


def test_the_objective_of_two_prompts_with_three_answers_is_a_sum_over_patterns():
    world = thinking(1, prompts=[0.25, 0.75])
    P = [
        objective_value(expected_return, thinking(1, prompts=law), world.theta).real
        for law in ([1, 0], [0, 1])
    ]
    phi, total = [0.0], 0.0
    for k in range(6):
        phi.append(phi[-1] + ((k + 1) ** 2 + 2 - (5 - 3 * k)) / 6)
    for one, two in product((0, 1), repeat=2):
        share = (0.25, 0.75)[one] * (0.25, 0.75)[two]
        for pattern in product((0, 1), repeat=6):
            each = [P[one]] * 3 + [P[two]] * 3
            chance = np.prod([p if x else 1 - p for x, p in zip(pattern, each, strict=True)])
            total += share * chance * phi[sum(pattern)]
    found = groups.group_objective((lambda k: k * k + 2, lambda k: 5 - 3 * k), 3, groups=2)
    assert objective_value(found, world, world.theta) == pytest.approx(total, rel=1e-13)
    one_prompt = groups.group_objective((lambda k: k, lambda k: 0), 2)  # phi = 0, 1/2, 3/2
    expected = sum(c * (p * (1 - p) + p * p * 3 / 2) for c, p in zip((0.25, 0.75), P, strict=True))
    assert objective_value(one_prompt, world, world.theta) == pytest.approx(expected, rel=1e-13)


def test_the_largest_of_two_lengths_is_a_sum_over_pairs():
    world = thinking(1, prompts=[0, 1])
    e = world.episodes
    law = np.exp(world.log_probabilities(world.theta))
    p = np.where(e.mask > 0, law[e.states[:, :-1], e.actions], 1).prod(axis=1)
    lengths = e.mask.sum(axis=1)
    pairs = product(range(len(p)), repeat=2)
    expected = sum(p[i] * p[j] * max(lengths[i], lengths[j]) for i, j in pairs)
    found = objective_value(groups.largest(lambda law: law.lengths, 2), world, world.theta)
    assert found == pytest.approx(expected, rel=1e-13)


def test_the_factor_and_the_silent_share_by_hand():
    # n = 3, p = 1/4: 3 (3/4) sqrt(2)/3 + 3 (1/4) sqrt(2)/3 = sqrt(2); n = 5 by its four terms
    assert groups.factor(0.25, 3) == pytest.approx(np.sqrt(2), rel=1e-15)
    p, q = 0.2, 0.8
    terms = [5 * q**3 * 2, 10 * p * q**2 * np.sqrt(6), 10 * p**2 * q * np.sqrt(6), 5 * p**3 * 2]
    assert groups.factor(p, 5) == pytest.approx(sum(terms) / 5, rel=1e-14)
    assert groups.silent_share(0.2, 3) == pytest.approx(0.008 + 0.512, rel=1e-15)
