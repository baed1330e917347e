"""The `{ledger}` directive: one table of every numbered equation and the checks that ran on it.

A check cell displays a verdict of the media type `verdict.MIME`. Before a page is written, MyST-NB
has executed every notebook and keeps it, with its outputs, in its store. This extension takes the
verdicts from there and the labels and numbers from Sphinx, and warns (which fails the build) when
a check fails, when an equation `eq:...` has no verdict or when a verdict has no equation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from whole_book import PREFIX, add_directive, reading_order, titled_section, verdicts_of

from utils.checks.verdict import Verdict

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Equation:
    label: str
    docname: str
    section: nodes.section


def equations_of(env: BuildEnvironment, docname: str) -> Iterator[Equation]:
    for block in env.get_doctree(docname).findall(nodes.math_block):
        label = block.get("label") or ""
        if label.startswith(PREFIX):
            yield Equation(label, docname, titled_section(block))


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
    return nodes.paragraph("", "", outcome, nodes.Text(f" {verdict.outcome}"))


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
    docname = equations[0].docname
    number = app.env.toc_secnumbers.get(docname, {}).get("")
    heading = ".".join(map(str, number)) + ". " if number else ""
    caption = nodes.title("", heading + app.env.titles[docname].astext())
    return nodes.table("", caption, group, classes=["ledger"], ids=[nodes.make_id(docname)])


def warn(message: str, docname: str, subtype: str) -> None:
    LOGGER.warning(message, location=docname, type="ledger", subtype=subtype)


def report(equations: list[Equation], verdicts: dict[str, list[Verdict]]) -> None:
    """Warn of everything that would make the ledger untrue."""
    for equation in equations:
        if equation.label not in verdicts:
            warn(f"equation {equation.label} has no check", equation.docname, "unchecked")
        elif not rejected_names(verdicts[equation.label]):
            message = f"the checks of {equation.label} reject no wrong version of it"
            warn(message, equation.docname, "toothless")


def report_verdict(v: Verdict, docname: str, labels: set[str]) -> None:
    if not v.holds:
        warn(f"the check of {v.label} fails: {v.line}", docname, "fails")
    if v.label not in labels:
        warn(f"a check names {v.label}, which no equation carries", docname, "unknown")


def fill(app: Sphinx, doctree: nodes.document, page: str, place: nodes.Element) -> None:
    order = reading_order(app.env)
    equations = [e for docname in order for e in equations_of(app.env, docname)]
    verdicts: dict[str, list[Verdict]] = {}
    for docname in order:
        for verdict in verdicts_of(app, docname):
            verdicts.setdefault(verdict.label, []).append(verdict)
            report_verdict(verdict, docname, {equation.label for equation in equations})
    report(equations, verdicts)

    checks = sum(map(len, verdicts.values()))
    wrong = sum(len(rejected_names(found)) for found in verdicts.values())
    counts = (count(len(equations), "numbered equation"), count(checks, "check"))
    total = text(*(f"{one}," for one in counts), count(wrong, "wrong version"), "rejected.")
    chapters = list(dict.fromkeys(equation.docname for equation in equations))
    tables = [
        chapter_table(app, page, [e for e in equations if e.docname == chapter], verdicts)
        for chapter in chapters
    ]
    place.replace_self([total, *tables])


def setup(app: Sphinx) -> dict[str, bool]:
    return add_directive(app, "ledger", fill)
