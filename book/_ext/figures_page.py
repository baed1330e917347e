"""Explorers become figures of the book: numbered, referable, with one style and one script.

``{numref}`fig-truncation` `` says "Figure 1.3" and leads there. A link ``#fig-truncation;gamma=0.9``
opens the figure with its slider at 0.9. The ``{all-figures}`` directive lists every figure.
"""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective

EXPLORER = re.compile(r'<figure class="explorer[^"]*" id="(fig-[^"]+)">')
CAPTION = re.compile(r'<figcaption[^>]*><a class="explorer-number"[^>]*>Figure</a> (.*?)</figcaption>')
SCRIPT, STYLE = "explorer.js", "explorer.css"


class explorer_figure(nodes.General, nodes.Element):
    """The HTML of one explorer; Sphinx numbers it together with the other figures."""


class all_figures(nodes.General, nodes.Element):
    """Stands on the page until every chapter has been read."""


class AllFigures(SphinxDirective):
    """``{all-figures}``: each figure with its number, its caption and its first frame."""

    def run(self) -> list[nodes.Node]:
        self.env.figure_pages.add(self.env.docname)
        return [all_figures()]


class FindExplorers(SphinxTransform):
    """Put each explorer's HTML into a node that has an id, a caption and a number."""

    default_priority = 400  # before labels are collected

    def apply(self) -> None:
        for raw in list(self.document.findall(nodes.raw)):
            found = EXPLORER.search(raw.astext()) if raw.get("format") == "html" else None
            if not found:
                continue
            name = found[1]
            caption = CAPTION.search(raw.astext())
            node = explorer_figure(html=raw.astext(), ids=[name], names=[name])
            node["caption"] = unescape(caption[1]) if caption else ""
            raw.replace_self(node)
            self.document.note_explicit_target(node)


def caption_of(node: nodes.Node) -> str:
    """The caption by which Sphinx knows a figure; one without a caption has no number."""
    return node["caption"]


def number_of(app: Sphinx, docname: str, name: str) -> str:
    """Such as "3.2"; "" for a figure without a number."""
    numbers = app.env.toc_fignumbers.get(docname, {}).get("figure", {})
    return ".".join(map(str, numbers.get(name, ())))


def visit_explorer(translator, node: explorer_figure) -> None:
    # The id stands in the HTML.
    number = number_of(translator.builder.app, translator.builder.current_docname, node["ids"][0])
    html = node["html"]
    if number:
        html = html.replace(">Figure</a>", f">Figure {number}</a>", 1)
    translator.body.append(html)
    raise nodes.SkipNode


def skip(translator, node: nodes.Node) -> None:
    raise nodes.SkipNode


def link_to_a_frame(app: Sphinx, env: BuildEnvironment, node: nodes.Element, text: nodes.Element):
    """Resolve ``#fig-name;p=0.3`` and ``fig-name;p=0.3`` to the figure on whatever page it is."""
    name, separator, place = node.get("reftarget", "").lstrip("#").partition(";")
    if not separator or not name.startswith("fig-"):
        return None
    labels = env.get_domain("std").anonlabels
    if name not in labels:
        return None
    docname, label = labels[name]
    page = app.builder.get_relative_uri(node.get("refdoc", docname), docname)
    reference = nodes.reference("", "", internal=True, refuri=f"{page}#{label};{place}")
    reference += nodes.inline("", text.astext())
    return reference


def fill(app: Sphinx, doctree: nodes.document, page: str) -> None:
    for place in list(doctree.findall(all_figures)):
        found: list[nodes.Node] = []
        for docname in app.env.toctree_includes_in_order():
            entries = [entry(app, page, docname, node) for node in figures_on(app.env, docname)]
            if entries:
                heading = nodes.rubric("", app.env.titles[docname].astext())
                found += [heading, *entries]
        place.replace_self(found)
