"""What the search can find: each section, statement, exercise, question and word of a built page.

A record begins where a reader wants to arrive, at a heading, a numbered box or a word of the
glossary, and ends where the next begins. Code, outputs, solutions and the frame around the page are
left out. A formula is found by its letters and by the names of its letters: γᵗ by ``gamma^t``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape, unescape

from formulas import plain_text
from math_core import LatexError
from page_tags import VOID, TagReader, attributes_in

GREEK = dict(
    zip(
        "αβγδεηθκλμνξπρστφχψωΓΔΘΛΠΣΦΨΩ",
        "alpha beta gamma delta epsilon eta theta kappa lambda mu nu xi pi rho sigma tau phi chi "
        "psi omega Gamma Delta Theta Lambda Pi Sigma Phi Psi Omega".split(),
        strict=True,
    )
)
RAISED = dict(
    zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁱⁿᵏᵗᵀ₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₙₜ", "0123456789+-inktT0123456789ijknt", strict=True)
)
NAMED = {"∇": "nabla gradient", "∑": "sum", "∫": "integral", "∞": "infinity", "𝔼": "E"}
MOST_FORMULA = 14  # letters: longer formulas are not searched as one word
LEFT_OUT_TAGS = {"script", "style", "svg", "nav", "button", "template", "annotation"}
LEFT_OUT = {"cell", "solution", "headerlink", "answer", "highlight", "toctree-wrapper", "eqno"}
LEFT_OUT |= {"explorer-controls", "explorer-reading", "backrefs", "gallery", "proof-map"}
BOXES = {"definition", "theorem", "lemma", "proposition", "corollary", "exercise"}
BOXES |= {"assumption", "remark", "example", "algorithm"}
LEAD = 220  # letters after which the words shown below a hit end with the next formula


def spelled(text: str) -> str:
    """Names of the letters: "γᵗ" as "gamma t gammat"."""
    plain = "".join(RAISED.get(letter, letter) for letter in text)
    words = "".join(
        f" {GREEK.get(x, NAMED.get(x, ''))} " if x in GREEK or x in NAMED else x for x in plain
    )
    parts = re.findall(r"[A-Za-z0-9]+", words)
    whole = [joined(text)] if len(text) <= MOST_FORMULA and len(parts) > 1 else []
    return " ".join(dict.fromkeys([*parts, *whole]))


def joined(text: str) -> str:
    """A formula as one word, as `search.js` writes a formula that is asked for."""
    plain = "".join(RAISED.get(letter, letter) for letter in text)
    return re.sub(r"[^A-Za-z0-9]", "", "".join(GREEK.get(x, x) for x in plain))


@dataclass
class Record:
    """One thing to find. ``words`` are searched, ``lead`` is shown, ``title`` is both."""

    anchor: str
    kind: str
    depth: int
    title: list[str] = field(default_factory=list)
    title_words: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    lead: list[str] = field(default_factory=list)
    lead_length: int = 0
    full: bool = False

    @property
    def name(self) -> str:
        return " ".join("".join(self.title_words).split())


class Reader(TagReader):
    """Reads the article of a page into records."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.open: list[Record] = []  # innermost last
        self.depth = 0
        self.article = 0  # depth of the article, 0 outside
        self.skip = 0  # depth of what is left out
        self.title = 0  # depth of the title of the innermost record
        self.paragraph = 0  # depth of the paragraph that is shown
        self.math = 0

    def begin(self, anchor: str, kind: str) -> None:
        record = Record(anchor, kind, self.depth)
        self.records.append(record)
        self.open.append(record)

    def handle_starttag(self, tag: str, inside: str) -> None:
        void = tag in VOID
        self.depth += not void
        if not self.article:
            self.article = self.depth if tag == "article" else 0
            return
        if self.skip or void:
            return
        attributes = attributes_in(inside)
        classes = set(attributes.get("class", "").split())
        if tag in LEFT_OUT_TAGS or classes & LEFT_OUT:
            self.skip = self.depth
            return
        if tag == "section" and not attributes.get("id", "-content").endswith("-content"):
            self.begin(attributes["id"], "section")
        elif tag == "div" and classes & BOXES and attributes.get("id"):
            self.begin(attributes["id"], next(iter(classes & BOXES)))
        elif tag == "dt" and attributes.get("id"):
            self.close_terms()
            self.begin(attributes["id"], "term")
            self.title = self.depth
        elif tag == "figcaption":
            self.text(" ")
        elif self.open and not self.open[-1].title:
            heads = re.fullmatch("h[1-6]", tag) or "admonition-title" in classes
            self.title = self.depth if heads else self.title
        elif tag == "p" and self.open and not self.paragraph and not self.title:
            record = self.open[-1]
            if record.lead_length < 60:
                self.paragraph = self.depth
                record.lead.append(" ")
        if tag == "math" and not self.math:
            self.math = self.depth
            self.formula(attributes)
        if self.math:
            self.show(self.markup)

    def close_terms(self) -> None:
        while self.open and self.open[-1].kind == "term":
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if self.math and not self.skip:
            self.show(f"</{tag}>")
        self.skip = 0 if self.skip == self.depth else self.skip
        self.math = 0 if self.math == self.depth else self.math
        self.title = 0 if self.title == self.depth else self.title
        self.paragraph = 0 if self.paragraph == self.depth else self.paragraph
        if self.article == self.depth:
            self.article, self.open = 0, []
        if tag == "dl":
            self.close_terms()
        while self.open and self.open[-1].depth >= self.depth and self.open[-1].kind != "term":
            self.open.pop()
        self.depth -= 1
        if tag in ("p", "li", "td", "div", "dd") and self.article and not self.skip:
            self.text(" ")

    def handle_data(self, data: str) -> None:
        if not self.article or self.skip:
            return
        data = unescape(data)
        if self.math:
            self.show(escape(data, quote=False))
            return
        self.text(data)
        self.count(len(data))
        self.show(escape(data, quote=False))

    def text(self, data: str) -> None:
        if self.open:
            (self.open[-1].title_words if self.title else self.open[-1].words).append(data)

    def show(self, markup: str) -> None:
        if not self.open:
            return
        record = self.open[-1]
        if self.title:
            record.title.append(markup)
        elif self.paragraph and not record.full:
            record.lead.append(markup)

    def formula(self, attributes: dict[str, str]) -> None:
        tex = attributes.get("data-tex", "")
        try:
            letters = plain_text(tex) if tex else ""
        except LatexError:
            letters = ""
        self.text(f"{attributes.get('data-before', '')}{letters}{attributes.get('data-after', '')}")
        if self.open and letters:
            self.open[-1].words.append(f" {spelled(letters)} ")
            self.count(len(letters))

    def count(self, letters: int) -> None:
        """A lead that is long enough ends before the next text or formula."""
        record = self.open[-1] if self.open else None
        if record and self.paragraph and not record.full:
            record.full = record.lead_length >= LEAD
            record.lead_length += letters
            if record.full:
                record.lead.append(" …")


def records_of(page: str) -> list[Record]:
    """The records of one built page, in the order of the page."""
    reader = Reader()
    reader.feed(page)
    return [record for record in reader.records if record.name]
