"""Whether two builds of the book say the same: pages, anchors, numbers, links, verdicts, words.

The markup of two themes differs in a thousand places that nobody sees. What is compared is what a
reader or a link could miss, page by page, in the order of the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from html import unescape
from pathlib import Path

from page_tags import VOID, TagReader, attributes_in

NUMBERS = {"eqno", "caption-number", "section-number", "explorer-number"}
NOT_PAGES = {"_static", "lite"}  # `make book` lays lite beside the pages
SHOWN = 8  # differences of one kind on a page


@dataclass(frozen=True)
class Facts:
    """What a page says, each kind as lines in the order of the page."""

    contents: list[str] = field(default_factory=list)  # the chapters at the left
    searches: list[str] = field(default_factory=list)  # the buttons that open a search
    anchors: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    verdicts: list[str] = field(default_factory=list)
    citations: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Element:
    tag: str
    anchor: str
    classes: frozenset[str]
    address: str
    begins: int  # its first text


class Page(TagReader):
    """Reads the facts off a page; what the theme writes around its article is left aside."""

    def __init__(self, page: str) -> None:
        self.facts, self.texts = Facts(), []
        self.open: list[Element] = []
        self.feed(page)
        self.facts.anchors.sort()  # a heading's own id and its label's change places
        lines = "".join(text for text, inside in self.texts if inside).splitlines()
        self.facts.words.extend(filter(None, (" ".join(line.split()) for line in lines)))

    def is_inside(self, name: str) -> bool:
        return any(name in element.classes for element in self.open)

    def handle_starttag(self, tag: str, inside: str) -> None:
        has = attributes_in(inside) if "=" in inside else {}
        if self.is_inside("bd-article") and "id" in has:
            self.facts.anchors.append(has["id"])
        if tag == "br":
            self.handle_data(" ")
        if tag not in VOID:
            classes = frozenset(has.get("class", "").split())
            place = (has.get("id", ""), classes, has.get("href", ""), len(self.texts))
            self.open.append(Element(tag, *place))

    def handle_data(self, data: str) -> None:
        if not self.is_inside("headerlink"):
            self.texts.append((unescape(data), self.is_inside("bd-article")))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID or not self.open:
            return
        one = self.open.pop()
        text = " ".join("".join(text for text, _ in self.texts[one.begins :]).split())
        if one.tag == "a" and self.is_inside("bd-links"):
            self.facts.contents.append(f"{text} -> {one.address}")
        if "search-button__button" in one.classes:
            self.facts.searches.append(text)
        if not self.is_inside("bd-article"):
            return
        if one.classes & NUMBERS:
            owner = next((e.anchor for e in reversed([*self.open, one]) if e.anchor), "")
            self.facts.numbers.append(f"{owner}: {text}")
        if one.tag == "a" and one.address and "headerlink" not in one.classes:
            self.facts.links.append(f"{text} -> {one.address}")
        if "verdict" in one.classes:
            self.facts.verdicts.append(text)
        if "citation" in one.classes:
            self.facts.citations.append(text)


def changes(then: list[str], now: list[str]) -> Iterator[str]:
    """Each line that one of two pages lacks: `- ` what was there, `+ ` what is there instead."""
    if then == now:
        return
    for kind, a, b, c, d in SequenceMatcher(None, then, now, autojunk=False).get_opcodes():
        if kind != "equal":
            yield from (f"- {line}" for line in then[a:b])
            yield from (f"+ {line}" for line in now[c:d])


def differences(then: str, now: str) -> list[str]:
    """What the second of two pages says otherwise than the first."""
    old, new = Page(then).facts, Page(now).facts
    found = []
    for kind in Facts.__dataclass_fields__:
        lines = list(changes(getattr(old, kind), getattr(new, kind)))
        found += [f"{kind}: {line[:200]}" for line in lines[:SHOWN]]
        if len(lines) > SHOWN:
            found.append(f"{kind}: and {len(lines) - SHOWN} more")
    return found


def pages_of(folder: Path) -> dict[str, Path]:
    names = {path.relative_to(folder): path for path in sorted(folder.rglob("*.html"))}
    return {name.as_posix(): path for name, path in names.items() if name.parts[0] not in NOT_PAGES}


def compare(then: Path, now: Path) -> dict[str, list[str]]:
    """{page: what differs} of two folders of pages; empty if they are the same book."""
    old, new = pages_of(then), pages_of(now)
    found = {name: ["the page is missing"] for name in sorted(old.keys() - new.keys())}
    found |= {name: ["the page is new"] for name in sorted(new.keys() - old.keys())}
    for name in sorted(old.keys() & new.keys()):
        texts = (path.read_text(encoding="utf-8") for path in (old[name], new[name]))
        if lines := differences(*texts):
            found[name] = lines
    return found
