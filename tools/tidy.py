"""Bring notebooks into normal form, so that a diff shows what a person changed and nothing else.

Normal form: only the metadata named below, an id on every cell that stays, keys in one order, and
no outputs and execution counts except on cells tagged `keep_output` or `nbval-check-output`. There
the count is always 1: nbval takes a stored output without a count for a mistake.
`--run` executes the notebooks first, which renews the verdicts stored on their check cells.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

KEPT_OUTPUT_TAGS = {"keep_output", "nbval-check-output"}
KEPT_CELL_METADATA = ("mystnb", "tags")
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def drop_widget_view(output: dict) -> None:
    """Leave the still picture of a figure: a stored live face shows an error when reopened."""
    data = output.get("data", {})
    if data.keys() & {"text/html", "image/png"}:
        data.pop(WIDGET_VIEW, None)


def joined(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def split(source: str) -> list[str]:
    return source.splitlines(keepends=True)


def fresh_id(source: str, taken: set[str]) -> str:
    """An id that depends on the text of the cell, not on chance."""
    number = 0
    while True:
        name = hashlib.sha256(f"{number} {source}".encode()).hexdigest()[:8]
        if name not in taken:
            return name
        number += 1


def tidy_output(output: dict) -> dict:
    drop_widget_view(output)
    if "execution_count" in output:
        output["execution_count"] = 1
    if "metadata" in output:
        output["metadata"] = {}
    return output


def tidy_cell(cell: dict, taken: set[str]) -> dict:
    source = joined(cell["source"]).rstrip()
    name = cell.get("id")
    if not name or name in taken:
        name = fresh_id(source, taken)
    taken.add(name)
    metadata = {k: cell["metadata"][k] for k in KEPT_CELL_METADATA if cell["metadata"].get(k)}
    tidied = {"cell_type": cell["cell_type"], "id": name, "metadata": metadata}
    tidied["source"] = split(source)
    if cell.get("attachments"):
        tidied["attachments"] = cell["attachments"]
    if cell["cell_type"] == "code":
        kept = KEPT_OUTPUT_TAGS & set(metadata.get("tags", []))
        outputs = cell["outputs"] if kept else []
        tidied["execution_count"] = 1 if outputs else None
        tidied["outputs"] = [tidy_output(output) for output in outputs]
    return tidied


def normal_form(notebook: dict) -> str:
    """The text of the notebook's file in normal form; doing it twice changes nothing."""
    taken: set[str] = set()
    cells = [tidy_cell(cell, taken) for cell in notebook["cells"]]
    cells = [cell for cell in cells if cell["source"]]
    tidied = {"cells": cells, "metadata": NOTEBOOK_METADATA, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(tidied, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def execute(path: Path) -> dict:
    """The notebook after a run of all its cells in its own directory."""
    import nbclient
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    return json.loads(nbformat.writes(notebook))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", action="store_true", help="execute each notebook first")
    parser.add_argument("notebooks", nargs="*", type=Path)
    arguments = parser.parse_args()
    for path in arguments.notebooks:
        before = path.read_text(encoding="utf-8")
        after = normal_form(execute(path) if arguments.run else json.loads(before))
        if after != before:
            path.write_text(after, encoding="utf-8")
            print("changed", path)


if __name__ == "__main__":
    main()
