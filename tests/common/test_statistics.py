import math

import numpy as np
import pytest

from utils.common.statistics import (
    confidence_interval,
    mean_and_standard_error,
    normal_quantile,
    student_interval,
)


def test_mean_and_standard_error_of_four_numbers():
    mean, error = mean_and_standard_error([1, 2, 3, 6])
    assert mean == 3
    assert error == pytest.approx(math.sqrt(14 / 3 / 4))


def test_samples_may_be_arrays():
    mean, error = mean_and_standard_error(np.arange(12.0).reshape(3, 2, 2))
    assert mean.shape == error.shape == (2, 2)


@pytest.mark.parametrize("samples", [[], [1.0], 3.0])
def test_a_standard_error_needs_two_samples(samples):
    with pytest.raises(ValueError, match="not an integer of at least 2"):
        mean_and_standard_error(samples)


def test_normal_interval_of_level_95_percent_is_1_96_standard_errors():
    low, high = confidence_interval(10.0, 2.0)
    assert (low, high) == pytest.approx((10 - 3.919928, 10 + 3.919928), abs=1e-6)
    assert normal_quantile(0.6826894921) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("level", [0, 1, 1.5, float("nan")])
def test_a_level_outside_the_unit_interval_is_rejected(level):
    with pytest.raises(ValueError, match="level is"):
        confidence_interval(0, 1, level)


def test_students_interval_is_wider_than_the_normal_one_and_tends_to_it():
    normal = confidence_interval(0.0, 1.0)[1]
    assert student_interval(0.0, 1.0, 6)[1] == pytest.approx(2.5705818, abs=1e-6)
    assert student_interval(0.0, 1.0, 10**8)[1] == pytest.approx(normal, abs=1e-6)
    with pytest.raises(ValueError, match="n is 1"):
        student_interval(0.0, 1.0, 1)
