"""What a verdict says, word for word, with its figures worked out by hand."""

import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from sympy import QQ
from sympy.polys.fields import field

from utils.checks import claims
from utils.checks.means import check_mean
from utils.checks.verdict import MIME, Line, Scope, Verdict
from utils.checks.without_sampling import (
    check,
    check_at_most,
    check_at_random_points,
    check_on_random_mdps,
)

K, u, v, w = field("u v w", QQ)
COIN = np.tile([1.0, -1.0], 200)  # 400 rows of mean 0 and deviation 1
NOT_TRIED = " Its wrong versions were not tried: rejecting them would prove nothing."


def bare(**fields) -> Verdict:
    return Verdict(**{"label": "eq:J-tail", "kind": "identity", "method": "exact"} | fields)


def test_the_html_of_a_verdict_is_this(monkeypatch):
    monkeypatch.delenv("BOOK_STATIC", raising=False)
    assert bare(holds=True, outcome="holds.", note="a < b").as_html() == (
        '<div class="verdict verdict-holds" style="border-left: 0.25rem solid #00735a">'
        '<span class="verdict-mark" style="background: #00735a; color: #ffffff; '
        'padding: 0 0.3em">✓</span> <a href="#eq-j-tail"><code>eq:J-tail</code></a> holds.'
        '<br><span class="verdict-teeth">a &lt; b</span></div>'
    )
    assert bare(holds=False, outcome="fails.").as_html("2.3") == (
        '<div class="verdict verdict-fails" style="border-left: 0.25rem solid #b84c00">'
        '<span class="verdict-mark" style="background: #b84c00; color: #ffffff; '
        'padding: 0 0.3em">✗</span> <a href="#eq-j-tail">(2.3)</a> <code>eq:J-tail</code> fails.'
        "</div>"
    )


def test_the_parts_of_a_verdict_stand_in_this_order():
    found = bare(
        holds=False,
        outcome="holds.",
        scope=Scope("a world", "T = 3", words="one example"),
        lines=(Line("", 2, 2, ("x", "y")),),
        rejected=("x", "y"),
        equivalent=("z",),
        survivors=("s", "t"),
        refused=("r",),
        note="A note.",
        rests="the limit",
    )
    assert (
        str(found)
        == repr(found)
        == (
            "✗ eq:J-tail holds. Scope: a world; T = 3; one example. A note. "
            "But the check cannot tell it from: s; t. "
            "But a version said to be equivalent fails: r. "
            "Rejected: x; y. At least one in each of 2 cases. Also true: z. "
            "On the proof alone: the limit."
        )
    )


@pytest.mark.parametrize(
    "lines, words",
    [
        ([("a", 1, 1, ())], ""),
        ([("a", 1, 1, ()), ("b", 2, 2, ())], "At least one in each of 3 cases."),
        ([("a", 5, 2, "123")], "At least one in 2 of 5 cases. But none in 1; 2; 3."),
        ([("a", 7, 2, "12345")], "At least one in 2 of 7 cases. But none in 1; 2; 3 and 2 more."),
        (
            [("a", 3, 2, "1"), ("b", 4, 2, "23", "0 there")],
            "At least one in 4 of 7 cases. But none in 1. None is needed in 2; 3: 0 there.",
        ),
    ],
)
def test_the_teeth_are_counted_and_three_cases_without_one_are_named(lines, words):
    made = tuple(Line(name, n, k, (), tuple(rest[0]), *rest[1:]) for name, n, k, *rest in lines)
    assert bare(holds=True, outcome="", lines=made).teeth == words


def test_a_kernel_gets_the_verdict_published_and_a_plain_python_gets_it_printed(
    monkeypatch, capsys
):
    published = []
    found = bare(holds=True, outcome="holds.")
    for shell in (None, object()):
        display = SimpleNamespace(publish_display_data=published.append)
        kernel = SimpleNamespace(get_ipython=lambda shell=shell: shell, display=display)
        monkeypatch.setitem(sys.modules, "IPython", kernel)
        assert found.show() is found
        printed = capsys.readouterr().out
        assert (printed, len(published)) == (("✓ eq:J-tail holds.\n", 0) if not shell else ("", 1))
    assert set(published[0]) == {"text/plain", "text/html", MIME}
    assert found._ipython_display_() is None
    monkeypatch.delitem(sys.modules, "IPython")
    found.show()
    assert capsys.readouterr().out == "✓ eq:J-tail holds.\n" and len(published) == 1


