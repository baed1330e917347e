r"""Formulas as native MathML, written when the book is built: no script typesets one in a page.

``math-core`` turns TeX into MathML and refuses a command that it does not know; the refusal is a
warning of the build. What it leaves to do is done here, each with its reason beside it. A formula
keeps its source in ``data-tex``, from which `formulas.js` copies. A long formula in a line of text
is set in pieces, so that a narrow page can break the line where TeX would: after a relation, a sum
or a comma, as far outside as possible.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from functools import cache
from html import escape, unescape
from itertools import zip_longest

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

LOGGER = logging.getLogger(__name__)
CONVERTER = LatexToMathML(fancy_error=False)

SKIP = re.compile(r"\\\\\s*\[[^\]]*\]")  # `\\[2pt]`: math-core would print the length
OPEN, CLOSE, BAR = set("([{⟨⌈⌊"), set(")]}⟩⌉⌋"), set("|‖")
# Where a line of text may break: TeX's relations and binary operations, and commas.
BREAKS = set("=≠≤≥<>≈∼→↦⟶∈⊂←+−±∓⋅×,:")
SCRIPTED = ("msub", "msup", "msubsup")
AXIS = 0.26  # em, the height of a minus
PIECE, LONG = 8.0, 14.0  # em: shorter formulas stay whole; longer pieces break inside brackets
# Marks that must not begin a line after a formula, or end one before it.
AFTER = re.compile(r"[.,;:!?)\]’”]+")
BEFORE = re.compile(r"[(\[“‘]+$")
WORD = re.compile(r"[^\s.,;:!?)\]’”–—]{1,8}[.,;:!?)\]’”]*")  # "-th", "-norm"

SUPERSCRIPTS = str.maketrans("0123456789+-=()inktT", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁱⁿᵏᵗᵀ")
SUBSCRIPTS = str.maketrans("0123456789+-=()ijknt", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ᵢⱼₖₙₜ")


@cache
def mathml(tex: str, display: bool = False, before: str = "", after: str = "") -> str:
    """The formula as one ``<math>`` element; `LatexError` names what is wrong with the TeX.

    ``before`` and ``after`` are marks of the text around it that must stay on its line.
    """
    root = tree(tex, display)
    children = list(root)
    broken = pieces(children)
    if len(broken) > 1:
        root.set("class", "broken")
        for child in children:
            root.remove(child)
        for piece in broken:
            fix_form(piece[-1])
            row = ET.SubElement(root, "mrow")
            row.extend(piece)
    first, last = (root[0], root[-1]) if len(broken) > 1 else (root, root)
    if before:
        first.insert(0, mark(before))
        root.set("data-before", before)
    if after:
        last.append(mark(after))
        root.set("data-after", after)
    root.set("data-tex", " ".join(tex.split()))
    return ET.tostring(root, encoding="unicode", short_empty_elements=False)


def tree(tex: str, display: bool) -> ET.Element:
    source = SKIP.sub(r"\\\\", " ".join(tex.split()))
    if r"\\" in source and r"\begin" not in source:
        source = rf"\begin{{aligned}}{source}\end{{aligned}}"
    markup = CONVERTER.convert_with_local_state(source, displaystyle=display)
    root = ET.fromstring(unescape_operators(markup))
    for parent in list(root.iter()):
        for i, child in reversed(list(enumerate(parent))):
            if is_row(parent):
                parent[i : i + 1] = free_bracket(child)
            if is_padded_letter(child):
                parent[i] = child[1]
        if parent.tag == "mtd":
            mend_cell(parent)
        if parent.tag == "mo" and "minsize" in parent.attrib:
            parent.attrib |= {"lspace": "0", "rspace": "0"}  # a bracket, whatever its neighbours
    return root


def is_row(element: ET.Element) -> bool:
    return element.tag in ("math", "mrow", "mtd")


def is_padded_letter(element: ET.Element) -> bool:
    """A row of an empty space and one letter, which is that letter and nothing else."""
    return (
        [child.tag for child in element] == ["mspace", "mi"]
        and not element.attrib
        and not element[0].attrib
    )


def free_bracket(element: ET.Element) -> list[ET.Element]:
    r"""``\Big)^2`` as a bracket and, on a space of its height, the script.

    Browsers let a bracket grow beside a formula, and not where it is the base of a script.
    """
    if element.tag not in SCRIPTED or "minsize" not in element[0].attrib:
        return [element]
    bracket = element[0]
    half = float(bracket.get("minsize").removesuffix("em")) / 2
    space = {"width": "0", "height": f"{half + AXIS:.2f}em", "depth": f"{half - AXIS:.2f}em"}
    element[0] = ET.Element("mspace", space)
    return [bracket, element]


def unescape_operators(markup: str) -> str:
    """Named characters as themselves; XML knows only five names."""
    return re.sub(r"&(?!amp;|lt;|gt;|quot;|apos;|#)\w+;", lambda m: unescape(m.group()), markup)


def mend_cell(cell: ET.Element) -> None:
    """Sides of an alignment as classes; a sign after ``&`` is spaced as between two terms."""
    style = cell.attrib.pop("style", "")
    if "right;" in style.split("justify")[0]:
        cell.set("class", "mr")
    elif "left;" in style.split("justify")[0]:
        cell.set("class", "ml" if "padding-left: 0" in style else "mc")
        if len(cell) and cell[0].tag == "mo" and cell[0].text in ("−", "+", "±", "∓"):
            if "padding-left: 0" in style:
                cell[0].set("form", "infix")


def mark(text: str) -> ET.Element:
    element = ET.Element("mtext")
    element.text = text
    return element


def core(element: ET.Element) -> ET.Element:
    """The operator itself of an operator with scripts."""
    while element.tag in SCRIPTED:
        element = element[0]
    return element


def fix_form(element: ET.Element) -> None:
    if element.tag == "mo" and element.text in BREAKS:
        element.set("form", "infix")


def width(element: ET.Element, size: float = 0.55) -> float:
    """A rough width in em: letters, and the space around relations."""
    text = len((element.text or "").strip()) * size
    if element.tag == "mo" and "lspace" not in element.attrib and element.text in BREAKS:
        text += 0.4
    if element.tag == "mfrac":
        return 0.2 + max(width(child, size) for child in element)
    if element.tag == "mtable":
        columns = zip_longest(*([width(cell, size) for cell in row] for row in element))
        return sum(0.2 + max(filter(None, column), default=0.0) for column in columns)
    if element.tag == "mspace":
        return float(element.get("width", "0em").removesuffix("em"))
    if element.tag == "msqrt":
        text += 0.8
    for i, child in enumerate(element):
        script = i > 0 and element.tag in (*SCRIPTED, "munder", "munderover")
        text += width(child, size * 0.7 if script else size)
    return text


def pieces(row: list[ET.Element]) -> list[list[ET.Element]]:
    """The row cut where a line may break; one piece if it is short."""
    if sum(map(width, row)) <= PIECE:
        return [row]
    depths = list(nesting(row))
    found = [row]
    for depth in range(max(depths, default=0) + 1):
        found = [
            part
            for piece in found
            for part in (cut(piece, row, depths, depth) if depth == 0 or long(piece) else [piece])
        ]
    return found


def long(piece: list[ET.Element]) -> bool:
    return sum(map(width, piece)) > LONG


def nesting(row: list[ET.Element]) -> Iterator[int]:
    """How many brackets stand open at each element; a bar opens and closes in turn."""
    depth, bars = 0, []
    for element in row:
        operator = core(element)
        sign = operator.text if operator.tag == "mo" else None
        if sign in OPEN or sign in BAR and sign not in bars:
            yield depth
            depth += 1
            if sign in BAR:
                bars.append(sign)
            continue
        if sign in CLOSE or sign in BAR:
            depth = max(depth - 1, 0)
            if sign in BAR:
                bars.remove(sign)
        yield depth


def cut(
    piece: list[ET.Element], row: list[ET.Element], depths: list[int], depth: int
) -> list[list[ET.Element]]:
    parts, current = [], []
    for k, element in enumerate(piece):
        current.append(element)
        here = element.tag == "mo" and element.text in BREAKS and "lspace" not in element.attrib
        # A sign at the very start belongs to its number; the last element ends the piece anyhow.
        if here and depths[row.index(element)] == depth and 0 < k < len(piece) - 1:
            if sum(map(width, current)) >= 1.2 or parts:
                parts.append(current)
                current = []
    if current and all(child.tag == "mspace" for child in current) and parts:
        parts[-1].extend(current)
        current = []
    return [*parts, current] if current else parts


def plain_text(tex: str) -> str:
    """The formula in letters, for places that hold no markup: titles of windows, descriptions."""

    def words(element: ET.Element) -> str:
        parts = [words(child) for child in element]
        if element.tag in ("msup", "msub") and len(parts) == 2:
            table, sign = (SUPERSCRIPTS, "^") if element.tag == "msup" else (SUBSCRIPTS, "_")
            raised = parts[1].replace("−", "-")
            if all(ord(letter) in table for letter in raised):
                return parts[0] + raised.translate(table)
            return parts[0] + parts[1] if raised in "′″" else f"{parts[0]}{sign}({parts[1]})"
        if element.tag == "msubsup":
            return f"{parts[0]}_({parts[1]})^({parts[2]})"
        if element.tag == "mfrac":
            return f"({parts[0]})/({parts[1]})"
        if element.tag == "mspace":
            return " "
        return (element.text or "") + "".join(parts)

    return " ".join(words(tree(tex, display=False)).split())


# The renderer that Sphinx asks for each formula.


def converted(node: nodes.Element, **options: object) -> str:
    tex = node.astext()
    try:
        return mathml(tex, **options)
    except (LatexError, ET.ParseError) as error:
        message = f"a formula cannot be set: {error}: {tex}"
        LOGGER.warning(message, location=node, type="formulas", subtype="tex")
        return f"<code>{escape(tex)}</code>"


def visit_inline(writer: HTML5Translator, node: nodes.math) -> None:
    formula = converted(node, before=node.get("before", ""), after=node.get("after", ""))
    word = node.get("word", "")
    if word:
        formula = f'<span class="together">{formula}{escape(word)}</span>'
    writer.body.append(formula)
    raise nodes.SkipNode


def visit_block(writer: HTML5Translator, node: nodes.math_block) -> None:
    writer.body.append(writer.starttag(node, "div", CLASS="math notranslate nohighlight"))
    writer.body.append(displayed(node))
    if node["number"]:
        number = get_node_equation_number(writer, node)
        writer.body.append(f'<span class="eqno">({number})')
        writer.add_permalink_ref(node, "Permalink to this equation")
        writer.body.append(node.get("tick", ""))  # book/_ext/check_folds.py
        writer.body.append("</span>")
    writer.body.append("</div>\n")
    raise nodes.SkipNode


def displayed(node: nodes.math_block) -> str:
    formula = converted(node, display=True)
    root = ET.fromstring(formula)
    em = max(map(width, root)) if root.get("class") == "broken" else width(root)
    style = f' style="--em:{1.08 * em:.1f}"' if em > PIECE else ""
    return f'<div class="formula"{style}>{formula}</div>'


def keep_together(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Give each formula in text the marks that touch it: a browser may break beside a formula."""
    for formula in list(doctree.findall(nodes.math)):
        row = formula.parent
        if len(row) == 1 and formula.astext().startswith(r"\displaystyle"):  # what a cell shows
            tex = formula.astext()
            row.replace_self(nodes.math_block(tex, tex, number=None, label=None))
            continue
        place = row.index(formula)
        if place + 1 < len(row) and type(row[place + 1]) is nodes.Text:
            text = row[place + 1].astext()
            if found := AFTER.match(text):
                formula["after"] = found.group()
            elif found := WORD.match(text):
                formula["word"] = found.group()
            if found:
                row[place + 1] = nodes.Text(text[found.end() :])
        if place and type(row[place - 1]) is nodes.Text:
            text = row[place - 1].astext()
            if found := BEFORE.search(text):
                formula["before"] = found.group()
                row[place - 1] = nodes.Text(text[: found.start()])


