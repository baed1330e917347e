"""Each change that `make mutants` may pass over names a line that is still there."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TABLES = sorted((ROOT / "tools" / "mutants_explained").glob("*.toml"))


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.stem)
def test_an_explained_change_names_a_line_of_its_room_what_it_becomes_and_why(table):
    for entry in tomllib.loads(table.read_text(encoding="utf-8"))["explained"]:
        source = (ROOT / "utils" / table.stem / entry["file"]).read_text(encoding="utf-8")
        lines = " ".join(line.strip() for line in source.splitlines())
        assert entry["line"] in lines, f"{entry['file']} no longer holds: {entry['line']}"
        assert entry.get("becomes") or entry.get("operators"), entry
        assert entry["reason"].strip(), entry
        assert set(entry) <= {"file", "line", "becomes", "operators", "reason"}
