"""The chapters as files: normal form, and a stored verdict with teeth for every equation."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import tidy

from utils.checks.display import count_lines
from utils.checks.verdict import MIME, Verdict

BOOK = Path(__file__).resolve().parents[1] / "book"
CHAPTERS = sorted(BOOK.glob("*.ipynb"))
# `$$ ... $$ (eq:name)` or `:label: eq:name`
DISPLAY = re.compile(r"\$\$(.*?)\$\$(?:\s*\((eq:[\w-]+)\))?", re.DOTALL)
LABEL = re.compile(r"\$\$\s*\((eq:[\w-]+)\)|^\s*:label:\s*(eq:[\w-]+)\s*$", re.MULTILINE)

# Chapter 0 stands before the proof: it proves nothing, so it has no labelled equation.
BEFORE_THE_PROOF = "00-ten-minutes"
WHOLE_PROGRAM = "whole-program"  # the tag of its one long cell, a learner with nothing hidden

each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)


def read(chapter: Path) -> dict:
    return json.loads(chapter.read_text(encoding="utf-8"))


def cells(chapter: Path, kind: str) -> list[dict]:
    return [cell for cell in read(chapter)["cells"] if cell["cell_type"] == kind]


def is_whole_program(cell: dict) -> bool:
    return WHOLE_PROGRAM in cell["metadata"].get("tags", [])


def labels(text: str) -> list[str]:
    return [a or b for a, b in LABEL.findall(text)]


def chapter_labels(chapter: Path) -> list[str]:
    return [x for cell in cells(chapter, "markdown") for x in labels("".join(cell["source"]))]


def verdicts(chapter: Path) -> list[dict]:
    outputs = [output for cell in cells(chapter, "code") for output in cell["outputs"]]
    return [output["data"][MIME] for output in outputs if MIME in output.get("data", {})]


def displays(chapter: Path) -> dict[str, str]:
    """{label: formula} of the labelled displays between double dollars."""
    texts = ["".join(cell["source"]) for cell in cells(chapter, "markdown")]
    found = [pair for text in texts for pair in DISPLAY.findall(text)]
    return {label: formula for formula, label in found if label}


def bare_lines(chapter: Path) -> set[tuple[str, int]]:
    """(label, line) of each line of a display in which no check has teeth."""
    stored = [Verdict.from_facts(facts) for facts in verdicts(chapter)]
    bare = set()
    for label, formula in displays(chapter).items():
        n = count_lines(formula)
        own = [verdict.bitten_lines(n) for verdict in stored if verdict.label == label]
        bare |= {(label, line) for line in range(1, n + 1) if not any(line in x for x in own)}
    return bare


def test_there_are_chapters():
    assert CHAPTERS


@each_chapter
def test_chapter_is_in_normal_form(chapter):
    text = chapter.read_text(encoding="utf-8")
    assert tidy.normal_form(json.loads(text)) == text, "run `make tidy`"


@each_chapter
def test_each_equation_has_a_verdict_that_holds_and_rejects_a_wrong_version(chapter):
    stored = verdicts(chapter)
    proves = chapter.stem != BEFORE_THE_PROOF
    assert bool(chapter_labels(chapter)) == proves, "labelled equations stand where they are proved"
    for label in chapter_labels(chapter):
        own = [verdict for verdict in stored if verdict["label"] == label]
        assert own, f"{label} has no stored verdict; check it and run `make verdicts`"
        assert all(verdict["holds"] for verdict in own), label
        assert any(verdict["rejected"] for verdict in own), label


@each_chapter
def test_each_labelled_display_is_read(chapter):
    assert set(displays(chapter)) == set(chapter_labels(chapter))


@each_chapter
def test_in_each_line_of_a_display_a_wrong_version_is_rejected(chapter):
    assert bare_lines(chapter) == set()


@each_chapter
def test_each_verdict_speaks_of_an_equation_of_the_chapter(chapter):
    assert {verdict["label"] for verdict in verdicts(chapter)} <= set(chapter_labels(chapter))


def test_no_label_is_given_twice():
    pages = [path.read_text(encoding="utf-8") for path in sorted(BOOK.glob("*.md"))]
    every = [x for chapter in CHAPTERS for x in chapter_labels(chapter)]
    every += [x for page in pages for x in labels(page)]
    assert len(every) == len(set(every)), sorted({x for x in every if every.count(x) > 1})


@each_chapter
def test_every_check_cell_keeps_its_output_for_comparison(chapter):
    for cell in cells(chapter, "code"):
        tags = set(cell["metadata"].get("tags", []))
        if any(MIME in output.get("data", {}) for output in cell["outputs"]):
            assert {"keep_output", "nbval-check-output"} <= tags
        if re.search(r"\bcheck\w*\(\s*[\"']eq:", "".join(cell["source"])):
            assert {"keep_output", "nbval-check-output"} <= tags, "".join(cell["source"])
        if "nbval-check-output" in tags:
            assert cell["outputs"], "nothing is stored to compare with; run `make verdicts`"


@each_chapter
def test_cells_are_short(chapter):
    """At most 15 lines in nine of ten code cells; what is longer lives in utils."""
    shown = [cell for cell in cells(chapter, "code") if not is_whole_program(cell)]
    lengths = [len(cell["source"]) for cell in shown]
    assert sum(length <= 15 for length in lengths) >= 0.9 * len(lengths)


@each_chapter
def test_only_chapter_0_shows_a_whole_program_and_it_has_at_most_25_lines(chapter):
    programs = [cell["source"] for cell in cells(chapter, "code") if is_whole_program(cell)]
    assert len(programs) == (chapter.stem == BEFORE_THE_PROOF)
    assert all(sum(1 for line in source if line.strip()) <= 25 for source in programs)


@each_chapter
def test_chapter_contains_no_machine_path(chapter):
    assert not re.search(r"/(home|root|Users|tmp|work)/", chapter.read_text(encoding="utf-8"))
