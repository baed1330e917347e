"""The number of a figure, counted in the notebook that shows it: "3.2" is the second of chapter 3.

The built page gets the same numbers from Sphinx. In Jupyter nobody numbers figures, so the chapters
in the working directory are read. A test holds that both agree.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

CHAPTER = re.compile(r"(\d+)-.*\.ipynb")
SHOWN = re.compile(r"\bexplore\(\s*(?:\w+\.)*(\w+)")
NAMED = re.compile(r"^(?::::+|```+)\{figure\}[^\n]*\n(?::(?!name)[^\n]*\n)*:name: *fig-(\S+)", re.M)


def figures_of(notebook: Path) -> Iterator[str]:
    """The names of the figures of a chapter, in order."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        pattern = SHOWN if cell["cell_type"] == "code" else NAMED
        for name in pattern.findall("".join(cell["source"])):
            yield name.replace("_", "-")


def figure_number(name: str, folder: Path) -> str:
    """The number of this figure among the chapters in ``folder``, or "" if none shows it."""
    for notebook in sorted(folder.glob("*.ipynb")):
        chapter = CHAPTER.fullmatch(notebook.name)
        names = list(figures_of(notebook)) if chapter else []
        if chapter and name in names:
            return f"{int(chapter[1])}.{names.index(name) + 1}"
    return ""
