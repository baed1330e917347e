"""The `{proof-map}` directive: every statement of the book, and an arrow to each statement it uses.

Nothing is drawn by hand. The statements are the labelled `prf:` directives and the numbered
equations that stand outside of them. A statement uses another if its own text, or the proof that
follows it, refers to it by `{eq}` or `{prf:ref}`. The map is an ordered list with arcs beside it;
the same facts follow as a plain list.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx_proof.nodes import proof_node
from whole_book import add_directive, reading_order, titled_section, within

ROW, WIDTH, DOT = 44, 150, 6  # pixels: height of a row, width of the arcs, where they start


@dataclass
class Statement:
    """One node of the map. `labels` are its own label and those of the equations inside it."""

    docname: str
    anchor: str
    name: str
    title: str
    labels: set[str] = field(default_factory=set)
    references: set[str] = field(default_factory=set)


def statements_of(env: BuildEnvironment, docname: str) -> Iterator[Statement]:
    """The statements of a page in order, with all that their texts and proofs refer to."""
    current: Statement | None = None
    for node in env.get_doctree(docname).findall(is_piece):
        if isinstance(node, proof_node):
            if current is not None:
                current.references |= references_in(node)
            continue
        if isinstance(node, nodes.math_block):
            if within(node, lambda one: isinstance(one, proof_node) or is_statement(one)):
                continue
            current = equation(env, docname, node)
        else:
            current = statement(env, docname, node)
        yield current


def is_piece(node: nodes.Node) -> bool:
    if isinstance(node, nodes.math_block):
        return (node.get("label") or "").startswith("eq:")
    return isinstance(node, proof_node) or is_statement(node)


def is_statement(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Element) and "realtype" in node and bool(node.get("label"))


def references_in(node: nodes.Element) -> set[str]:
    return {
        reference["reftarget"]
        for reference in node.findall(addnodes.pending_xref)
        if reference.get("reftype") in ("eq", "ref")
    }


def statement(env: BuildEnvironment, docname: str, node: nodes.Element) -> Statement:
    anchor = node["ids"][0]
    numbers = env.toc_fignumbers.get(docname, {}).get(node["countertype"], {})
    number = ".".join(map(str, numbers.get(anchor, ())))
    blocks = [b for b in node.findall(nodes.math_block) if b.get("label")]
    return Statement(
        docname,
        anchor,
        f"{node['realtype'].title()} {number}".strip(),
        inline_html(node.next_node(nodes.title)).strip().removeprefix("(").removesuffix(")"),
        {node["label"], *(block["label"] for block in blocks)},
        references_in(node),
    )


def equation(env: BuildEnvironment, docname: str, node: nodes.math_block) -> Statement:
    label = node["label"]
    number = env.get_domain("math").get_equation_number_for(label)
    ids = env.toc_fignumbers.get(docname, {}).get("displaymath", {})
    anchor = nodes.make_id(f"equation-{label}")
    shown = ".".join(map(str, ids.get(anchor, (number,))))
    title = inline_html(titled_section(node)[0])
    return Statement(docname, anchor, f"Equation {shown}", title, {label})


def inline_html(title: nodes.Element) -> str:
    """A title as HTML; formulas in the form that MathJax looks for."""
    parts = []
    for child in title.children:
        if isinstance(child, nodes.math):
            parts.append(
                f'<span class="math notranslate nohighlight">\\({escape(child.astext())}\\)</span>'
            )
        else:
            parts.append(escape(child.astext()))
    return "".join(parts)


def uses(statements: list[Statement]) -> dict[int, list[int]]:
    """{index of a statement: indices of the statements it uses}."""
    owner = {label: i for i, one in enumerate(statements) for label in one.labels}
    return {
        i: sorted({owner[r] for r in one.references if r in owner} - {i})
        for i, one in enumerate(statements)
    }


def draw(app: Sphinx, page: str, statements: list[Statement]) -> str:
    """The list with its arcs, and below it the same facts in words."""
    used = uses(statements)
    rows, positions, chapter = [], {}, None
    for i, one in enumerate(statements):
        if one.docname != chapter:
            chapter = one.docname
            number = app.env.toc_secnumbers.get(chapter, {}).get("", ())
            heading = ". ".join([".".join(map(str, number)), app.env.titles[chapter].astext()])
            rows.append(f'<li class="proof-map-chapter">{escape(heading)}</li>')
        positions[i] = ROW * len(rows) + ROW // 2
        rows.append(
            f'<li data-statement="{i}">{link(app, page, one)} <span>{one.title}</span></li>'
        )
    height = ROW * len(rows)
    arcs = "".join(
        f'<path data-user="{i}" data-used="{j}" d="{arc(positions[i], positions[j])}"/>'
        for i, targets in used.items()
        for j in targets
    )
    dots = "".join(f'<circle cx="{DOT}" cy="{y}" r="4"/>' for y in positions.values())
    tip = '<marker id="proof-map-tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" '
    tip += 'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker>'
    return (
        f'<div class="proof-map"><ol role="list">{"".join(rows)}</ol>'
        f'<svg aria-hidden="true" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}"><defs>{tip}</defs>{arcs}{dots}</svg></div>'
        f"<script>{SCRIPT}</script>"
    )


def arc(user: int, target: int) -> str:
    """A curve to the right, the wider the further apart the two rows are."""
    distance = abs(user - target) / ROW
    bulge = DOT + (WIDTH - DOT) * 1.3 * distance / (distance + 9)
    return f"M{DOT + 4} {user}C{bulge:.0f} {user} {bulge:.0f} {target} {DOT + 5} {target}"


SCRIPT = """
document.querySelectorAll(".proof-map li[data-statement]").forEach((row) => {
  const map = row.closest(".proof-map");
  const show = (on) => map.querySelectorAll("path[data-user]").forEach((arc) => {
    const mine = arc.dataset.user === row.dataset.statement;
    const theirs = arc.dataset.used === row.dataset.statement;
    arc.classList.toggle("proof-map-uses", on && mine);
    arc.classList.toggle("proof-map-used-by", on && theirs);
  });
  ["pointerenter", "focusin"].forEach((name) => row.addEventListener(name, () => show(true)));
  ["pointerleave", "focusout"].forEach((name) => row.addEventListener(name, () => show(false)));
});
"""


def link(app: Sphinx, page: str, one: Statement) -> str:
    target = app.builder.get_relative_uri(page, one.docname) + "#" + one.anchor
    return f'<a class="reference internal" href="{escape(target)}">{escape(one.name)}</a>'


def in_words(app: Sphinx, page: str, statements: list[Statement]) -> str:
    used = uses(statements)
    users = {j: [i for i in used if j in used[i]] for j in range(len(statements))}

    def names(indices: list[int]) -> str:
        return ", ".join(link(app, page, statements[i]) for i in indices) or "nothing in this book"

    items = "".join(
        f"<li>{link(app, page, one)}, {one.title}. Uses {names(used[i])}. "
        f"Used by {names(users[i])}.</li>"
        for i, one in enumerate(statements)
    )
    return f'<ul class="proof-map-words">{items}</ul>'


def fill(app: Sphinx, doctree: nodes.document, page: str, place: nodes.Element) -> None:
    everything = [
        one for docname in reading_order(app.env) for one in statements_of(app.env, docname)
    ]
    picture = nodes.raw("", draw(app, page, everything), format="html")
    words = nodes.raw("", in_words(app, page, everything), format="html")
    section = place.parent
    place.replace_self(picture)
    # The words go to the end of the page, below their own heading.
    while section.parent is not None and not isinstance(section.parent, nodes.document):
        section = section.parent
    section += words


def setup(app: Sphinx) -> dict[str, bool]:
    return add_directive(app, "proof-map", fill)