def test_facts_are_the_fields_that_differ_from_their_defaults():
    found = bare(holds=True, outcome="x", lines=(Line("a", 2, 1, ("r",)),), of_display=(2, 3))
    assert found.as_facts() == {
        "label": "eq:J-tail",
        "kind": "identity",
        "method": "exact",
        "holds": True,
        "outcome": "x",
        "lines": [{"name": "a", "cases": 2, "bitten": 1, "rejected": ["r"]}],
        "of_display": [2, 3],
    }
    assert Verdict.from_facts(found.as_facts()) == found


@pytest.mark.parametrize(
    "left, outcome",
    [
        (K(3), "holds exactly."),
        (u, "holds exactly."),
        (u * v, "holds exactly for every value of its 2 free symbols."),
        ([K(3), K(5)], "holds exactly in all 2 cases."),
        ([u, v, w], "holds exactly in all 3 cases, for every value of its 3 free symbols."),
    ],
)
def test_cases_and_symbols_are_counted_if_there_are_more_than_one(left, outcome):
    assert check("eq:x", left, left, wrong={"more": 1 + 0 * u + 11}).outcome == outcome


def test_a_bound_says_how_it_was_proved():
    found = check_at_most("eq:x", [u, v], [2 * u, 3 * v], wrong={"half": [u / 2, v / 2]})
    assert found.outcome == (
        "holds exactly in all 2 cases, for every value of its 2 free symbols: "
        "no coefficient of the gap is negative."
    )
    assert (found.method, found.kind) == ("exact inequality", "inequality")
    assert found.scope.symbols == 2
    failing = check_at_most("eq:x", {1: u, 2: 3 * v}, {1: u, 2: 2 * v}, wrong={"half": u / 2})
    assert failing.outcome == "does not hold in case 2." + NOT_TRIED
    assert (failing.method, failing.kind) == ("exact inequality", "inequality")


def test_the_probability_of_a_false_pass_has_the_exponent_of_all_points():
    # q = 2^61 - 1 = 2.3e18, so D = 24 gives 1.04e-17 for one point and 1.1e-51 for three.
    for points, words in ((1, "1 random point"), (3, "3 random points")):
        found = check_at_random_points(
            "eq:x",
            lambda m: m.gamma,
            lambda m: m.gamma,
            {(2, 3): 24, (4, 2): 5},
            wrong={"0": lambda m: 0},
            points=points,
        )
        bound = {1: "10⁻¹⁶", 3: "10⁻⁵⁰"}[points]
        assert found.outcome == (
            f"holds at {words} modulo 2⁶¹ − 1 of each size. "
            f"A false equation would pass with probability below {bound}."
        )
        assert (
            found.scope.world == "2 states with 3 actions and 4 states with 2 actions, any policy"
        )


def test_random_mdps_are_counted_with_the_largest_share():
    rows = [[n, 2 * n] for n in range(1, 121)]
    found = check_on_random_mdps("eq:x", rows, [[130, 300]] * 120, wrong={"less": [[7, 9]] * 120})
    # 120/130 = 0.923 and 240/300 = 0.8
    assert found.outcome == (
        "holds in exact fractions in all 240 cases. The smaller side reaches 92.3 % of the larger."
    )
    assert found.scope.world == "120 random MDPs: a test, not a proof"
    zero = check_on_random_mdps("eq:x", [0] * 100, [0] * 100, wrong={"less": [-1] * 100})
    assert zero.holds and "reaches 0.0 % of" in zero.outcome


def test_rows_of_random_mdps_are_refused_with_their_shape():
    with pytest.raises(ValueError, match=re.escape("smaller has shape (100, 1, 1); a test needs")):
        check_on_random_mdps("eq:x", [[[1]]] * 100, [2] * 100, wrong={"0": [0] * 100})
    with pytest.raises(ValueError, match=re.escape("larger['a'][3, 1] is 0.5, not a Fraction")):
        larger = [[2, 2]] * 3 + [[2, 0.5]] + [[2, 2]] * 100
        check_on_random_mdps("eq:x", {"a": [[1, 1]] * 104}, {"a": larger}, wrong={"0": 0})
    with pytest.raises(ValueError, match="the sides have 100 and 103 rows; they should agree"):
        check_on_random_mdps("eq:x", [1] * 103, [2] * 100, wrong={"0": [0] * 100})


