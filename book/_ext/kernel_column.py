"""The ledger's column "Kernel": what stands behind an equation in the formal proof, or a dash."""

from __future__ import annotations

from html import escape

import formal_sources as sources
from docutils import nodes

TITLE = "Kernel"


def kernel_cell(label: str) -> nodes.Node:
    """The formal names behind a label, each with its file: `Causality.reward_to_go`."""
    entry = sources.entries().get(label)
    if entry is None:
        return nodes.paragraph("", "–")
    names = [nodes.raw("", f"{code(name)} ", format="html") for name in entry.names]
    said = [nodes.Text(f"({entry.part})")] if entry.part else []
    return nodes.paragraph("", "", *names, *said)


def code(name: str) -> str:
    """A formal name with its file, which may break after a period or an underscore."""
    shown = escape(f"{sources.items()[name].module}.{name}")
    return f"<code>{shown.replace('.', '.<wbr>').replace('_', '_<wbr>')}</code>"


def kernel_total(labels: set[str]) -> list[nodes.Node]:
    """One sentence: how many of these equations have a formal proof."""
    behind = [entry for label, entry in sources.entries().items() if label in labels]
    if not behind:
        return []
    whole = sum(not entry.part for entry in behind)
    sentence = (
        f"Coq has checked a formal text behind {len(behind)} of the equations; "
        f"{whole} as they stand, the others with a restriction that the column {TITLE} names."
    )
    return [nodes.paragraph("", sentence)]
