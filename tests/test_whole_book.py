"""The pages about the whole book: what the map takes for a use, and what the ledger counts."""

from __future__ import annotations

import re
from pathlib import Path
from unittest.mock import Mock

import ledger_page
import proof_map
import pytest
from docutils import nodes
from proof_map import AGAIN, COMPARES, USES, Arrow, Statement

from utils.checks.verdict import Line, Verdict

BOOK = Path(__file__).resolve().parents[1] / "book"


def statement(label: str, *references: str, words: str = "", terms: tuple[str, ...] = ()):
    return Statement("chapter", label, label, "", {label}, set(references), words, set(terms))


def roles(statements: list[Statement], lines: str = "") -> dict[tuple[str, str], str]:
    """{(user, target): role}, by labels."""
    said = proof_map.read_lines(lines, statements, "page")
    found = proof_map.arrows(statements, said)
    return {(statements[a.user].name, statements[a.target].name): a.role for a in found}


def test_a_reference_is_a_use_unless_the_page_says_otherwise():
    three = [statement("thm:a"), statement("thm:b", "thm:a"), statement("thm:c", "thm:a", "thm:b")]
    lines = "thm:b proves again thm:a\nthm:c compares thm:a"
    assert roles(three, lines) == {
        ("thm:b", "thm:a"): AGAIN,
        ("thm:c", "thm:a"): COMPARES,
        ("thm:c", "thm:b"): USES,
    }


def test_a_definition_is_used_where_its_words_or_symbols_are_spoken_after_it():
    some = [
        statement("thm:early", words="a score"),
        statement("def:score", words="The score", terms=("score", r"`\psi_t`")),
        statement("thm:word", words="the mean of two Scores"),
        statement("thm:symbol", words=r"\nabla\psi_t\,Q"),
        statement("thm:neither", words=r"a scoreboard, \psi_{t+1}"),
    ]
    assert set(roles(some)) == {("thm:word", "def:score"), ("thm:symbol", "def:score")}


def test_of_two_definitions_of_a_word_that_of_the_own_chapter_is_meant():
    first, second = statement("def:a", terms=("score",)), statement("def:b", terms=("score",))
    second.docname = "other"
    later = [statement("thm:x", words="score"), statement("thm:y", words="score")]
    later[0].docname = "other"
    found = roles([first, second, *later])
    assert set(found) == {("thm:x", "def:b"), ("thm:y", "def:a")}


def test_a_line_that_fits_no_reference_of_the_text_is_reported(caplog):
    two = [statement("thm:a"), statement("thm:b")]
    for line in ("thm:b proves again thm:a", "thm:b compares thm:gone", "nonsense"):
        caplog.clear()
        proof_map.read_lines(line, two, "page")
        assert "does not find in the text" in caplog.text


def arrows(*pairs: tuple[int, int], role: str = USES) -> list[Arrow]:
    return [Arrow(user, target, role) for user, target in pairs]


def test_a_circle_of_uses_is_found_and_a_second_proof_closes_none():
    assert set(proof_map.circle(arrows((0, 1), (1, 2), (2, 0)))) == {0, 1, 2}
    assert proof_map.circle(arrows((1, 0), (2, 1)) + arrows((0, 2), role=AGAIN)) == []


def test_a_second_proof_that_needs_its_theorem_is_found_however_long_the_way():
    again = arrows((2, 0), role=AGAIN)
    assert proof_map.proves_itself(again + arrows((2, 1))) == []
    assert proof_map.proves_itself(again + arrows((2, 1), (1, 3), (3, 0))) == [(2, 0)]


def in_section(*children: nodes.Node) -> nodes.section:
    return nodes.section("", nodes.title("", "A section"), *children)


def test_a_folded_proof_is_a_dropdown_in_the_section_of_its_statement():
    def proof(label: str) -> nodes.container:
        return nodes.container("", nodes.paragraph("", label), design_component="dropdown")

    inside, outside = proof("inside"), proof("outside")
    theorem = nodes.Element("", realtype="theorem", label="thm:x", countertype="theorem", ids=["x"])
    theorem += nodes.title("", "(A theorem)")
    document = nodes.container("", in_section(theorem, inside), in_section(outside))
    env = Mock(toc_fignumbers={}, get_doctree=lambda docname: document)
    (found,) = proof_map.statements_of(env, "chapter")
    assert "inside" in found.words and "outside" not in found.words


def test_the_proofs_of_the_policy_gradient_theorem_are_named_on_the_map():
    lines = (BOOK / "proof-map.md").read_text()
    for label in ("prop:grad-value", "cor:pgt-from-pdl"):
        assert f"{label} proves again thm:pgt" in lines


def row(n_lines: int, *verdicts: Verdict) -> ledger_page.Row:
    equation = ledger_page.Equation("eq:x", "chapter", in_section(), n_lines)
    return ledger_page.Row(None, "ledger", equation, verdicts)


def verdict(method: str, *wrong: str, lines: tuple[int, ...] = (), **more) -> Verdict:
    found = (Line("", 1, len(wrong[:1]), wrong),)
    return Verdict(
        "eq:x", more.pop("kind", "identity"), method, True, "Holds.", lines=found,
        of_display=lines, rejected=wrong, **more,
    )  # fmt: skip


def test_the_ledger_counts_equations_lines_checks_and_wrong_versions_once():
    rows = [
        row(2, verdict("exact", "a", "b"), verdict("Monte Carlo", "a", lines=(2,))),
        row(3, verdict("exact inequality", "c"), verdict("exact", "d", kind="definition")),
        row(1, verdict("random points", "e")),
    ]
    assert ledger_page.totals(rows) == {
        "equations": 3,
        "definitions": 1,
        "lines": 6,
        "lines-with-teeth": 4,
        "checks": 5,
        "wrong-versions": 5,
        "decided-exactly": 2,
        "at-random-points": 1,
        "on-random-mdps": 0,
        "simulated": 1,
    }


def test_lines_without_a_tooth_are_found():
    assert ledger_page.bare_lines(row(3, verdict("exact", "a", lines=(1, 3)))) == [2]
    assert ledger_page.bare_lines(row(1)) == [1]


def test_an_equation_with_a_definition_among_its_checks_is_stated_and_not_proved():
    one = verdict("exact", "a"), verdict("exact", "b", kind="definition")
    assert ledger_page.kind_of(one) == "definition"
    assert ledger_page.kind_of(one[:1]) == "identity"


@pytest.mark.parametrize("page", ["index.md", "ledger.md"])
def test_no_count_of_the_ledger_is_written_by_hand(page):
    text = re.sub(r"\{ledger-total\}`[\w-]+`", "", (BOOK / page).read_text())
    assert not re.search(r"\d+ (numbered )?(equations?|checks?|lines|wrong versions?)\b", text)


def test_each_count_on_the_index_page_is_one_that_the_ledger_makes():
    names = set(re.findall(r"\{ledger-total\}`([\w-]+)`", (BOOK / "index.md").read_text()))
    assert names and names <= set(ledger_page.totals([]))
