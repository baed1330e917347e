"""Gives each verdict on a page the number of its equation: "(1.7) eq:traj-score holds exactly"."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from whole_book import verdicts_of


def number_verdicts(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Runs when equations have their numbers; a running notebook knows only the label."""
    numbers = app.env.toc_fignumbers.get(page, {}).get("displaymath", {})
    shown = {verdict.as_html(): verdict for verdict in verdicts_of(app, page)}
    for node in doctree.findall(nodes.raw):
        if verdict := shown.get(node.astext()):
            number = numbers.get(nodes.make_id(f"equation-{verdict.label}"), ())
            node.children = [nodes.Text(verdict.as_html(".".join(map(str, number))))]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-resolved", number_verdicts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
