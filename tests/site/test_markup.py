"""What the HTML of every page holds: links, anchors, numbers, pictures; read without a browser."""

from __future__ import annotations

import gzip
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from page_tags import TagReader, attributes_in
from reading import PAGES, soup

PAGE_BUDGET = 400_000  # bytes of gzip
EXPLORER_BUDGET = 150_000
NUMBER = re.compile(r"\d+\.\d+")
NO_DESCRIPTION = re.compile(r"^$|^_images/|^[0-9a-f]{32,}|\.(png|svg|jpg)$")

each_page = pytest.mark.parametrize("page", PAGES)


class Anchors(TagReader):
    """The places of a page that a link can lead to."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, inside: str) -> None:
        found = attributes_in(inside)
        if "id" in found:
            self.found.add(found["id"])
        if tag == "a" and "name" in found:
            self.found.add(found["name"])


@cache
def anchors(path: Path) -> set[str]:
    reader = Anchors()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader.found


def compressed(text: str) -> int:
    return len(gzip.compress(text.encode(), mtime=0))


@each_page
def test_every_internal_link_leads_somewhere(site, page):
    path = site.html / page
    broken = []
    for tag in soup(path).find_all(["a", "link", "script", "img", "source"]):
        link = tag.get("href") or tag.get("src")
        if not link or urlsplit(link).scheme or link.startswith("//"):
            continue
        parts = urlsplit(link)
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not target.exists():
            broken.append(link)
        elif parts.fragment and target.suffix == ".html":
            if unquote(parts.fragment) not in anchors(target):
                broken.append(link)
    assert broken == []


@each_page
def test_places_are_found_without_a_parser_as_with_one(site, page):
    path = site.html / page
    ids = {tag["id"] for tag in soup(path).find_all(id=True)}
    names = {tag["name"] for tag in soup(path).find_all("a", attrs={"name": True})}
    assert anchors(path) == ids | names


@each_page
def test_every_reference_has_its_number(site, page):
    article = soup(site.html / page).find("article")
    text = article.get_text() if article else ""
    assert "??" not in text
    if article:
        assert article.select(".problematic, .xref.eq, .xref.prf") == []
        for link in article.select("a[href*='#equation-']"):
            if "headerlink" not in link.get("class", []) and not link.find("code"):
                assert NUMBER.search(link.get_text()), link


@each_page
def test_every_picture_says_what_it_shows(site, page):
    for image in soup(site.html / page).select("article img"):
        assert not NO_DESCRIPTION.search(image.get("alt", "")), image
    for drawing in soup(site.html / page).select("article svg[role=img]"):
        assert drawing.get("aria-label") or drawing.find("title") or drawing.get("aria-labelledby")


@each_page
def test_page_keeps_its_size_budget(site, page):
    assert compressed((site.html / page).read_text(encoding="utf-8")) <= PAGE_BUDGET


@each_page
def test_each_explorer_keeps_its_size_budget(site, page):
    """With its frames, which stand in a file of their own."""
    for figure in soup(site.html / page).select("figure.explorer"):
        whole = figure.find_parent(class_="cell_output") or figure
        size = compressed(str(whole))
        if figure.get("data-frames"):
            frames = (site.html / page).parent / figure["data-frames"]
            size += compressed(frames.read_text(encoding="utf-8"))
        assert size <= EXPLORER_BUDGET, figure.get("id")


@each_page
def test_page_carries_no_widget_state(site, page):
    assert "vnd.jupyter.widget" not in (site.html / page).read_text(encoding="utf-8")
