"""Every check gives the same verdict when it runs a second time, in reverse order (`make nightly`).

By day `test_reproducible.py` runs each check once, in another order than the page.
"""

from __future__ import annotations

import build_book
import pytest
import run_chapters
from test_notebooks import CHAPTERS
from test_reproducible import verdicts_of


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_every_check_gives_the_same_verdict_when_it_runs_again_in_reverse_order(
    chapter, tmp_path, monkeypatch
):
    for name, value in build_book.environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    with run_chapters.running(chapter) as client:
        for number, cell in reversed(list(enumerate(client.nb.cells))):
            if before := verdicts_of(cell):
                client.execute_cell(cell, number)
                assert verdicts_of(cell) == before, cell.source
