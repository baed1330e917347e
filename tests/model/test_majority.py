"""The world of the majority, on which the square-root bound of chapter 3 has its rate."""

from fractions import Fraction
from itertools import product

import pytest

from utils.model.random_fractions import majority_slope


@pytest.mark.parametrize("n", [1, 3, 5, 7])
def test_the_slope_is_that_of_all_tosses_written_out(n):
    tosses = list(product((-1, 1), repeat=n))
    assert majority_slope(n) == Fraction(sum(abs(sum(x)) for x in tosses), 2 * 2**n)


def test_there_is_no_majority_of_an_even_number():
    with pytest.raises(ValueError, match="n is 4; it should be odd"):
        majority_slope(4)
