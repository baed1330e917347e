"""Read a built page: its article as a tree, with formulas and pictures set aside as they stand.

Formulas and pictures are XML already, and the parser of HTML would change the case of their names.
In the tree each is an empty element with a number; `filled` puts the formulas back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import yaml
from bs4 import BeautifulSoup, Tag

ARTICLE = re.compile(r"<article\b[^>]*>(.*?)</article>", re.S)
SVG = re.compile(r"<svg\b.*?</svg>", re.S)
TITLE = re.compile(r"<title>(.*?)</title>", re.S)
MATH = re.compile(r"<math\b.*?</math>", re.S)
CODE = re.compile(r"<(pre|code)\b[^>]*>.*?</\1>", re.S)
TYPE = re.compile(r'<span class="(c1|kn?|ow)">([^<]*)</span>')
SPAN = re.compile(r"</?span\b[^>]*>")
PLACE = re.compile(r'<math k="(\d+)"></math>')


@dataclass
class Page:
    """A page of the book.

    name      "book/03-causality"
    file      where the page was built
    title     "3. Causality", letters only
    tree      its article, its first section on top
    pictures  the SVG of each ``<img k="...">`` of the tree
    ids       every id of the page, as it stands on the site
    """

    name: str
    file: Path
    title: str
    tree: Tag
    pictures: list[str]
    ids: frozenset[str]


class Site:
    """The built pages of a book, and the formulas of all pages read so far."""

    def __init__(self, html: Path):
        self.html = html
        self.formulas: list[str] = []

    def page(self, name: str) -> Page:
        file = self.html / f"{name}.html"
        whole = file.read_text(encoding="utf-8")
        text, title = ARTICLE.search(whole)[1], unescape(TITLE.search(whole)[1])
        pictures: list[str] = []

        def aside(store: list[str], tag: str) -> Callable[[re.Match], str]:
            def put(match: re.Match) -> str:
                store.append(match[0])
                return tag % (len(store) - 1)

            return put

        text = SVG.sub(aside(pictures, '<img k="%d">'), text)
        text = MATH.sub(aside(self.formulas, '<math k="%d"></math>'), text)
        tree = BeautifulSoup(CODE.sub(plain, text), "html.parser")
        ids = frozenset(tag["id"] for tag in tree.find_all(id=True))
        section = tree.find("section")
        return Page(name, file, title.partition(" \u2014 ")[0].strip(), section, pictures, ids)

    def filled(self, html: str, change: Callable[[str], str] = str) -> str:
        """The formulas back in their places, each changed by ``change``."""
        return PLACE.sub(lambda match: change(self.formulas[int(match[1])]), html)


def plain(code: re.Match) -> str:
    """Of the colours of code only comments and key words stay, as type."""

    def letters(match: re.Match) -> str:
        kind = "i" if match[1] == "c1" else "b"
        return f"<{kind}>{match[2]}</{kind}>"

    return SPAN.sub("", TYPE.sub(letters, code[0]))


def reading_order(root: Path) -> list[str]:
    """The pages named in the table of contents."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    return [toc["root"], *chapters]
