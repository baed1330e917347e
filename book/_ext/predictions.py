"""A prediction goes into the box of its question, and what would answer it waits.

The cell ``predict("name")`` stands right under the box "Predict". Its form becomes part of the box.
What waits for the reader's answer begins after it and reaches to the prediction's figure and on
through the plain text under the figure: to the next cell, heading, statement, or paragraph that
begins in bold. If a prediction says so, the whole rest of its section waits, statements too. With a
script it appears when the reader commits; without one it is there.

A cell ``ask("ex:name")`` becomes the form of its exercise. At the end of the exercises stands a
line that counts what was predicted and answered.
"""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from figures_page import explorer_figure
from sphinx.application import Sphinx
from sphinx.util import logging

from utils.predictions import prediction, prediction_named, question_named
from utils.predictions.prediction import NEXT_CELL, NEXT_TEXT

CELL = re.compile(r'predict\("([^"]+)"\)')
QUESTION = re.compile(r'ask\("(ex:[^"]+)"\)')
LOGGER = logging.getLogger(__name__)
SCRIPT, STYLE = "predictions.js", "predictions.css"
PLAIN = (nodes.paragraph, nodes.bullet_list, nodes.enumerated_list, nodes.math_block, nodes.table)
UNSEEN = (nodes.target, nodes.comment)
NOTE = (
    '<p class="waits-note">What comes here waits for your answer above. '
    '<button type="button">Show it</button></p>'
)
PROGRESS = '<p class="progress-line" hidden></p>'
SCRIPTS = ("predictions.js", "questions.js", "progress.js")  # one file in a page


def raw(html: str) -> nodes.raw:
    return nodes.raw("", html, format="html")


def cell_of(node: nodes.Node) -> nodes.Element:
    while "cell" not in node.get("classes", []):
        node = node.parent
    return node


def is_cell(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and "cell" in node["classes"]


def is_plain(node: nodes.Node) -> bool:
    """Text that goes on, not a run-in heading."""
    if isinstance(node, nodes.paragraph):
        return not (node.children and isinstance(node[0], nodes.strong))
    return isinstance(node, PLAIN + UNSEEN)


def what_waits(following: list[nodes.Node], waits: str) -> slice | None:
    """Which of the nodes after the prediction wait; None if what should wait is not there.

    A statement on the way to a figure does not wait: then only the figure does, with its text.
    """
    for place, node in enumerate(following):
        if isinstance(node, nodes.section):
            return None
        if (
            any(f"fig-{waits}" in shown["ids"] for shown in node.findall(explorer_figure))
            or (waits == NEXT_CELL and is_cell(node))
            or (waits == NEXT_TEXT and is_plain(node))
        ):
            end = place + 1
            while end < len(following) and is_plain(following[end]):
                end += 1
            way = PLAIN + UNSEEN
            leads = all(isinstance(node, way) or is_cell(node) for node in following[:place])
            return slice(0 if leads else place, end)
    return None


def rest_of_section(following: list[nodes.Node]) -> slice:
    """All nodes after the prediction, up to the first section below."""
    ends = (place for place, node in enumerate(following) if isinstance(node, nodes.section))
    return slice(0, next(ends, len(following)))


def place_predictions(app: Sphinx, doctree: nodes.document) -> None:
    asked = [
        (cell_of(code), found[1])
        for code in doctree.findall(nodes.literal_block)
        if (found := CELL.fullmatch(code.astext().strip()))
    ]
    for cell, name in asked:
        try:
            predicted = prediction_named(name)
        except ValueError as error:
            LOGGER.warning(str(error), location=cell)
            continue
        parent, place = cell.parent, cell.parent.index(cell)
        box = parent[place - 1] if place else None
        if not isinstance(box, nodes.admonition):
            LOGGER.warning(f"{predicted.name}: no question stands above it", location=cell)
            continue
        parent.remove(cell)
        box += raw(predicted.html())
        following = parent.children[place:]
        part = what_waits(following, predicted.waits) if predicted.waits else None
        if predicted.waits and part is None:
            LOGGER.warning(f"{predicted.name}: no {predicted.waits} follows", location=box)
            continue
        if predicted.rest:
            part = rest_of_section(following)
        if part:
            parent.insert(place + part.stop, raw("</div>"))
            parent.insert(
                place + part.start, raw(f'<div class="waits" data-waits="{predicted.name}">{NOTE}')
            )


def place_questions(app: Sphinx, doctree: nodes.document) -> None:
    for code in list(doctree.findall(nodes.literal_block)):
        if found := QUESTION.fullmatch(code.astext().strip()):
            try:
                cell_of(code).replace_self(raw(question_named(found[1]).html()))
            except ValueError as error:
                LOGGER.warning(str(error), location=code)
    for section in doctree.findall(nodes.section):
        if section[0].astext() == "Exercises":
            section += raw(PROGRESS)


def write_assets(app: Sphinx, failure: Exception | None) -> None:
    if failure is None and app.builder.format == "html":
        folder = Path(app.outdir) / "_static"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / STYLE).write_text(prediction.style(), encoding="utf-8")
        scripts = "".join(prediction.data(name) for name in SCRIPTS)
        (folder / SCRIPT).write_text(scripts, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_css_file(STYLE)
    app.add_js_file(SCRIPT, loading_method="defer")
    app.connect("doctree-read", place_predictions)
    app.connect("doctree-read", place_questions)
    app.connect("build-finished", write_assets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
