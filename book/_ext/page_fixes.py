"""Mends what the theme and its companions write into a page against the rules of this book."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx

# Roles that were withdrawn from the standard, or that stand where a list expects its items.
ROLES = {
    ' role="doc-biblioentry"': ' role="listitem"',
    ' role="doc-backlink"': "",
}


def drop_thebe_settings(app: Sphinx, doctree: nodes.document, page: str) -> None:
    for raw in list(doctree.findall(nodes.raw)):
        if "x-thebe-config" in raw.astext() or "kernelName =" in raw.astext():
            raw.parent.remove(raw)


def mend(app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document) -> None:
    # The scripts of Thebe name another host, declare a constant twice and serve nothing here.
    for files in ("script_files", "css_files"):
        context[files] = [
            file
            for file in context[files]
            if "thebe" not in f"{file} {getattr(file, 'attributes', '')}".lower()
        ]
    for old, new in ROLES.items():
        context["body"] = context.get("body", "").replace(old, new)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-resolved", drop_thebe_settings, priority=900)
    app.connect("html-page-context", mend, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
