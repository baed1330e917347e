import math

import numpy as np
import pytest

from utils.common.statistics import (
    confidence_interval,
    mean_and_standard_error,
    normal_quantile,
    sample_size_for_power,
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


def test_sample_size_is_the_smallest_that_has_the_power():
    n = sample_size_for_power(sd=2, bias=0.1, sd_mutant=3)
    assert n == math.ceil((22 / 0.1) ** 2)
    accepted = 5 * 2 / math.sqrt(n)
    assert (0.1 - accepted) / (3 / math.sqrt(n)) >= 4 - 1e-12


def test_sample_size_counts_the_noise_of_the_correct_estimator():
    # A wrong estimator without noise is caught only once the accepted band is below its bias.
    assert sample_size_for_power(sd=1, bias=0.1, sd_mutant=0) == 2500
    assert sample_size_for_power(sd=1, bias=10, sd_mutant=1) == 100


def test_no_bias_cannot_be_detected():
    with pytest.raises(ValueError, match="bias is 0"):
        sample_size_for_power(1, 0, 1)
