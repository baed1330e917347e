"""Batches that judge themselves: enumerated against short formulas."""

from fractions import Fraction
from functools import cache
from itertools import product

import pytest
import sympy as sp

from utils import symbolic
from utils.symbolic.batches import BinaryBatches, fitted_to_the_batch


@cache
def update(n):
    """The mean update of batches of n, enumerated once for all tests."""
    return BinaryBatches(n).update()


@pytest.mark.parametrize("n", [2, 3, 4])
def test_standardised_zero_one_rewards_give_a_multiple_of_the_gradient(n):
    batches = BinaryBatches(n)
    assert update(n) == batches.factor() * batches.gradient


def test_the_own_win_is_not_among_those_that_the_factor_counts():
    batches = BinaryBatches(4)
    assert not update(4) == batches.factor(others=2) * batches.gradient


def test_batches_of_two_standardise_to_the_gradient_itself():
    two = BinaryBatches(2)
    assert two.factor() == two.chance**0


def test_the_batch_mean_alone_loses_the_factor_one_over_n():
    batches = BinaryBatches(3)
    assert batches.update(divided=False) * 3 == batches.gradient * 2


def test_a_batch_that_needs_two_square_roots_is_refused():
    with pytest.raises(ValueError, match="^n is 5; it should be at most 4$"):
        BinaryBatches(5)


def test_a_baseline_fitted_to_one_action_leaves_nothing():
    p, low, high = symbolic.generators("p low high")
    assert fitted_to_the_batch(p, low, high, 1) == 0


def test_a_baseline_fitted_to_the_others_leaves_the_gradient():
    p, low, high = symbolic.generators("p low high")
    assert fitted_to_the_batch(p, low, high, 2, others=True) == p * (1 - p) * (high - low)


def test_the_factor_of_three_is_the_root_of_two_and_that_of_four_depends_on_the_chance():
    # f_4 = sqrt(3) (1-x)^3 + (1 + 1/sqrt(3)) (3 (1-x)^2 x + 3 (1-x) x^2) + sqrt(3) x^3.
    three, four = BinaryBatches(3), BinaryBatches(4)
    assert (three.factor() - three.chance**0 * three._root(2, 1)) == 0
    x = four.chance
    middle = four.chance**0 * (four._root(1, 1) + four._root(1, 3))
    ends = four._root(3, 1)
    right = ((1 - x) ** 3 + x**3) * ends + (x * (1 - x) ** 2 + x**2 * (1 - x)) * 3 * middle
    assert four.factor() == right


def test_the_mean_reward_and_its_slope_are_those_of_a_free_policy():
    p, slope, u0, u1 = sp.symbols("p D u0 u1")
    assert BinaryBatches(2).chance.as_expr().equals((1 - p) * u0 + p * u1)
    assert BinaryBatches(2).gradient.as_expr().equals(slope * (u1 - u0))


@pytest.mark.parametrize("n", [1, 0])
def test_a_batch_that_cannot_deviate_is_refused(n):
    with pytest.raises(ValueError, match=f"^n is {n}, not an integer of at least 2$"):
        BinaryBatches(n)


def test_a_baseline_fitted_to_two_actions_is_the_mean_over_their_four_outcomes():
    p, low, high = symbolic.generators("p low high")
    q = 1 - p
    # Both equal: r = b. One of each, with scores -p and q: b = (p^2 low + q^2 high)/(p^2 + q^2).
    b = (p**2 * low + q**2 * high) / (p**2 + q**2)
    right = 2 * p * q * (-p * (low - b) + q * (high - b)) / 2
    assert fitted_to_the_batch(p, low, high, 2) == right


def test_a_baseline_fitted_to_three_actions_weighs_each_by_its_square_score():
    p, low, high = Fraction(2, 7), 3, 11
    for others in (False, True):
        total = 0 * p
        for batch in product((0, 1), repeat=3):
            wins = sum(batch)
            chance = p**wins * (1 - p) ** (3 - wins)
            for a in batch:
                ones = wins - a * others
                zeros = 3 - wins - (1 - a) * others
                weights = zeros * p**2, ones * (1 - p) ** 2
                b = (weights[0] * low + weights[1] * high) / sum(weights)
                total += chance * (a - p) * ((high if a else low) - b) / 3
        assert fitted_to_the_batch(p, low, high, 3, others) == total
