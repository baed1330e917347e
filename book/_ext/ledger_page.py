"""The `{ledger}` directive: a table of every numbered equation and the checks that ran on it.

A check cell displays a verdict of the media type `verdict.MIME`. Before a page is written, MyST-NB
has executed every notebook and keeps it, with its outputs, in its store. This extension takes the
verdicts from there and the labels and numbers from Sphinx, and warns (which fails the build) when
a check fails, when an equation `eq:...` has no verdict or when a verdict has no equation.

A row is a check; the cells at both ends, which are about the equation, reach over all its checks.
A further column is one more entry of `ABOUT_THE_EQUATION`. The role `{ledger-total}` puts a count
of the whole book into a sentence, so that no number about the ledger is written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from docutils import nodes
from kernel_column import TITLE, kernel_cell, kernel_total
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole
from verdict_numbers import check_anchor
from whole_book import (
    PREFIX,
    add_directive,
    doctree_of,
    reading_order,
    titled_section,
    verdicts_of,
)

from utils.checks import verdict as rules
from utils.checks.display import count_lines
from utils.checks.verdict import Verdict

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Equation:
    label: str
    docname: str
    section: nodes.section
    n_lines: int


@dataclass(frozen=True)
class Row:
    """An equation with all its checks, on the page ``page``."""

    app: Sphinx
    page: str
    equation: Equation
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True)
class Column:
    title: str
    width: int
    cell: Callable


class ledger_cell(nodes.entry):
    """A cell that knows the title of its column: on a phone a row is a card."""


class ledger_number(nodes.Inline, nodes.TextElement):
    """Stands in a sentence until every chapter has been read."""


class LedgerTotal(SphinxRole):
    """`{ledger-total}`checks``: a count of the whole book; the names are those of `totals`."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        self.env.ledger_pages.add(self.env.docname)
        return [ledger_number("", self.text, name=self.text)], []


@cache
def equations_of(env: BuildEnvironment, docname: str) -> tuple[Equation, ...]:
    blocks = [(b.get("label") or "", b) for b in doctree_of(env, docname).findall(nodes.math_block)]
    return tuple(
        Equation(label, docname, titled_section(block), count_lines(block.astext()))
        for label, block in blocks
        if label.startswith(PREFIX)
    )


def rows_of(app: Sphinx, page: str) -> list[Row]:
    """Every equation of the book with its verdicts, in reading order."""
    order = reading_order(app.env)
    found: dict[str, list[Verdict]] = {}
    for docname in order:
        for verdict in verdicts_of(app, docname):
            found.setdefault(verdict.label, []).append(verdict)
    equations = [equation for docname in order for equation in equations_of(app.env, docname)]
    return [Row(app, page, one, tuple(found.get(one.label, ()))) for one in equations]


def text(*words: str) -> nodes.paragraph:
    return nodes.paragraph("", "", nodes.Text(" ".join(words)))


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def equation_link(row: Row) -> list[nodes.Node]:
    domain = row.app.env.get_domain("math")
    label = row.equation.label
    shown = nodes.literal("", label)
    place = (row.app.env, row.page, row.app.builder, "eq", label, nodes.Element(), shown)
    return [nodes.paragraph("", "", domain.resolve_xref(*place), nodes.Text(" "), shown)]


def kind_of(verdicts: tuple[Verdict, ...]) -> str:
    """What the equation is: what its checks say, a definition before all."""
    kinds = [verdict.kind for verdict in verdicts]
    return "definition" if "definition" in kinds else kinds[0] if kinds else "identity"


def anchor_of(equation: Equation, env: BuildEnvironment) -> str:
    """The anchor made of the section's title; docutils 0.22 puts that of a label before it.

    A label that is the title itself leaves the section a number, such as ``id1``, for the other.
    """
    places = env.get_domain("std").anonlabels.values()
    labels = {anchor for docname, anchor in places if docname == equation.docname}

    def is_second(anchor: str) -> tuple[bool, bool]:
        return bool(re.fullmatch(r"id\d+", anchor)), anchor in labels

    return min(equation.section["ids"], key=is_second)


