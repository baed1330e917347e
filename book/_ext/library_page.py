"""The page *The library*: docstrings of `utils`, set by autodoc.

The docstrings are written to be read in an editor: arguments stand in aligned columns, equations
are named by their labels. Here the columns become field lists and the labels become numbers.
"""

from __future__ import annotations

import re

from sphinx.application import Sphinx

COLUMNS = re.compile(r"^(?P<name>\S(?:.*?\S)?) {2,}(?P<text>\S.*)$")
LABEL = re.compile(r"``(eq:[a-z0-9-]+)``|\b(eq:[a-z0-9-]+)\b", re.I)
BLANK = ""


def with_field_lists(lines: list[str]) -> list[str]:
    """Turn blocks of `name   description` lines into field lists, with their continuation lines."""
    out: list[str] = []
    in_list = False
    for line in lines:
        column = COLUMNS.match(line)
        if column and not line.endswith("::"):
            if not in_list and out and out[-1] != BLANK:
                out.append(BLANK)
            in_list = True
            name = column["name"].replace(":", "\\:")
            out.append(f":{name}: {column['text']}")
        elif in_list and line.startswith("    "):
            out.append(f"    {line.strip()}")
        else:
            if in_list and line.strip():
                out.append(BLANK)
            in_list = False
            out.append(line)
    return out


def with_numbers(line: str) -> str:
    """Name equations by the numbers they carry in the book."""
    return LABEL.sub(lambda found: f":math:numref:`{found[1] or found[2]}`", line)


def plain_formulas(line: str) -> str:
    """Keep bars and stars of formulas from being read as markup, outside of code."""
    parts = re.split(r"(``.*?``)", line)
    return "".join(p if p.startswith("``") else re.sub(r"([|*])", r"\\\1", p) for p in parts)


def set_docstring(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
):
    lines[:] = [with_numbers(plain_formulas(line)) for line in with_field_lists(lines)]


def setup(app: Sphinx) -> dict[str, bool]:
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", set_docstring)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
