"""The `{proof-map}` directive: every statement of the book, and an arrow to each statement it uses.

The statements are the labelled `prf:` directives and the numbered equations that stand outside of
them. A statement uses another if its own text or its proof refers to it by `{eq}` or `{prf:ref}`. A
proof is a `prf:proof` or a dropdown that follows the statement in its section. A definition is used
by a statement after it that speaks its words: those in bold in the definition, its title, and the
symbols and words that the directive lists.

A reference is not always a use. The lines of the directive say what the others are:

    prop:grad-value proves again thm:pgt      a second proof: it must not need the first
    cor:late compares thm:early               mentioned, not needed
    def:score defines `M_t` "score sum"         symbols in backticks, words in quotation marks

A line that fits no reference of the text is a warning, which fails the build.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from html import escape

from docutils import nodes
from formulas import mathml
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx_proof.nodes import proof_node
from whole_book import add_directive, doctree_of, reading_order, titled_section, within

LOGGER = logging.getLogger(__name__)
USES, AGAIN, COMPARES = "uses", "proves again", "compares"
ROW, WIDTH, DOT = 52, 150, 6  # pixels: height of a row, width of the arcs, where they start


@dataclass
class Statement:
    """One node of the map. `labels` are its own label and those of the equations inside it.

    references  labels that its text or its proof refers to
    words       all that its text and its proof say, formulas included
    terms       what it defines, if it is a definition
    """

    docname: str
    anchor: str
    name: str
    title: str
    labels: set[str] = field(default_factory=set)
    references: set[str] = field(default_factory=set)
    words: str = ""
    terms: set[str] = field(default_factory=set)

    def read(self, node: nodes.Element) -> None:
        self.references |= references_in(node)
        self.words += " " + node.astext()


@dataclass(frozen=True)
class Arrow:
    """Statement number `user` refers to statement number `target`, and how."""

    user: int
    target: int
    role: str


def statements_of(env: BuildEnvironment, docname: str) -> Iterator[Statement]:
    """The statements of a page in order, with all that their texts and proofs refer to."""
    current: tuple[Statement, nodes.section] | None = None
    for node in doctree_of(env, docname).findall(is_piece):
        if is_dropdown(node):
            if current is not None and titled_section(node) is current[1]:
                current[0].read(node)
        elif isinstance(node, proof_node):
            if current is not None and not within(node.parent, is_dropdown):
                current[0].read(node)
        elif is_statement(node):
            current = statement(env, docname, node), titled_section(node)
            yield current[0]
        elif not within(node, is_proof_or_statement):
            current = equation(env, docname, node), titled_section(node)
            yield current[0]


def is_piece(node: nodes.Node) -> bool:
    if isinstance(node, nodes.math_block):
        return (node.get("label") or "").startswith("eq:")
    return is_dropdown(node) or is_proof_or_statement(node)


def is_dropdown(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Element) and node.get("design_component") == "dropdown"


def is_proof_or_statement(node: nodes.Node) -> bool:
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
    title = node.next_node(nodes.title)
    found = Statement(
        docname,
        anchor,
        f"{node['realtype'].title()} {number}".strip(),
        inline_html(title).strip().removeprefix("(").removesuffix(")"),
        {node["label"], *(block["label"] for block in blocks)},
    )
    found.read(node)
    if node["realtype"] == "definition":
        found.terms = {word.astext().lower() for word in node.findall(nodes.strong)}
        if not title.next_node(nodes.math):
            found.terms.add(title.astext().strip().removeprefix("(").removesuffix(")").lower())
    return found


def equation(env: BuildEnvironment, docname: str, node: nodes.math_block) -> Statement:
    label = node["label"]
    number = env.get_domain("math").get_equation_number_for(label)
    ids = env.toc_fignumbers.get(docname, {}).get("displaymath", {})
    anchor = nodes.make_id(f"equation-{label}")
    shown = ".".join(map(str, ids.get(anchor, (number,))))
    found = Statement(
        docname, anchor, f"Equation {shown}", inline_html(titled_section(node)[0]), {label}
    )
    found.words = node.astext()
    return found


def inline_html(title: nodes.Element) -> str:
    """A title as HTML, its formulas as MathML."""
    return "".join(
        mathml(child.astext()) if isinstance(child, nodes.math) else escape(child.astext())
        for child in title.children
    )


def arrows(statements: list[Statement], said: dict[tuple[str, str], str]) -> list[Arrow]:
    """Who refers to whom, and how; ``said`` holds the roles other than "uses", by labels."""
    owner = {label: i for i, one in enumerate(statements) for label in one.labels}
    roles = {(owner[a], owner[b]): role for (a, b), role in said.items() if {a, b} <= owner.keys()}
    found = {
        (i, owner[label])
        for i, one in enumerate(statements)
        for label in one.references
        if label in owner
    }
    found |= set(definitions_in_use(statements))
    return [Arrow(i, j, roles.get((i, j), USES)) for i, j in sorted(found) if i != j]


def definitions_in_use(statements: list[Statement]) -> Iterator[tuple[int, int]]:
    """(statement, definition before it whose words it says).

    Where two definitions define the same word, the one of the statement's own chapter counts, and
    the earliest one in the other chapters.
    """
    for i, one in enumerate(statements):
        before: dict[str, int] = {}
        for j, other in enumerate(statements[:i]):
            for term in other.terms:
                if term not in before or other.docname == one.docname:
                    before[term] = j
        spoken = (term for term in before if says(one.words, term))
        yield from {(i, before[term]) for term in spoken if term not in one.terms}


def says(words: str, term: str) -> bool:
    """Whether a text says a word (in the plural too), or has a symbol in a formula."""
    plain = re.sub(r"\s+", " ", words)
    if term.startswith("`"):
        symbol = re.escape(term.strip("`"))
        end = r"(?![A-Za-z])" if term[-2].isalpha() else ""
        start = "" if term[1] == "\\" else r"(?<![A-Za-z\\])"
        return bool(re.search(rf"{start}{symbol}{end}", plain))
    return bool(re.search(rf"(?<!\w){re.escape(term)}s?(?!\w)", plain, re.IGNORECASE))


LINE = re.compile(r"(\S+) (proves again|compares) (\S+)")
DEFINES = re.compile(r"(\S+) defines (.+)")
TERM = re.compile(r"`[^`]+`|\"([^\"]+)\"")


def read_lines(lines: str, statements: list[Statement], page: str) -> dict[tuple[str, str], str]:
    """The roles that the directive states; adds the terms that it states to the definitions."""
    said: dict[tuple[str, str], str] = {}
    of = {label: one for one in statements for label in one.labels}
    for line in filter(None, map(str.strip, lines.splitlines())):
        if (found := LINE.fullmatch(line)) and {found[1], found[3]} <= of.keys():
            user, role, target = found.groups()
            if of[user].references & of[target].labels:
                said[user, target] = role
                continue
        elif (found := DEFINES.fullmatch(line)) and found[1] in of:
            of[found[1]].terms |= {term[1] or term[0] for term in TERM.finditer(found[2])}
            continue
        message = f"the proof map does not find in the text what it is told: {line!r}"
        LOGGER.warning(message, location=page, type="proof-map")
    return said


def draw(app: Sphinx, page: str, statements: list[Statement], found: list[Arrow]) -> str:
    """The list with its arcs."""
    rows, positions, chapter = [], {}, None
    for i, one in enumerate(statements):
        if one.docname != chapter:
            chapter = one.docname
            number = app.env.toc_secnumbers.get(chapter, {}).get("", ())
            heading = f"{'.'.join(map(str, number))}. {inline_html(app.env.titles[chapter])}"
            rows.append(f'<li class="proof-map-chapter"><span>{heading}</span></li>')
        positions[i] = ROW * len(rows) + ROW // 2
        rows.append(
            f'<li data-statement="{i}">{link(app, page, one)} <span>{one.title}</span></li>'
        )
    height = ROW * len(rows)
    arcs = "".join(
        f'<path data-role="{a.role}" data-user="{a.user}" data-used="{a.target}" '
        f"{'data-definition ' if statements[a.target].terms else ''}"
        f'd="{arc(positions[a.user], positions[a.target])}"/>'
        for a in found
    )
    dots = "".join(f'<circle cx="{DOT}" cy="{y}" r="4"/>' for y in positions.values())
    tip = '<marker id="proof-map-tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" '
    tip += 'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker>'
    return (
        f'<div class="proof-map"><ol role="list">{"".join(rows)}</ol>'
        f'<svg aria-hidden="true" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" preserveAspectRatio="none">'
        f"<defs>{tip}</defs>{arcs}{dots}</svg></div>"
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


def in_words(app: Sphinx, page: str, statements: list[Statement], found: list[Arrow]) -> str:
    """The same facts as a list."""

    def sentence(words: str, indices: list[int]) -> str:
        names = ", ".join(link(app, page, statements[i]) for i in indices)
        return f" {words} {names}." if names else ""

    def of(i: int) -> str:
        uses, again, compares = (
            [a.target for a in found if a.user == i and a.role == role]
            for role in (USES, AGAIN, COMPARES)
        )
        users = [a.user for a in found if a.target == i and a.role == USES]
        return (
            (sentence("Uses", uses) or " Uses nothing on this map.")
            + sentence("Proves again", again)
            + sentence("Compares with", compares)
            + (sentence("Used by", users) or " Used by nothing on this map.")
        )

    items = "".join(
        f"<li><p>{link(app, page, one)}, {one.title}<br>{of(i).strip()}</p></li>"
        for i, one in enumerate(statements)
    )
    return f'<ul class="proof-map-words">{items}</ul>'


def circle(found: list[Arrow]) -> list[int]:
    """Statements that use each other in a circle; empty if there are none."""
    try:
        needed: dict[int, set[int]] = {}
        for arrow in found:
            if arrow.role == USES:
                needed.setdefault(arrow.user, set()).add(arrow.target)
        tuple(TopologicalSorter(needed).static_order())
    except CycleError as error:
        return error.args[1]
    return []


def proves_itself(found: list[Arrow]) -> list[tuple[int, int]]:
    """(another proof, the theorem it proves again) where the proof needs that theorem."""

    def reached(start: int) -> set[int]:
        seen, ahead = set(), [start]
        while ahead:
            i = ahead.pop()
            for a in found:
                if a.user == i and a.role == USES and a.target not in seen:
                    seen.add(a.target)
                    ahead.append(a.target)
        return seen

    return [(a.user, a.target) for a in found if a.role == AGAIN and a.target in reached(a.user)]


def report(statements: list[Statement], found: list[Arrow], page: str) -> None:
    """Warn of what no proof may do."""

    def names(indices: Iterable[int]) -> str:
        return ", ".join(statements[i].name for i in indices)

    if ring := circle(found):
        LOGGER.warning(f"a circle of proofs: {names(ring)}", location=page, type="proof-map")
    for pair in proves_itself(found):
        message = f"a proof needs what it proves again: {names(pair)}"
        LOGGER.warning(message, location=page, type="proof-map")


def fill(app: Sphinx, doctree: nodes.document, page: str, place: nodes.Element) -> None:
    everything = [
        one for docname in reading_order(app.env) for one in statements_of(app.env, docname)
    ]
    said = read_lines(place["content"], everything, page)
    found = arrows(everything, said)
    report(everything, found, page)
    picture = nodes.raw("", draw(app, page, everything, found), format="html")
    words = nodes.raw("", in_words(app, page, everything, found), format="html")
    section = place.parent
    place.replace_self(picture)
    # The words go to the end of the page, below their own heading.
    while section.parent is not None and not isinstance(section.parent, nodes.document):
        section = section.parent
    section += words


def setup(app: Sphinx) -> dict[str, bool]:
    return add_directive(app, "proof-map", fill)