# Formulas in HTML that a cell or a directive wrote: TeX between \( \) or \[ \].

TAG = re.compile(r"(<(script|style|svg|math|code|pre)\b.*?</\2\s*>|<[^>]*>)", re.S)
FENCED = re.compile(r"\\\((.+?)\\\)([.,;:!?)\]]*)|\\\[(.+?)\\\]", re.S)


def set_raw_html(app: Sphinx, doctree: nodes.document, page: str) -> None:
    for raw in doctree.findall(nodes.raw):
        if raw.get("format") == "html" and FENCED.search(raw.astext()):
            raw.children = [nodes.Text(with_formulas(raw.astext()))]


def with_formulas(html: str) -> str:
    """Formulas as MathML in the text, as plain letters in the values of attributes."""

    def formula(match: re.Match) -> str:
        inline, after, display = match.groups()
        return mathml(unescape(inline or display), display=inline is None, after=after or "")

    def letters(match: re.Match) -> str:
        inline, after, display = match.groups()
        return escape(plain_text(unescape(inline or display)) + (after or ""))

    parts, position = [], 0
    for tag in TAG.finditer(html):
        parts.append(FENCED.sub(formula, html[position : tag.start()]))
        parts.append(tag.group() if tag.group(2) else FENCED.sub(letters, tag.group()))
        position = tag.end()
    return "".join([*parts, FENCED.sub(formula, html[position:])])


def title_text(title: nodes.Element) -> str:
    """A title in letters: window titles and links between pages hold no markup."""
    return "".join(
        plain_text(child.astext()) if isinstance(child, nodes.math) else child.astext()
        for child in title.children
    )


def name_windows(app: Sphinx, page: str, template: str, context: dict, doctree: object) -> None:
    titles = app.env.titles
    if page in titles:
        context["title"] = context["pagetitle"] = numbered(app, page)  # the window, the print-out
    for neighbour in ("prev", "next"):
        other = context.get(neighbour)
        if other:
            target = app.builder.relations[page][1 if neighbour == "prev" else 2]
            if target in titles:
                other["title"] = numbered(app, target)


def numbered(app: Sphinx, page: str) -> str:
    number = app.env.toc_secnumbers.get(page, {}).get("")
    prefix = ".".join(map(str, number)) + ". " if number else ""
    return escape(prefix + title_text(app.env.titles[page]))


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer(
        "mathml", inline_renderers=(visit_inline, None), block_renderers=(visit_block, None)
    )
    app.connect("doctree-resolved", set_raw_html, priority=800)
    app.connect("doctree-resolved", keep_together, priority=950)
    app.connect("html-page-context", name_windows, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
