"""What a reference shows when it is pointed at: the equation, statement, word or work itself.

For each page one file, `previews/PAGE.js`, holds the markup of everything on it to which another
page refers; `previews.js` asks for it at the first such reference. What stands on the page of the
reader is taken from there. The main symbols of the notation page are shown in formulas likewise.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from page_tags import VOID, TagReader, attributes_in
from search_records import BOXES
from sphinx.application import Sphinx

LINK = re.compile(r'<a\b[^>]*\bhref="([\w./-]*)#([^"]+)"')
DROPPED = re.compile(
    r'<a class="headerlink".*?</a>|<script\b.*?</script>|<div class="answer".*?</div>| id="[^"]*"',
    re.S,
)
FOLDER = "previews"
NOTATION = "notation.html"
# As `previews.js` finds them in a formula: alone, with an index, or before a bracket.
SYMBOLS = {
    "γ": r"\gamma",
    "θ": r"\theta",
    "τ": r"\tau",
    "T": "T",
    "J": "J",
    "∇": r"\nabla",
    "s_t": "s_t",
    "a_t": "a_t",
    "r_t": "r_t",
    "ψ_t": r"\psi_t",
    "M_t": "M_t",
    "G_t": "G_t",
    "π_θ": r"\pi_\theta(a\mid s)",
    "ρ_0": r"\rho_0(s)",
    "d_γ": r"d_\gamma(s)",
    "P(": r"P(s'\mid s,a)",
    "R(": "R(s,a)",
    "V(": "V(s)",
    "Q(": "Q(s,a)",
    "A(": "A(s,a)",
}
ROW = re.compile(r"<tr\b[^>]*>\s*<td[^>]*>(.*?)</td>\s*<td[^>]*><p>(.*?)</p></td>", re.S)
TEX = re.compile(r'data-tex="([^"]*)"')


class Cutter(TagReader):
    """Cuts what can be shown out of a page: ``found`` is anchor -> markup."""

    def __init__(self, page: str) -> None:
        self.page, self.found = page, {}
        self.depth = 0
        self.open: list[tuple[int, str, int]] = []  # depth, anchor, where it begins
        self.term: tuple[str, int] | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, inside: str) -> None:
        if tag in VOID:
            return
        self.depth += 1
        if tag not in ("dt", "div"):
            return
        attributes = attributes_in(inside)
        classes, anchor = set(attributes.get("class", "").split()), attributes.get("id", "")
        if tag == "dt" and anchor.startswith("term-"):
            self.term = (anchor, self.start)
        elif tag == "div" and anchor and classes & (BOXES | {"math", "citation"}):
            self.open.append((self.depth, anchor, self.start))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if self.open and self.open[-1][0] == self.depth:
            _, anchor, start = self.open.pop()
            self.found[anchor] = self.page[start : self.end]
        if tag == "dd" and self.term:
            anchor, start = self.term
            self.found[anchor] = f"<dl>{self.page[start : self.end]}</dl>"
            self.term = None
        self.depth -= 1


def cleaned(markup: str, page: str) -> str:
    """Without ids and buttons, its links leading where they led."""
    return re.sub(r'href="#', f'href="{page}#', DROPPED.sub("", markup)).strip()


def symbols(notation: str) -> dict[str, str]:
    """{symbol: its row}; KeyError names a main symbol that the notation page has lost."""
    meanings = {}
    for names, meaning in ROW.findall(notation):
        for tex in TEX.findall(names):
            meanings.setdefault(tex.replace("&amp;", "&"), f"<p>{names}: {meaning}</p>")
    rows = {symbol: meanings[tex] for symbol, tex in SYMBOLS.items()}
    return {symbol: re.sub(r"</?p>(?=.*</p>)", "", row) for symbol, row in rows.items()}


def write_previews(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.name != "html":
        return
    out = Path(app.outdir)
    pages = {p.name: p.read_text(encoding="utf-8") for p in sorted((out / "book").glob("*.html"))}
    wanted: dict[str, set[str]] = {name: set() for name in pages}
    for page in pages.values():
        for target, anchor in LINK.findall(page):
            if target in wanted:
                wanted[target].add(anchor)
    folder = out / FOLDER
    folder.mkdir(exist_ok=True)
    for name, page in pages.items():
        found = Cutter(page).found if wanted[name] else {}
        shown = {a: cleaned(m, name) for a, m in found.items() if a in wanted[name]}
        if name == NOTATION:
            shown |= {f"symbol {symbol}": row for symbol, row in symbols(page).items()}
        if shown:
            data = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
            text = f'(window.bookPreviews ??= {{}})["{name}"] = {data};\n'
            (folder / name.replace(".html", ".js")).write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", write_previews, priority=970)  # of the pages as they are read
    return {"parallel_read_safe": True, "parallel_write_safe": True}
