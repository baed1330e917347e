"""A box under each exercise, in the place of the cell that checks an answer in Jupyter.

The mark of difficulty in the exercise's title is said in words to those who do not see it.

The cell ``def answer(k, n, p): ... exercise("ex:...").check(answer)`` names the exercise and its
symbols. The page gets an empty, hidden box with both; `book/_answers/answers.js` fills it. Without
JavaScript nothing is shown, and the exercise and its folded solution stand as they are.
"""

from __future__ import annotations

import re
from html import escape

from docutils import nodes
from sphinx.application import Sphinx

CELL = re.compile(
    r"def answer\((?P<symbols>[^)]*)\):\s+return None\s+"
    r'exercise\("(?P<name>ex:[\w-]+)"\)\.check\(answer\)\s*'
)
WORDS = {"○": "easy", "◐": "medium", "●": "hard"}
TITLE = re.compile(
    r'(<div class="(exercise|solution)[^>]*>\s*<p class="admonition-title">[^(]*\()'
    r"((?:★ )?)([○◐●]) "
)
NAMES = {"lam": "lambda", "eps": "epsilon"}  # what Python cannot or does not call them


def box(name: str, symbols: str) -> str:
    given = [symbol.strip() for symbol in symbols.split(",") if symbol.strip()]
    listed = " ".join(NAMES.get(symbol, symbol) for symbol in given)
    return (
        f'<div class="answer" data-exercise="{escape(name)}" data-symbols="{listed}" hidden></div>'
    )


def page_needs(up: str) -> str:
    return (
        f'<link rel="stylesheet" href="{up}answers/answers.css">'
        f'<script type="module" src="{up}answers/answers.js"></script>'
    )


def put_boxes(app: Sphinx, doctree: nodes.document) -> None:
    """Replace the answer cells of a page."""
    up = "../" * app.env.docname.count("/")
    first = True
    for code in list(doctree.findall(nodes.literal_block)):
        found = CELL.fullmatch(code.astext().strip())
        if not found:
            continue
        cell = code
        while "cell" not in cell.get("classes", []):
            cell = cell.parent
        html = box(found["name"], found["symbols"])
        cell.replace_self(nodes.raw("", html + page_needs(up) * first, format="html"))
        first = False


def say_mark(found: re.Match) -> str:
    """The mark with its word; the title of a solution goes without."""
    start, kind, star, mark = found.groups()
    if kind == "solution":
        return start + star
    word = WORDS[mark]
    return f'{start}{star}<span class="difficulty" role="img" aria-label="{word}">{mark}</span> '


def say_marks(app: Sphinx, page: str, template: str, context: dict, doctree: object) -> None:
    context["body"] = TITLE.sub(say_mark, context.get("body", ""))


def setup(app: Sphinx) -> dict[str, object]:
    app.connect("doctree-read", put_boxes)
    app.connect("html-page-context", say_marks)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
