"""Batches that judge themselves: enumerated against short formulas."""

import pytest

from utils import symbolic
from utils.symbolic.batches import BinaryBatches, fitted_to_the_batch


@pytest.mark.parametrize("n", [2, 3, 4])
def test_standardised_zero_one_rewards_give_a_multiple_of_the_gradient(n):
    batches = BinaryBatches(n)
    assert batches.update() == batches.factor() * batches.gradient


def test_the_own_win_is_not_among_those_that_the_factor_counts():
    batches = BinaryBatches(4)
    assert not batches.update() == batches.factor(others=2) * batches.gradient


def test_batches_of_two_standardise_to_the_gradient_itself():
    two = BinaryBatches(2)
    assert two.factor() == two.chance**0


def test_the_batch_mean_alone_loses_the_factor_one_over_n():
    batches = BinaryBatches(3)
    assert batches.update(divided=False) * 3 == batches.gradient * 2


def test_a_batch_that_needs_two_square_roots_is_refused():
    with pytest.raises(ValueError, match="at most 4"):
        BinaryBatches(5)


def test_a_baseline_fitted_to_one_action_leaves_nothing():
    p, low, high = symbolic.generators("p low high")
    assert fitted_to_the_batch(p, low, high, 1) == 0


def test_a_baseline_fitted_to_the_others_leaves_the_gradient():
    p, low, high = symbolic.generators("p low high")
    assert fitted_to_the_batch(p, low, high, 2, others=True) == p * (1 - p) * (high - low)
