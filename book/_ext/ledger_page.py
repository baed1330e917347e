"""The `{ledger}` directive: one table of every numbered equation and the checks that ran on it.

A check cell displays a verdict of the media type `VERDICT`. Before a page is written, MyST-NB has
executed every notebook and keeps it, with its outputs, in its store. This extension takes the
verdicts from there and the labels and numbers from Sphinx, and warns (which fails the build) when
a check fails, when an equation `eq:...` has no verdict or when a verdict has no equation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import nbformat
from docutils import nodes
from jupyter_cache import get_cache
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

VERDICT = "application/vnd.policy-gradient-book.verdict+json"
PREFIX = "eq:"
LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Equation:
    label: str
    docname: str
    section: nodes.section


@dataclass(frozen=True)
class Verdict:
    label: str
    docname: str
    method: str
    holds: bool
    line: str
    rejected: tuple[str, ...]
    equivalent: tuple[str, ...]

    @classmethod
    def read(cls, docname: str, bundle: dict) -> Verdict:
        return cls(
            label=bundle["label"],
            docname=docname,
            method=bundle["method"],
            holds=bundle["holds"],
            line=bundle["line"],
            rejected=tuple(bundle["rejected"]),
            equivalent=tuple(bundle["equivalent"]),
        )


class ledger_table(nodes.General, nodes.Element):
    """Stands on the page until every chapter has been read."""


class Ledger(SphinxDirective):
    """`{ledger}`: the totals and one table a chapter."""

    def run(self) -> list[nodes.Node]:
        self.env.ledger_pages.add(self.env.docname)
        return [ledger_table()]


def verdicts_of(app: Sphinx, docname: str) -> list[Verdict]:
    """The verdicts a notebook displayed when its present code was last executed."""
    source = app.env.doc2path(docname)
    if not source.endswith(".ipynb"):
        return []
    store = get_cache(app.env.mystnb_config.execution_cache_path)
    try:
        _, executed = store.merge_match_into_notebook(nbformat.read(source, as_version=4))
    except KeyError:  # it failed; MyST-NB has said so
        return []
    bundles = [o.get("data", {}) for cell in executed.cells for o in cell.get("outputs", [])]
    return [Verdict.read(docname, b[VERDICT]) for b in bundles if VERDICT in b]


def equations_of(env: BuildEnvironment, docname: str) -> Iterator[Equation]:
    for block in env.get_doctree(docname).findall(nodes.math_block):
        label = block.get("label") or ""
        if label.startswith(PREFIX):
            yield Equation(label, docname, titled_section(block))


def titled_section(node: nodes.Node) -> nodes.section:
    """The section a reader sees around the node; a theorem holds a section without a title."""
    while not (isinstance(node, nodes.section) and isinstance(node[0], nodes.title)):
        node = node.parent
    return node


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


def text(*words: str) -> nodes.paragraph:
    return nodes.paragraph("", "", nodes.Text(" ".join(words)))


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def bullet_list(items: list[nodes.Node]) -> nodes.Node:
    if len(items) == 1:
        return items[0]
    return nodes.bullet_list("", *(nodes.list_item("", item) for item in items))


def section_link(app: Sphinx, page: str, section: nodes.section, docname: str) -> nodes.Node:
    reference = nodes.reference("", "", internal=True)
    reference["refuri"] = app.builder.get_relative_uri(page, docname) + "#" + section["ids"][0]
    title = section.next_node(nodes.title).deepcopy()
    reference.extend(title.children)
    return nodes.paragraph("", "", reference)


def equation_link(app: Sphinx, page: str, equation: Equation) -> nodes.Node:
    domain = app.env.get_domain("math")
    shown = nodes.literal("", equation.label)
    link = domain.resolve_xref(
        app.env, page, app.builder, "eq", equation.label, nodes.Element(), shown
    )
    return nodes.paragraph("", "", link, nodes.Text(" "), shown)


def check_line(verdict: Verdict) -> nodes.paragraph:
    outcome = nodes.strong("", f"{'✓' if verdict.holds else '✗'} {verdict.method}:")
    # The wrong versions have a column of their own.
    line = verdict.line.replace(f"Rejected: {'; '.join(verdict.rejected)}.", "").strip()
    return nodes.paragraph("", "", outcome, nodes.Text(" " + line))


def rejected_names(verdicts: list[Verdict]) -> list[str]:
    return list(dict.fromkeys(name for verdict in verdicts for name in verdict.rejected))


def row(cells: list[nodes.Node], **attributes: object) -> nodes.row:
    return nodes.row("", *(nodes.entry("", cell) for cell in cells), **attributes)


def chapter_table(
    app: Sphinx, page: str, equations: list[Equation], verdicts: dict[str, list[Verdict]]
) -> nodes.table:
    widths = (18, 18, 40, 24)
    titles = ("Equation", "Proved in", "Checks that ran", "Wrong versions rejected")
    group = nodes.tgroup("", cols=len(widths))
    group.extend(nodes.colspec("", colwidth=w, stub=int(i == 0)) for i, w in enumerate(widths))
    body = nodes.tbody()
    for equation in equations:
        found = verdicts.get(equation.label, [])
        wrong = [text(name) for name in rejected_names(found)]
        body += row(
            [
                equation_link(app, page, equation),
                section_link(app, page, equation.section, equation.docname),
                bullet_list([check_line(v) for v in found] or [text("none")]),
                bullet_list(wrong or [text("none")]),
            ],
            ids=[nodes.make_id(f"ledger-{equation.label}")],
        )
    group += nodes.thead("", row([text(title) for title in titles]))
    group += body
    return nodes.table("", group, classes=["ledger"])


def chapter_heading(app: Sphinx, docname: str) -> list[nodes.Node]:
    number = app.env.toc_secnumbers.get(docname, {}).get("")
    prefix = ".".join(map(str, number)) + ". " if number else ""
    return [nodes.Text(prefix), *app.env.titles[docname].deepcopy().children]


def chapter_section(app: Sphinx, docname: str, table: nodes.table) -> nodes.section:
    heading = nodes.title("", "", *chapter_heading(app, docname))
    return nodes.section("", heading, table, ids=[nodes.make_id(docname)])


def contents(app: Sphinx, chapters: list[str]) -> nodes.bullet_list:
    """A link to each chapter's table; the page's own list of contents was made before them."""
    items = []
    for docname in chapters:
        link = nodes.reference("", "", *chapter_heading(app, docname), internal=True)
        link["refid"] = nodes.make_id(docname)
        items.append(nodes.list_item("", nodes.paragraph("", "", link)))
    return nodes.bullet_list("", *items, classes=["ledger-contents"])


def warn(message: str, docname: str, subtype: str) -> None:
    LOGGER.warning(message, location=docname, type="ledger", subtype=subtype)


def report(equations: list[Equation], verdicts: dict[str, list[Verdict]]) -> None:
    """Warn of everything that would make the ledger untrue."""
    labels = {equation.label for equation in equations}
    for equation in equations:
        if equation.label not in verdicts:
            warn(f"equation {equation.label} has no check", equation.docname, "unchecked")
        elif not rejected_names(verdicts[equation.label]):
            message = f"the checks of {equation.label} reject no wrong version of it"
            warn(message, equation.docname, "toothless")
    for found in verdicts.values():
        for v in found:
            if not v.holds:
                warn(f"the check of {v.label} fails: {v.line}", v.docname, "fails")
            if v.label not in labels:
                warn(f"a check names {v.label}, which no equation carries", v.docname, "unknown")


def fill(app: Sphinx, doctree: nodes.document, page: str) -> None:
    places = list(doctree.findall(ledger_table))
    if not places:
        return
    order = reading_order(app.env)
    equations = [e for docname in order for e in equations_of(app.env, docname)]
    verdicts: dict[str, list[Verdict]] = {}
    for docname in order:
        for verdict in verdicts_of(app, docname):
            verdicts.setdefault(verdict.label, []).append(verdict)
    report(equations, verdicts)

    checks = sum(map(len, verdicts.values()))
    wrong = sum(len(rejected_names(found)) for found in verdicts.values())
    counts = (count(len(equations), "numbered equation"), count(checks, "check"))
    total = text(*(f"{one}," for one in counts), count(wrong, "wrong version"), "rejected.")
    chapters = list(dict.fromkeys(equation.docname for equation in equations))
    sections = []
    for chapter in chapters:
        own = [e for e in equations if e.docname == chapter]
        sections.append(chapter_section(app, chapter, chapter_table(app, page, own, verdicts)))
    for place in places:
        place.replace_self([total, contents(app, chapters), *sections])


def on_init(app: Sphinx) -> None:
    if not hasattr(app.env, "ledger_pages"):
        app.env.ledger_pages = set()


def on_purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    env.ledger_pages.discard(docname)


def on_updated(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Any change anywhere rewrites the ledger."""
    return sorted(env.ledger_pages)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_node(ledger_table)
    app.add_directive("ledger", Ledger)
    app.connect("builder-inited", on_init)
    app.connect("env-purge-doc", on_purge)
    app.connect("env-updated", on_updated)
    app.connect("doctree-resolved", fill)
    return {"parallel_read_safe": False, "parallel_write_safe": False}
