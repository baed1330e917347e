"""The book does not depend on when, where, or in which order, it is run and built.

The runs for the second build are made here, in an order of their own. That a check may also run
again in the same kernel is tested each night (`try_again.py`).
"""

from __future__ import annotations

import filecmp
import json
from itertools import combinations
from pathlib import Path

import build_book
import pytest
import run_chapters
from orders import backwards
from test_notebooks import CHAPTERS

from utils.checks.verdict import MIME

OTHER = {"TZ": "Asia/Kolkata", "LC_ALL": "C", "OMP_NUM_THREADS": "2", "PYTHONHASHSEED": "7"}


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory) -> Path:
    """Another folder, with letters that are not ASCII and a space in its path."""
    return tmp_path_factory.mktemp("ein Büchlein")


@pytest.fixture
def other_settings(monkeypatch, tmp_path) -> None:
    for name, value in (OTHER | {"HOME": str(tmp_path / "nowhere")}).items():
        monkeypatch.setenv(name, value)


def verdicts_of(cell: dict) -> list[dict]:
    data = [out.get("data", {}) for out in cell.get("outputs", [])]
    return [one[MIME] for one in data if MIME in one]


def in_another_order(cells: list[dict]) -> list[dict]:
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    return [code[k] for k in backwards([cell["source"] for cell in code])]


def test_cells_run_backwards_but_for_names_that_one_has_from_another():
    cells = ["import all", "a = 1", "check(a)", "b = [a for x in c]", "check(x)", "a = 2", "f(c)"]
    assert backwards(cells) == [0, 6, 4, 1, 3, 2, 5]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_every_check_gives_its_stored_verdict_when_the_cells_run_in_another_order(
    chapter, elsewhere, other_settings, monkeypatch
):
    """The run is kept for the second build below, which compares all other outputs, too."""
    output = elsewhere / "_build"
    for name, value in build_book.environment(output).items():
        monkeypatch.setenv(name, value)
    with run_chapters.running(chapter, in_another_order) as client:
        stamp = run_chapters.stamp_of(client, chapter, build_book.ROOT)
    code = [cell for cell in client.nb.cells if cell.cell_type == "code"]
    checks = [cell.execution_count for cell in code if verdicts_of(cell)]
    turned = [late < early for early, late in combinations(checks, 2)]
    assert sum(turned) >= len(turned) / 2, "most pairs of checks change places"
    stored = json.loads(chapter.read_text(encoding="utf-8"))["cells"]
    for cell, own in zip(client.nb.cells, stored, strict=True):
        assert verdicts_of(cell) == verdicts_of(own), cell.source
    for count, cell in enumerate(code, start=1):
        cell.execution_count = count
        for out in cell.outputs:
            if out.output_type == "execute_result":
                out.execution_count = count
    run_chapters.nbformat.write(client.nb, run_chapters.executed_in(output, chapter))
    run_chapters.store(chapter, stamp, output)


def test_a_second_build_on_other_settings_gives_the_same_pages(site, elsewhere, other_settings):
    """From runs of its own: nothing is taken from the first build."""
    again = build_book.build(elsewhere).parent
    first = {p.relative_to(site.html) for p in site.html.rglob("*") if p.is_file()}
    second = {p.relative_to(again) for p in again.rglob("*") if p.is_file()}
    assert first == second
    assert any(path.suffix == ".html" for path in first)
    differing = [
        str(path)
        for path in sorted(first)
        if not filecmp.cmp(site.html / path, again / path, shallow=False)
    ]
    assert differing == []
