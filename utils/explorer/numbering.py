"""The number of a figure, counted in the notebook that shows it: "3.2" is the second of chapter 3.

Chapter 0 stands before the numbered chapters, and "2" is its second figure.

The built page gets the same numbers from Sphinx. In Jupyter nobody numbers figures, so the chapters
in the working directory are read. A test holds that both agree.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

CHAPTER = re.compile(r"(\d+)-.*\.ipynb")
SHOWN = re.compile(r"\bexplore\(\s*(?:(\w+)\.)?(\w+)")
IMPORTED = re.compile(r"^from utils\.figures import (.+)$", re.M)
RENAMED = re.compile(r"(\w+) as (\w+)")
NAMED = re.compile(r"^(?::::+|```+)\{figure\}[^\n]*\n(?::(?!name)[^\n]*\n)*:name: *fig-(\S+)", re.M)


def figures_of(notebook: Path) -> Iterator[tuple[str, str]]:
    """Module and variable of each figure of a chapter, in order; ("", name) for an image."""
    modules: dict[str, str] = {}
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] != "code":
            yield from (("", name) for name in NAMED.findall(text))
            continue
        for names in IMPORTED.findall(text):
            modules |= {alias: name for name, alias in RENAMED.findall(names)}
        for module, variable in SHOWN.findall(text):
            yield modules.get(module, module), variable


def figure_number(origin: tuple[str, str], folder: Path) -> str:
    """The number of a picture among the chapters in ``folder``, or "" if none shows it."""
    for notebook in sorted(folder.glob("*.ipynb")):
        chapter = CHAPTER.fullmatch(notebook.name)
        if chapter is None:
            continue
        found = list(figures_of(notebook))
        if origin in found:
            place = str(found.index(origin) + 1)
            return f"{int(chapter[1])}.{place}" if int(chapter[1]) else place
    return ""
