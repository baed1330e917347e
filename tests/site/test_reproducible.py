"""The book does not depend on when, where, or how often, it is built."""

from __future__ import annotations

import filecmp

import build_book


def test_a_second_build_on_other_settings_gives_the_same_pages(site, tmp_path, monkeypatch):
    """Runs every notebook again: nothing is taken from the first build."""
    settings = {"TZ": "Asia/Kolkata", "LC_ALL": "C", "OMP_NUM_THREADS": "2", "PYTHONHASHSEED": "7"}
    for name, value in (settings | {"HOME": str(tmp_path / "nowhere")}).items():
        monkeypatch.setenv(name, value)
    again = build_book.build(tmp_path / "ein Büchlein").parent
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
