"""A verdict is made of fields; text, page and ledger are made from them."""

import json
import re

import numpy as np
from sympy import QQ
from sympy.polys.fields import field

from utils.checks.means import check_mean
from utils.checks.verdict import MIME, Line, Verdict
from utils.checks.without_sampling import check

K, u, v = field("u v", QQ)


def rich() -> Verdict:
    rows = np.tile([1.0, -1.0], 200)
    return check_mean(
        "eq:rich", {"a": rows, "b": rows}, 0, 1, {"x": {"a": rows + 3}}, "a coin", lines=2
    )


def test_a_verdict_prints_one_line_and_carries_its_facts(capsys):
    verdict = check("eq:one", u, u, wrong={"zero": 0})
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1 and printed.startswith("✓ eq:one ")
    facts = verdict._repr_mimebundle_()[MIME]
    assert facts["label"] == "eq:one" and facts["holds"] and facts["rejected"] == ["zero"]


def test_a_verdict_comes_back_from_json_as_it_was():
    for verdict in (check("eq:one", u, u, wrong={"zero": 0}), rich()):
        assert Verdict.from_facts(json.loads(json.dumps(verdict.as_facts()))) == verdict


def test_the_link_leads_to_the_anchor_of_jupyterlab_or_of_the_built_book(monkeypatch):
    verdict = check("eq:J-tail", u, u, wrong={"zero": 0})
    monkeypatch.delenv("BOOK_STATIC", raising=False)
    assert 'href="#eq-j-tail"' in verdict.as_html()
    monkeypatch.setenv("BOOK_STATIC", "1")
    assert 'href="#equation-eq-j-tail"' in verdict.as_html()
    assert ">(1.7)</a> <code>eq:J-tail</code> holds" in verdict.as_html("1.7")


def test_the_parts_of_a_verdict_stand_apart_without_a_style_sheet():
    html = check("eq:one", u, u, wrong={"zero": 0}).as_html()
    assert "holds exactly.<br>" in html
    assert "color:" in re.search(r'class="verdict-mark" style="([^"]*)"', html)[1]


def test_words_in_a_note_do_not_break_a_verdict_apart():
    note = "But Rejected: is a word. <b>"
    html = check("eq:one", u, u, wrong={"zero": 0}, note=note).as_html()
    assert '<br><span class="verdict-teeth">But Rejected: is a word. &lt;b&gt;</span>' in html


def line(name: str, bitten: bool) -> Line:
    return Line(name, 1, int(bitten), (), () if bitten else ("it",))


def verdict(*lines: Line, of_display: tuple[int, ...] = ()) -> Verdict:
    return Verdict("eq:x", "identity", "exact", True, "", lines=lines, of_display=of_display)


def test_a_check_without_a_word_about_lines_is_about_the_first():
    assert verdict(line("", True)).bitten_lines(1) == (1,)
    assert verdict(line("", True)).bitten_lines(3) == (1,)


def test_named_lines_are_those_of_the_display_if_there_are_as_many():
    assert verdict(line("a", True), line("b", False)).bitten_lines(2) == (1,)
    assert verdict(line("a", True), line("b", True)).bitten_lines(2) == (1, 2)
    assert verdict(line("a", True), line("b", True)).bitten_lines(3) == (1,)


def test_a_check_may_state_its_lines():
    assert verdict(line("", True), of_display=(2, 3)).bitten_lines(3) == (2, 3)
    assert verdict(line("", False), of_display=(2, 3)).bitten_lines(3) == ()
    assert verdict(line("a", False), line("b", True), of_display=(1, 3)).bitten_lines(3) == (3,)