def kind_and_place(row: Row) -> list[nodes.Node]:
    reference = nodes.reference("", "", internal=True)
    page = row.app.builder.get_relative_uri(row.page, row.equation.docname)
    reference["refuri"] = f"{page}#{anchor_of(row.equation, row.app.env)}"
    reference.extend(row.equation.section.next_node(nodes.title).deepcopy().children)
    kind = kind_of(row.verdicts)
    where = "Stated in " if kind == "definition" else "Proved in "
    return [text(kind.capitalize()), nodes.paragraph("", "", nodes.Text(where), reference)]


def what_decided(verdict: Verdict, row: Row) -> list[nodes.Node]:
    place = 1 + next(k for k, one in enumerate(row.verdicts) if one is verdict)
    page = row.app.builder.get_relative_uri(row.page, row.equation.docname)
    link = nodes.reference("", f"{'✓' if verdict.holds else '✗'} {verdict.method}", internal=True)
    link["refuri"] = f"{page}#{check_anchor(verdict.label, place)}"
    method = nodes.strong("", "", link, nodes.Text(":"))
    also = f" Also true: {'; '.join(verdict.equivalent)}." if verdict.equivalent else ""
    words = f" {verdict.outcome} {verdict.note}".rstrip() + also
    return [nodes.paragraph("", "", method, nodes.Text(words))]


def scope(verdict: Verdict, row: Row) -> list[nodes.Node]:
    symbols = verdict.scope.symbols
    free = f"every value of {count(symbols, 'symbol')}" if symbols else "the numbers in the text"
    return [text(str(verdict.scope) or free)]


def teeth(verdict: Verdict, row: Row) -> list[nodes.Node]:
    """The lines with teeth, and the wrong versions that were rejected in them."""
    of = row.equation.n_lines
    bitten = verdict.bitten_lines(of)
    which = f"{'Lines' if len(bitten) > 1 else 'Line'} {', '.join(map(str, bitten))} of {of}."
    first = "" if of == 1 else which if bitten else f"None of {of} lines as a whole."
    words = " ".join(part for part in (first, verdict.teeth) if part)
    names = nodes.bullet_list("", *(nodes.list_item("", text(x)) for x in verdict.rejected))
    return [*([text(words)] if words else []), *([names] if verdict.rejected else [text("none")])]


def on_the_proof(row: Row) -> list[nodes.Node]:
    rests = dict.fromkeys(verdict.rests for verdict in row.verdicts if verdict.rests)
    return [text(part) for part in rests] or [text("what the scope leaves out")]


EQUATION = (Column("Equation", 13, equation_link), Column("Kind", 15, kind_and_place))
THE_CHECK = (
    Column("What decided it", 26, what_decided),
    Column("Scope", 14, scope),
    Column("Lines with teeth", 20, teeth),
)
ABOUT_THE_EQUATION = (
    Column("On the proof alone", 12, on_the_proof),
    Column(TITLE, 12, lambda row: [kernel_cell(row.equation.label)]),
)


def cell(column: Column, content: list[nodes.Node], rows: int = 1) -> ledger_cell:
    return ledger_cell("", *content, title=column.title, rows=rows)


def rows_of_table(row: Row) -> list[nodes.row]:
    """One row a check; the first also holds the cells about the equation."""
    n = max(1, len(row.verdicts))
    before, after = (
        [cell(column, column.cell(row), n) for column in group]
        for group in (EQUATION, ABOUT_THE_EQUATION)
    )
    checks = [
        [cell(column, column.cell(verdict, row)) for column in THE_CHECK]
        for verdict in row.verdicts
    ] or [[cell(column, [text("none")]) for column in THE_CHECK]]
    first = nodes.row("", *before, *checks[0], *after)
    first["ids"].append(nodes.make_id(f"ledger-{row.equation.label}"))
    first["classes"].append("ledger-equation")
    return [first, *(nodes.row("", *cells) for cells in checks[1:])]


def chapter_table(rows: list[Row]) -> nodes.table:
    columns = (*EQUATION, *THE_CHECK, *ABOUT_THE_EQUATION)
    group = nodes.tgroup("", cols=len(columns))
    group.extend(nodes.colspec("", colwidth=column.width) for column in columns)
    heads = [nodes.entry("", text(column.title)) for column in columns]
    group += nodes.thead("", nodes.row("", *heads))
    group += nodes.tbody("", *(one for row in rows for one in rows_of_table(row)))
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


