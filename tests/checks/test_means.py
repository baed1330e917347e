"""A simulated mean passes within five exact standard errors, and the check states its power."""

import numpy as np
import pytest

from utils.checks import verdict
from utils.checks.means import check_mean


@pytest.fixture
def coin():
    """400 centred rows of standard deviation 1 whose sample mean is exactly 0."""
    return np.tile([1.0, -1.0], 200)


def shifted(coin, standard_errors):
    return coin + standard_errors / np.sqrt(len(coin))


def test_a_mean_within_five_exact_standard_errors_passes_and_beyond_it_fails(coin):
    wrong = {"far": coin + 3}
    assert check_mean("eq:m", shifted(coin, 4.9), 0, 1, wrong=wrong, where="a coin").holds
    assert not check_mean("eq:m", shifted(coin, 5.1), 0, 1, wrong=wrong, where="a coin").holds


def test_every_coordinate_of_a_mean_is_looked_at(coin):
    rows = np.column_stack([coin, shifted(coin, 6)])
    wrong = {"far": rows + 3}
    assert not check_mean("eq:m", rows, [0, 0], [1, 1], wrong=wrong, where="coins").holds


def test_a_coordinate_without_spread_must_agree_exactly(coin):
    rows = np.column_stack([coin, np.full(400, 2.0)])
    wrong = {"far": rows + 3}
    assert check_mean("eq:m", rows, [0, 2.0], [1, 0], wrong=wrong, where="coins").holds
    assert not check_mean("eq:m", rows, [0, 2.001], [1, 0], wrong=wrong, where="coins").holds


def test_a_wrong_version_needs_enough_trajectories_to_be_caught_for_sure(coin):
    # A bias of 0.3 needs ((5 + 4) / 0.3)^2 = 900 rows; 400 catch it often, not surely.
    with pytest.raises(ValueError, match="take at least 9"):
        check_mean("eq:m", coin, 0, 1, wrong={"biased": coin + 0.3}, where="a coin")


def test_a_wrong_version_without_bias_fails_the_check(coin):
    verdict = check_mean("eq:m", coin, 0, 1, wrong={"twice": 2 * coin}, where="a coin")
    assert not verdict.holds and "cannot tell it from: twice" in verdict.line


@pytest.mark.parametrize(
    "rows, mean, sd, message",
    [
        (np.zeros((400, 2)), 0, 1, r"they should be \[N,K\], \[K\] and \[K\]"),
        (np.zeros(99), 0, 1, "at least 100"),
        (np.r_[np.zeros(399), np.nan], 0, 1, r"samples\[399, 0\] is not a finite number"),
        (np.zeros(400), np.inf, 1, r"mean\[0\] is not a finite number"),
        (np.zeros(400), 0, -1, r"standard_deviation\[0\] is negative"),
    ],
)
def test_unusable_samples_are_refused_with_their_place(rows, mean, sd, message):
    with pytest.raises(ValueError, match=message):
        check_mean("eq:m", rows, mean, sd, wrong={"none": rows}, where="nowhere")


@pytest.fixture
def strict(monkeypatch):
    monkeypatch.setattr(verdict, "EVERY_CASE_NEEDS_A_TOOTH", True)


def test_a_mean_that_nobody_could_tell_from_0_is_refused(coin, strict):
    # 400 rows of deviation 1: a standard error is 0.05, so 0.2 is 4 of them.
    wrong = {"far": coin + 3}
    found = check_mean("eq:m", coin + 0.2, 0.2, 1, wrong=wrong, where="a coin")
    assert not found.holds and "do not tell the mean from 0" in found.line
    assert check_mean("eq:m", coin + 0.3, 0.3, 1, wrong=wrong, where="a coin").holds


def test_a_mean_of_0_is_resolved_by_its_wrong_version(coin, strict):
    found = check_mean("eq:m", coin, 0, 1, wrong={"far": coin + 3}, where="a coin")
    assert found.holds and found.simulation.resolved == 1


def test_the_number_of_resolved_coordinates_is_stated(coin):
    rows = np.column_stack([coin + 1, coin + 0.1, coin, coin])
    bad = rows + [0, 0, 3, 0]
    found = check_mean("eq:m", rows, [1, 0.1, 0, 0], [1] * 4, wrong={"far": bad}, where="coins")
    assert (found.simulation.resolved, found.simulation.coordinates) == (2, 4)
    assert "2 of 4 coordinates resolved" in found.line


def test_a_line_without_a_tooth_fails_the_check_and_is_named(coin, strict):
    rows, mean, sd = {"a": coin, "b": coin}, {"a": 0, "b": 0}, {"a": 1, "b": 1}
    found = check_mean("eq:m", rows, mean, sd, wrong={"far": {"a": coin + 3}}, where="coins")
    assert not found.holds and "line b" in found.line
    wrong = {"far": {"a": coin + 3}, "too": {"b": coin + 3}}
    assert check_mean("eq:m", rows, mean, sd, wrong=wrong, where="coins").holds


def test_lines_of_different_length_and_unknown_lines_are_refused(coin):
    with pytest.raises(ValueError, match="they should have as many"):
        rows = {"a": coin, "b": coin[:200]}
        check_mean("eq:m", rows, 0, 1, wrong={"far": {"a": coin + 3}}, where="coins")
    with pytest.raises(ValueError, match="names line 'b'"):
        check_mean("eq:m", {"a": coin}, 0, 1, wrong={"far": {"b": coin + 3}}, where="coins")


def test_the_figures_of_the_simulation_are_fields(coin):
    found = check_mean("eq:m", coin + 1, 1, 1, {"far": coin}, "a coin", rows_are="tosses")
    figures = found.simulation
    assert (figures.samples, figures.samples_are, figures.exact) == (400, "tosses", 1.0)
    assert figures.standard_error == 1 / 20 and figures.largest_deviation == 0
    assert found.scope.world == "a coin"


def test_a_coordinate_without_spread_is_never_the_clearest(coin):
    rows = np.column_stack([np.full(400, 2.0), coin])
    found = check_mean("eq:m", rows, [2.0, 0], [0, 1], wrong={"far": rows + 3}, where="coins")
    assert (found.simulation.exact, found.simulation.standard_error) == (0.0, 1 / 20)
