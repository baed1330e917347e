"""Gives each verdict on a page the number of its equation: "(1.7) eq:traj-score holds exactly"."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx

VERDICT_LINK = re.compile(r'(<a href="#equation-[\w-]+">)<code>(eq:[\w-]+)</code></a>')


def number_verdicts(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Runs when equations have their numbers; a running notebook knows only the label."""
    numbers = app.env.toc_fignumbers.get(page, {}).get("displaymath", {})

    def numbered(match: re.Match) -> str:
        link, label = match.groups()
        number = numbers.get(nodes.make_id(f"equation-{label}"))
        if not number:
            return match.group()
        return f"{link}({'.'.join(map(str, number))})</a> <code>{label}</code>"

    for node in doctree.findall(nodes.raw):
        if node.get("format") == "html" and 'class="verdict' in node.astext():
            node.children = [nodes.Text(VERDICT_LINK.sub(numbered, node.astext()))]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-resolved", number_verdicts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
