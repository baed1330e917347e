"""The book does not depend on when, where, how often, or in which order, it is run and built."""

from __future__ import annotations

import copy
import filecmp
import json
from pathlib import Path

import build_book
import pytest
import run_chapters
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


def verdicts_of(outputs: list[dict]) -> str:
    return json.dumps([out["data"][MIME] for out in outputs if MIME in out.get("data", {})])


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_every_check_gives_the_same_verdict_when_it_runs_again_in_reverse_order(
    chapter, elsewhere, other_settings, monkeypatch
):
    """The run is kept for the second build below, which needs one on other settings, too."""
    output = elsewhere / "_build"
    for name, value in build_book.environment(output).items():
        monkeypatch.setenv(name, value)
    with run_chapters.running(chapter) as client:
        stamp = run_chapters.stamp_of(client, chapter, build_book.ROOT)
        first = copy.deepcopy(client.nb)
        for number, cell in reversed(list(enumerate(client.nb.cells))):
            before = verdicts_of(cell.get("outputs", []))
            if before != "[]":
                client.execute_cell(cell, number)
                assert verdicts_of(cell.outputs) == before, cell.source
    run_chapters.nbformat.write(first, run_chapters.executed_in(output, chapter))
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
