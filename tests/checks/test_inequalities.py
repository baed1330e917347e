"""`without_sampling.check_on_random_mdps`: an inequality tried in exact fractions."""

from fractions import Fraction

import pytest

from utils.checks.without_sampling import check_on_random_mdps

SMALLER = [Fraction(n, 200) for n in range(100)]


def test_a_bound_that_holds_everywhere_passes_and_a_smaller_one_is_rejected():
    verdict = check_on_random_mdps(
        "eq:x", SMALLER, [Fraction(1, 2)] * 100, wrong={"a third": [Fraction(1, 3)] * 100}
    )
    assert verdict.holds and verdict.rejected == ("a third",)
    assert verdict.method == "exact on random MDPs"
    assert "100 random MDPs: a test, not a proof" in verdict.line and "99.0 %" in verdict.line


def test_one_violation_fails_the_bound_and_counts_no_wrong_version():
    larger = [Fraction(1, 2)] * 99 + [Fraction(99, 200) - Fraction(1, 10**30)]
    verdict = check_on_random_mdps("eq:x", SMALLER, larger, wrong={"zero": [0] * 100})
    assert not verdict.holds and verdict.rejected == ()
    assert "violated by MDP 99 of 100" in verdict.line


def test_equality_is_no_violation():
    assert check_on_random_mdps("eq:x", SMALLER, SMALLER, wrong={"zero": [0] * 100}).holds


def test_a_wrong_version_that_no_mdp_violates_fails_the_check():
    verdict = check_on_random_mdps("eq:x", SMALLER, [1] * 100, wrong={"two": [2] * 100})
    assert not verdict.holds and "cannot tell it from: two" in verdict.line


def test_columns_are_cases():
    rows = [[x, 2 * x] for x in SMALLER]
    wrong = {"first": [[0, 1]] * 100, "second": [[1, 0]] * 100}
    verdict = check_on_random_mdps("eq:x", rows, [[1, 1]] * 100, wrong=wrong)
    assert verdict.holds and "in all 200 cases" in verdict.line


@pytest.mark.parametrize(
    "smaller, larger, message",
    [
        (SMALLER[:99], [1] * 99, "at least 100 rows"),
        ([0.5] * 100, [1] * 100, r"smaller\[0\] is 0.5, not a Fraction"),
        (SMALLER, [1] * 101, "should agree"),
    ],
)
def test_unusable_rows_are_refused(smaller, larger, message):
    with pytest.raises(ValueError, match=message):
        check_on_random_mdps("eq:x", smaller, larger, wrong={"zero": [0] * len(larger)})
