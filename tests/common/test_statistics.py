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


def test_students_law_with_one_degree_of_freedom_is_cauchys():
    # Cauchy's quantile of (1 + level)/2 is tan(pi level / 2): sqrt 3 for level 2/3.
    assert student_interval(3.0, 2.5, 2, level=2 / 3) == pytest.approx(
        (3 - 2.5 * math.sqrt(3), 3 + 2.5 * math.sqrt(3)), rel=1e-9
    )
    default = math.tan(math.pi * 0.475)
    assert student_interval(3.0, 2.5, 2) == pytest.approx((3 - 2.5 * default, 3 + 2.5 * default))


def test_students_law_with_two_degrees_of_freedom_has_its_closed_form():
    # P(|t| <= x) = x / sqrt(2 + x^2), so the quantile of level l is l sqrt(2 / (1 - l^2)).
    low, high = student_interval(np.array([1.0, 7.0]), [2.0, 3.0], 3, level=0.6)
    half = 0.6 * math.sqrt(2 / 0.64) * np.array([2.0, 3.0])
    np.testing.assert_allclose([low, high], [[1, 7] - half, [1, 7] + half], rtol=1e-9)


def test_the_normal_interval_is_mean_minus_and_plus_quantile_times_error():
    # One standard deviation has level erf(1/sqrt 2), three have erf(3/sqrt 2).
    for deviations in (1, 3):
        level = math.erf(deviations / math.sqrt(2))
        assert confidence_interval(7.0, 2.5, level) == pytest.approx(
            (7 - 2.5 * deviations, 7 + 2.5 * deviations), rel=1e-9
        )


@pytest.mark.parametrize("level", [-0.5, 0, 1, 1.5])
def test_a_level_that_is_none_is_named(level):
    with pytest.raises(ValueError, match=f"^level is {level}, not strictly between 0 and 1$"):
        normal_quantile(level)


def test_two_samples_are_enough_and_a_number_is_none():
    mean, error = mean_and_standard_error([[2, 3], [4, 9]])
    np.testing.assert_allclose([mean, error], [[3, 6], [1, 3]])
    with pytest.raises(ValueError, match="^the number of samples is 0, not an integer of at"):
        mean_and_standard_error(5.0)