def test_a_simulation_is_told_with_its_clearest_coordinate():
    # Standard errors 1/20 and 2/20; 3/2 is clearer than 1.25/1; 0.2 is two standard errors.
    rows = np.column_stack([COIN + 1.25, 2 * COIN - 2.8])
    found = check_mean("eq:m", rows, [1.25, -3], [1, 2], {"far": rows + 9}, "coins")
    assert found.outcome == (
        "agrees with a simulation: 400 trajectories give −2.8000 ± 0.1000, exact −3.0000; "
        "largest of 2 deviations 2.0 standard errors, 5 allowed; 2 of 2 coordinates resolved."
    )
    assert found.method == "Monte Carlo"
    many = np.tile(COIN, 4) + 1.25
    found = check_mean("eq:m", many, 1.25, 1, {"far": many + 9}, "a coin", rows_are="tosses")
    assert found.outcome == (
        "agrees with a simulation: 1\u202f600 tosses give 1.2500 ± 0.0250, exact 1.2500; "
        "deviation 0.0 standard errors, 5 allowed."
    )


def test_a_small_error_gets_as_many_places_as_it_takes_to_see_it():
    rows = 4e-6 * COIN + 1e-4  # standard error 2e-7
    found = check_mean("eq:m", rows, 1e-4, 4e-6, {"far": rows + 9}, "a coin")
    assert "give 0.0001000 ± 0.0000002, exact 0.0001000; deviation 0.0" in found.outcome
    sure = np.full(400, 0.125)
    found = check_mean("eq:m", sure, 0.125, 0, {"far": sure + 9}, "a coin")
    assert "give 0.0000" not in found.outcome and "0.1250 ± 0.0000" in found.outcome


def test_a_disagreement_is_told_in_standard_errors():
    found = check_mean("eq:m", COIN + 1.55, 1.25, 1, {"far": COIN + 9}, "a coin")
    assert found.outcome == (
        "disagrees: 1.55 against the exact 1.25 is 6.0 standard errors." + NOT_TRIED
    )
    assert not found.holds and found.scope.world == "a coin"


def test_the_number_of_rows_that_a_wrong_version_needs_is_told():
    # ((5 + 4 sqrt(400/399)) / 0.3)^2 = (9.00501 / 0.3)^2 = 901.002
    with pytest.raises(ValueError, match="^400 rolls may miss .* “biased”; take at least 902$"):
        check_mean("eq:m", COIN, 0, 1, {"biased": COIN + 0.3}, "a coin", rows_are="rolls")


@pytest.mark.parametrize(
    "case, words, at",
    [
        (("V", 3), "line V, case 3", " in line V, case 3"),
        (("V", ()), "line V", " in line V"),
        (("", (2,)), "case 2", " in case 2"),
        (("", (np.int64(4), 5)), "case (4, 5)", " in case (4, 5)"),
        (("", ()), "the statement", ""),
    ],
)
def test_a_case_is_named_by_its_line_and_its_place(case, words, at):
    assert claims.in_words(case) == words and claims.at(case) == at


def test_sizes_of_the_scope_and_numbers_of_the_lines_are_read_from_the_call():
    found = check("eq:x", u, u, wrong={"0": 0}, horizon="any T", lines=3, scope="words")
    assert (found.scope.horizon, found.scope.words, found.of_display) == (
        "any T",
        "words",
        (1, 2, 3),
    )
    assert check("eq:x", u, u, wrong={"0": 0}, horizon=7).scope.horizon == "T = 7"
    assert check("eq:x", u, u, wrong={"0": 0}, lines=(4, 2)).of_display == (4, 2)
    assert check("eq:x", u, u, wrong={"0": 0}).of_display == ()
    assert check("eq:x", u, u, wrong={"0": 0}, note="a note").note == "a note"


def test_errors_name_what_is_missing():
    with pytest.raises(ValueError, match="^line 1 stands on the left side only; both sides need"):
        check("eq:x", {"": u, "b": v}, {"b": v}, wrong={"0": 0})
    with pytest.raises(ValueError, match="^case 1 stands on the left side only; both sides need"):
        check("eq:x", [u, v], {0: u}, wrong={"0": 0})
    with pytest.raises(ValueError, match="^label is 'x'; it should be an equation's label such"):
        check("x", u, u, wrong={"0": 0})


def test_a_case_may_be_named_by_an_integer_of_numpy():
    u, v = field("u, v", QQ)[1:]
    left = {np.int64(6): u, np.int64(7): v}
    found = check("eq:v", left, {6: u, 7: v}, wrong={"other": {6: v, 7: v}}, excused={7: "why"})
    assert found.holds and "None is needed in case 7: why." in found.line
    assert not check("eq:v", left, {6: v, 7: v}, wrong={"right": left}).holds