def bare_lines(row: Row) -> list[int]:
    """The lines of the display in which no check has teeth."""
    n = row.equation.n_lines
    bitten = {line for verdict in row.verdicts for line in verdict.bitten_lines(n)}
    return [line for line in range(1, n + 1) if line not in bitten]


def report(app: Sphinx, rows: list[Row]) -> None:
    """Warn of everything that would make the ledger untrue."""
    labels = {row.equation.label for row in rows}
    for row in rows:
        label, docname = row.equation.label, row.equation.docname
        if not row.verdicts:
            warn(f"equation {label} has no check", docname, "unchecked")
        elif not any(verdict.rejected for verdict in row.verdicts):
            warn(f"the checks of {label} reject no wrong version of it", docname, "toothless")
        elif rules.EVERY_CASE_NEEDS_A_TOOTH and (bare := bare_lines(row)):
            which = ", ".join(map(str, bare))
            warn(f"no wrong version is rejected in line {which} of {label}", docname, "toothless")
    for docname in reading_order(app.env):
        for verdict in verdicts_of(app, docname):
            if not verdict.holds:
                warn(f"the check of {verdict.label} fails: {verdict.line}", docname, "fails")
            if verdict.label not in labels:
                message = f"a check names {verdict.label}, which no equation carries"
                warn(message, docname, "unknown")


def totals(rows: list[Row]) -> dict[str, int]:
    """The counts of the whole book, by the names that `{ledger-total}` takes."""
    checks = [verdict for row in rows for verdict in row.verdicts]

    def having(*methods: str) -> int:
        return sum(any(v.method in methods for v in row.verdicts) for row in rows)

    return {
        "equations": len(rows),
        "definitions": sum(kind_of(row.verdicts) == "definition" for row in rows),
        "lines": sum(row.equation.n_lines for row in rows),
        "lines-with-teeth": sum(row.equation.n_lines - len(bare_lines(row)) for row in rows),
        "checks": len(checks),
        "wrong-versions": sum(len({n for v in row.verdicts for n in v.rejected}) for row in rows),
        "decided-exactly": having("exact", "exact inequality"),
        "at-random-points": having("random points"),
        "on-random-mdps": having("exact on random MDPs"),
        "simulated": having("Monte Carlo"),
    }


def in_one_sentence(total: dict[str, int]) -> nodes.paragraph:
    return text(
        f"{count(total['equations'], 'numbered equation')} "
        f"in {count(total['lines'], 'line')}, "
        f"{count(total['checks'], 'check')}, "
        f"{count(total['wrong-versions'], 'wrong version')} rejected; "
        f"teeth in {count(total['lines-with-teeth'], 'line')}."
    )


def fill(app: Sphinx, doctree: nodes.document, page: str, place: nodes.Element) -> None:
    rows = rows_of(app, page)
    report(app, rows)
    chapters = list(dict.fromkeys(row.equation.docname for row in rows))
    sections = [
        chapter_section(
            app, chapter, chapter_table([row for row in rows if row.equation.docname == chapter])
        )
        for chapter in chapters
    ]
    kernel = kernel_total({row.equation.label for row in rows})
    place.replace_self([in_one_sentence(totals(rows)), *kernel, contents(app, chapters), *sections])


def fill_numbers(app: Sphinx, doctree: nodes.document, page: str) -> None:
    places = list(doctree.findall(ledger_number))
    total = totals(rows_of(app, page)) if places else {}
    for place in places:
        if place["name"] not in total:
            warn(f"the ledger counts no {place['name']!r}", page, "unknown")
            continue
        place.replace_self(nodes.Text(str(total[place["name"]])))


def visit_cell(translator, node: ledger_cell) -> None:
    rows = {"rowspan": node["rows"]} if node["rows"] > 1 else {}
    marks = {"data-label": node["title"], **rows}
    translator.body.append(translator.starttag(node, "td", "", **marks))


def depart_cell(translator, node: ledger_cell) -> None:
    translator.body.append("</td>\n")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_node(ledger_cell, html=(visit_cell, depart_cell))
    app.add_node(ledger_number)
    app.add_role("ledger-total", LedgerTotal())
    app.connect("doctree-resolved", fill_numbers)
    return add_directive(app, "ledger", fill)
