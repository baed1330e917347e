"""Each check cell folds, with its verdicts, into one small tick: "✓ (1.7) exact".

Folds that stand side by side share a line. Beside the number of an equation a second tick leads to
its first check. A cell tagged ``open-check`` stays open: its lines are explained in the chapter. On
paper, which opens nothing, one line says what was checked.
"""

from __future__ import annotations

from itertools import groupby

from docutils import nodes
from predictions import cell_of, is_cell, raw
from sphinx.application import Sphinx
from verdict_numbers import check_anchor

from utils.checks.verdict import Verdict

OPEN = "tag_open-check"
VERDICT = 'class="verdict '
SHORT = {"Monte Carlo": "simulated", "exact on random MDPs": "on random MDPs"}


def shows_a_verdict(cell: nodes.Element) -> bool:
    return any(VERDICT in node.astext() for node in cell.findall(nodes.raw))


def unhide_code(app: Sphinx, doctree: nodes.document) -> None:
    """A check cell is folded as a whole, so its code needs no fold of its own."""
    for node in doctree.findall(nodes.raw):
        if VERDICT in node.astext():
            cell_of(node).attributes.pop("hide_mode", None)


def how(verdict: Verdict) -> str:
    return SHORT.get(verdict.method, verdict.method)


def by_equation(cells: list[nodes.Element]) -> dict[str, list[Verdict]]:
    """{"(1.7)": its verdicts in these cells}, in the order of the page."""
    found: dict[str, list[Verdict]] = {}
    for cell in cells:
        for node in cell.findall(nodes.raw):
            if "verdict" in node:
                found.setdefault(f"({node['number']})", []).append(node["verdict"])
    return found


def in_words(found: dict[str, list[Verdict]]) -> str:
    """ "(1.7) exact, simulated; (1.8) exact"."""
    ways = {number: dict.fromkeys(map(how, verdicts)) for number, verdicts in found.items()}
    same = groupby(ways.items(), key=lambda item: tuple(item[1]))
    return "; ".join(
        f"{', '.join(number for number, _ in group)} {', '.join(way)}" for way, group in same
    )


def fold(cell: nodes.Element) -> list[nodes.Node]:
    found = by_equation([cell])
    holds = all(verdict.holds for verdicts in found.values() for verdict in verdicts)
    head = f'<details class="check"><summary>{"✓" if holds else "✗"} {in_words(found)}</summary>'
    return [raw(head), cell, raw("</details>")]


def runs(cells: list[nodes.Element]) -> list[list[nodes.Element]]:
    """The cells, those that stand side by side in one list."""
    found: list[list[nodes.Element]] = []
    for cell in cells:
        if found and cell.parent is found[-1][-1].parent:
            if cell.parent.index(cell) == cell.parent.index(found[-1][-1]) + 1:
                found[-1].append(cell)
                continue
        found.append([cell])
    return found


def fold_checks(app: Sphinx, doctree: nodes.document, page: str) -> None:
    checks = [node for node in doctree.findall(is_cell) if by_equation([node])]
    for run in runs([cell for cell in checks if OPEN not in cell["classes"]]):
        ledger = app.builder.get_relative_uri(page, "book/ledger")
        paper = f'Checked: {in_words(by_equation(run))}; see <a href="{ledger}">the ledger</a>.'
        start = raw(f'<p class="checks-on-paper">{paper}</p><div class="checks">')
        parent, place = run[0].parent, run[0].parent.index(run[0])
        parent[place : place + len(run)] = [
            start,
            *(node for cell in run for node in fold(cell)),
            raw("</div>"),
        ]
    tick_equations(doctree, by_equation(checks))


def tick_equations(doctree: nodes.document, found: dict[str, list[Verdict]]) -> None:
    verdicts = {all_of[0].label: all_of for all_of in found.values()}
    for block in doctree.findall(nodes.math_block):
        if own := verdicts.get(block.get("label")):
            said = f"Checked: {', '.join(dict.fromkeys(map(how, own)))}"
            block["tick"] = (
                f'<a class="tick" href="#{check_anchor(own[0].label, 1)}" title="{said}" '
                f'aria-label="{said}">✓</a>'
            )


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-read", unhide_code)
    app.connect("doctree-resolved", fold_checks, priority=600)  # the verdicts have their numbers
    return {"parallel_read_safe": True, "parallel_write_safe": True}
