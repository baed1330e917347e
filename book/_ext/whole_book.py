"""What the pages about the whole book share: a directive that waits for all chapters, and walks."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import nbformat
from docutils import nodes
from jupyter_cache import get_cache
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from utils.checks.verdict import MIME, Verdict

PREFIX = "eq:"


class whole_book_place(nodes.General, nodes.Element):
    """Stands on the page until every chapter has been read."""


Fill = Callable[[Sphinx, nodes.document, str, nodes.Element], None]


def add_directive(app: Sphinx, name: str, fill: Fill) -> dict[str, bool]:
    """The directive ``name``; ``fill(app, doctree, page, place)`` replaces its place at the end.

    Any change anywhere writes its pages anew.
    """
    pages = f"{name.replace('-', '_')}_pages"

    class Directive(SphinxDirective):
        has_content = True

        def run(self) -> list[nodes.Node]:
            getattr(self.env, pages).add(self.env.docname)
            return [whole_book_place(name=name, content="\n".join(self.content))]

    def on_init(app: Sphinx) -> None:
        if not hasattr(app.env, pages):
            setattr(app.env, pages, set())

    def on_purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
        getattr(env, pages).discard(docname)

    def on_updated(app: Sphinx, env: BuildEnvironment) -> list[str]:
        return sorted(getattr(env, pages))

    def on_resolved(app: Sphinx, doctree: nodes.document, page: str) -> None:
        for place in list(doctree.findall(whole_book_place)):
            if place["name"] == name:
                fill(app, doctree, page, place)

    app.add_node(whole_book_place, override=True)
    app.add_directive(name, Directive)
    app.connect("builder-inited", on_init)
    app.connect("env-purge-doc", on_purge)
    app.connect("env-updated", on_updated)
    app.connect("doctree-resolved", on_resolved)
    return {"parallel_read_safe": False, "parallel_write_safe": False}


def reading_order(env: BuildEnvironment) -> list[str]:
    """The pages as a reader meets them: depth first through the table of contents."""
    order: list[str] = []

    def visit(docname: str) -> None:
        if docname not in order:
            order.append(docname)
            for child in env.toctree_includes.get(docname, []):
                visit(child)

    visit(env.config.root_doc)
    return order


@cache
def doctree_of(env: BuildEnvironment, docname: str) -> nodes.document:
    """A page as it was read, unpickled once for all who look into it. Nobody changes it."""
    return env.get_doctree(docname)


@cache
def verdicts_of(app: Sphinx, docname: str) -> tuple[Verdict, ...]:
    """The verdicts a notebook displayed when its present code was last executed."""
    source = Path(app.env.doc2path(docname))
    if source.suffix != ".ipynb":
        return ()
    store = get_cache(app.env.mystnb_config.execution_cache_path)
    try:
        _, executed = store.merge_match_into_notebook(nbformat.read(source, as_version=4))
    except KeyError:  # it failed; MyST-NB has said so
        return ()
    bundles = [o.get("data", {}) for cell in executed.cells for o in cell.get("outputs", [])]
    return tuple(Verdict.from_facts(b[MIME]) for b in bundles if MIME in b)


def within(node: nodes.Node | None, is_wanted: Callable[[nodes.Node], bool]) -> bool:
    """Whether the node, or something around it, is wanted."""
    while node is not None:
        if is_wanted(node):
            return True
        node = node.parent
    return False


def titled_section(node: nodes.Node) -> nodes.section:
    """The section a reader sees around the node; a theorem holds a section without a title."""
    while not (isinstance(node, nodes.section) and isinstance(node[0], nodes.title)):
        node = node.parent
    return node
