"""Gives each verdict on a page the number of its equation: "(1.7) eq:traj-score holds exactly".

It also gets a name to which the ledger leads: the second check of ``eq:traj-score`` in a chapter is
``check-eq-traj-score-2``.
"""

from __future__ import annotations

from collections import Counter

from docutils import nodes
from sphinx.application import Sphinx
from whole_book import verdicts_of


def check_anchor(label: str, place: int) -> str:
    """The name of the check of an equation that stands at this place among them, from 1 on."""
    return f"{nodes.make_id(f'check-{label}')}-{place}"


def number_verdicts(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Runs when equations have their numbers; a running notebook knows only the label."""
    numbers = app.env.toc_fignumbers.get(page, {}).get("displaymath", {})
    shown = {verdict.as_html(): verdict for verdict in verdicts_of(app, page)}
    places: Counter[str] = Counter()
    for node in doctree.findall(nodes.raw):
        if verdict := shown.get(node.astext()):
            number = numbers.get(nodes.make_id(f"equation-{verdict.label}"), ())
            places[verdict.label] += 1
            anchor = check_anchor(verdict.label, places[verdict.label])
            node["number"], node["verdict"] = ".".join(map(str, number)), verdict
            html = verdict.as_html(node["number"])
            node.children = [nodes.Text(html.replace("<div ", f'<div id="{anchor}" ', 1))]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-resolved", number_verdicts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
