"""A check passes a true statement, rejects a wrong one, and counts nothing if its base fails."""

import pytest
from sympy import QQ
from sympy.polys.fields import field

from utils import symbolic
from utils.checks import decide, verdict
from utils.checks.without_sampling import check, check_at_most, check_at_random_points
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


@pytest.mark.parametrize("label", ["traj-score", "eq:", 3])
def test_a_label_that_is_none_is_refused(label):
    with pytest.raises(ValueError, match="it should be an equation's label"):
        check(label, u, u, wrong={"zero": 0})


def test_a_check_without_a_wrong_version_is_refused():
    with pytest.raises(ValueError, match="must show what it rejects"):
        check("eq:one", u, u, wrong={})


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


@pytest.fixture
def strict(monkeypatch):
    monkeypatch.setattr(verdict, "EVERY_CASE_NEEDS_A_TOOTH", True)


def test_a_line_in_which_no_wrong_version_differs_fails_the_check_and_is_named(strict):
    both = {"sum": u + v, "product": u * v}
    found = check("eq:two", both, both, wrong={"sign": {"sum": u - v}})
    assert not found.holds and "line product" in found.line
    assert [(x.name, x.bitten, x.cases) for x in found.lines] == [("sum", 1, 1), ("product", 0, 1)]


def test_a_coordinate_in_which_no_wrong_version_differs_fails_the_check_and_is_named(strict):
    found = check("eq:vector", [u, v], [u, v], wrong={"first": [v, v]})
    assert not found.holds and "But none in case 1" in found.line


def test_teeth_may_come_from_different_wrong_versions(strict):
    both = {"sum": u + v, "product": u * v}
    wrong = {"sign": {"sum": u - v}, "square": {"product": u * u}}
    found = check("eq:two", both, both, wrong=wrong)
    assert found.holds and [x.rejected for x in found.lines] == [("sign",), ("square",)]


def test_a_case_that_is_excused_needs_no_tooth_and_the_verdict_says_why(strict):
    reason = "both sides are 0"
    found = check("eq:v", [u, u * 0], [u, 0], wrong={"b": [v, 0]}, excused={1: reason})
    assert found.holds and f"None is needed in case 1: {reason}" in found.line
    assert not check("eq:v", [u, u * 0], [u, 0], wrong={"b": [v, 0]}, excused={2: reason}).holds


def test_a_part_of_a_wrong_version_leaves_the_other_lines_and_cases_as_they_are():
    both = {"a": u, "b": v}
    assert check("eq:x", both, both, wrong={"part": {"a": v}, "whole": {"a": v, "b": u}}).holds
    assert not check("eq:x", both, both, wrong={"same part": {"a": 0 + u}}).holds
    wrong = {"part": {2: u}, "other part": {1: v}}
    assert check("eq:x", {1: u, 2: v}, {1: u, 2: v}, wrong=wrong).holds
    with pytest.raises(ValueError, match="names line 'c'"):
        check("eq:x", both, both, wrong={"part": {"c": v}})


def test_a_line_may_hold_an_array_and_a_single_value_serves_all_lines():
    wrong = {"one": {"a": [1, 1], "b": 1}}
    found = check("eq:x", 0, {"a": [u - u, v - v], "b": 0 * u}, wrong=wrong)
    assert found.holds and [x.cases for x in found.lines] == [2, 1]


def test_sides_with_different_lines_are_refused():
    with pytest.raises(ValueError, match="line b stands on the left side only"):
        check("eq:x", {"a": u, "b": v}, {"a": u}, wrong={"zero": 0})


def test_a_wrong_version_that_nobody_can_decide_is_no_tooth(strict, monkeypatch):
    def undecided(left, right):
        if right == v:
            raise decide.Undecided("who knows")
        return left == right

    monkeypatch.setattr(decide, "equal", undecided)
    found = check("eq:x", [u, u], [u, u], wrong={"a": [0 * u, v]})
    assert not found.holds and "case 1" in found.teeth
    with pytest.raises(decide.Undecided):
        check("eq:x", u, u, wrong={"a": v})


def test_size_and_policy_of_a_free_mdp_and_the_horizon_are_in_the_scope():
    m = symbolic.free_mdp(3, 2)
    found = check("eq:x", m.r_pi, m.average(m.R), wrong={"a": 0}, horizon=3, scope="an example")
    assert str(found.scope) == "3 states, 2 actions, any policy; T = 3; an example"
    assert found.scope.cases == 3
    assert str(check("eq:x", u, u, wrong={"zero": 0}).scope) == ""


def test_kind_lines_and_what_rests_on_the_proof_are_stated():
    found = check(
        "eq:x", u, u, wrong={"zero": 0}, kind="limit", lines=(2,), rests_on_proof="the exchange"
    )
    assert (found.kind, found.of_display, found.rests) == ("limit", (2,), "the exchange")
    assert "On the proof alone: the exchange." in found.line
    assert check_at_most("eq:x", u, 2 * u, wrong={"half": u / 2}).kind == "inequality"
    with pytest.raises(TypeError, match="takes no 'horizons'; .* horizon"):
        check("eq:x", u, u, wrong={"zero": 0}, horizons=3)
    with pytest.raises(ValueError, match="kind is 'theorem'"):
        check("eq:x", u, u, wrong={"zero": 0}, kind="theorem")


def test_each_coordinate_at_random_points_is_a_case(strict):
    def values(m):
        return m.V

    found = check_at_random_points(
        "eq:v", values, values, {(3, 2): 9}, wrong={"r": lambda m: m.r_pi}
    )
    assert found.holds and found.lines[0].cases == 3
    bare = {"half": lambda m: {0: m.gamma}}
    found = check_at_random_points(
        "eq:v", lambda m: dict(enumerate(m.V)), lambda m: dict(enumerate(m.V)), {(3, 2): 9}, bare
    )
    assert not found.holds and "case 1; case 2" in found.line


def test_tables_at_random_points_have_the_stated_shapes():
    found = check_at_random_points(
        "eq:t",
        lambda m: m.tables["b"] @ m.tables["b"] * m.tables["lam"],
        lambda m: m.tables["lam"] * sum(x * x for x in m.tables["b"]),
        {(2, 2): 3},
        wrong={"no factor": lambda m: m.tables["b"] @ m.tables["b"]},
        tables={"b": (2,), "lam": ()},
    )
    assert found.holds
