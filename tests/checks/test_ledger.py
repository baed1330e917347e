"""A check passes a true statement, rejects a wrong one, and counts nothing if its base fails."""

import numpy as np
import pytest
from sympy import QQ
from sympy.polys.fields import field

from utils.checks.identities import check, check_at_most, check_at_random_points
from utils.checks.means import check_mean
from utils.checks.verdict import MIME
from utils.symbolic import dual

K, u, v = field("u v", QQ)


def test_a_true_identity_holds_and_names_what_it_rejected():
    verdict = check(
        "eq:square",
        (u + v) ** 2,
        u**2 + 2 * u * v + v**2,
        wrong={"cross term left out": u**2 + v**2},
        equivalent={"factors swapped": (v + u) ** 2},
    )
    assert verdict.holds
    assert verdict.rejected == ("cross term left out",)
    assert verdict.equivalent == ("factors swapped",)
    assert "2 free symbols" in verdict.line


def test_a_false_identity_counts_no_wrong_version():
    verdict = check("eq:square", (u + v) ** 2, u**2 + v**2, wrong={"sign": u**2 - v**2})
    assert not verdict.holds
    assert verdict.rejected == ()
    assert "not tried" in verdict.line


def test_a_false_case_is_named():
    verdict = check("eq:cases", {"a": u, "b": v}, {"a": u, "b": u}, wrong={"zero": 0})
    assert not verdict.holds and "in line b" in verdict.line


def test_a_wrong_version_that_survives_fails_the_check():
    verdict = check("eq:square", (u + v) ** 2, (u + v) ** 2, wrong={"the same": (v + u) ** 2})
    assert not verdict.holds and "cannot tell it from: the same" in verdict.line


def test_an_equivalent_version_that_differs_fails_the_check():
    verdict = check("eq:one", u, u, wrong={"zero": 0}, equivalent={"double": 2 * u})
    assert not verdict.holds and "double" in verdict.line


def test_a_bound_holds_and_rejects_a_smaller_bound():
    assert check_at_most("eq:bound", u / (1 + u), K(1), wrong={"half": K(QQ(1, 2))}).holds
    assert not check_at_most("eq:bound", u, K(1), wrong={"half": K(QQ(1, 2))}).holds


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


@pytest.mark.parametrize("label", ["traj-score", "eq:", 3])
def test_a_label_that_is_none_is_refused(label):
    with pytest.raises(ValueError, match="it should be an equation's label"):
        check(label, u, u, wrong={"zero": 0})


def test_a_check_without_a_wrong_version_is_refused():
    with pytest.raises(ValueError, match="must show what it rejects"):
        check("eq:one", u, u, wrong={})


def test_a_verdict_prints_one_line_and_carries_its_facts(capsys):
    verdict = check("eq:one", u, u, wrong={"zero": 0})
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1 and printed.startswith("✓ eq:one ")
    facts = verdict._repr_mimebundle_()[MIME]
    assert facts["label"] == "eq:one" and facts["holds"] and facts["rejected"] == ["zero"]


def advantage_mean(m):
    return (m.pi * (m.Q - m.V[:, None])).sum(axis=1)


def test_a_true_identity_holds_at_random_points_and_the_bound_is_stated():
    verdict = check_at_random_points(
        "eq:advantage-mean",
        advantage_mean,
        lambda m: 0,
        {(5, 3): 30, (7, 2): 42},
        wrong={"Q": lambda m: m.V, "one": lambda m: 1},
    )
    assert verdict.holds and verdict.method == "random points"
    assert verdict.rejected == ("Q", "one")
    # two points: (42 / (q - 42))^2 = 3.3e-34
    assert "below 10⁻³³" in verdict.line and "5 states with 3 actions" in verdict.line


def test_an_identity_that_is_false_at_a_random_point_fails_and_counts_no_wrong_version():
    verdict = check_at_random_points(
        "eq:advantage-mean", advantage_mean, lambda m: m.V, {(2, 2): 9}, wrong={"one": lambda m: 1}
    )
    assert not verdict.holds and verdict.rejected == ()


def test_a_wrong_version_that_survives_at_random_points_fails_the_check():
    verdict = check_at_random_points(
        "eq:one", advantage_mean, lambda m: 0, {(2, 2): 9}, wrong={"same": lambda m: m.rho0 * 0}
    )
    assert not verdict.holds and "cannot tell it from: same" in verdict.line


def test_a_point_on_a_pole_is_drawn_again():
    met = []

    def left(m):
        met.append(m)
        return 1 / (m.gamma * (0 if len(met) == 1 else 1))

    verdict = check_at_random_points(
        "eq:pole", left, lambda m: 1 / m.gamma, {(1, 2): 1}, wrong={"zero": lambda m: 0}, points=1
    )
    assert verdict.holds and len(met) == 2
    assert met[0].gamma != met[1].gamma and isinstance(met[0].gamma, dual.Dual)
