"""Goes over the tags of a built page. The writer has closed and quoted everything, so a pattern
finds them, ten times faster than a parser that must expect anything."""

from __future__ import annotations

import re
from functools import cache
from html import unescape

# What stands in a script or a style is neither tag nor text.
APART = r"<!--.*?-->|<!doctype[^>]*>|<(?:script|style)\b.*?</(?:script|style)\s*>"
INSIDE = r"""(?:[^>"']++|"[^"]*"|'[^']*')*+"""
TOKEN = re.compile(rf"{APART}|<(/?)([a-z][^\s/>]*)({INSIDE})>", re.S | re.I)
ATTRIBUTE = re.compile(r"""([^\s=/"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
VOID = {"br", "hr", "img", "input", "link", "meta", "wbr", "source", "col"}


@cache
def attributes_in(text: str) -> dict[str, str]:
    """{name: value} of what stands in a tag after its name; the first of a name counts."""
    found: dict[str, str] = {}
    for name, double, single, bare in ATTRIBUTE.findall(text):
        found.setdefault(name.lower(), unescape(double or single or bare))
    return found


class TagReader:
    """Hands on each tag and each text in turn; ``markup`` is the present one as it is written.

    ``handle_starttag`` gets what stands in the tag after its name as text, for `attributes_in`:
    most tags of a page are asked for none.
    """

    markup = ""
    start = end = 0  # where the present tag stands in the page

    def feed(self, page: str) -> None:
        for found in TOKEN.finditer(page):
            if found.start() > self.end:
                self.handle_data(page[self.end : found.start()])
            self.start, self.end = found.span()
            closing, tag, inside = found.groups()
            if tag is None:
                continue
            self.markup, tag = found.group(), tag.lower()
            if closing:
                self.handle_endtag(tag)
                continue
            self.handle_starttag(tag, inside)
            if inside.endswith("/"):
                self.handle_endtag(tag)

    def handle_starttag(self, tag: str, inside: str) -> None: ...

    def handle_endtag(self, tag: str) -> None: ...

    def handle_data(self, data: str) -> None:
        """A text, its characters named as in the page."""
