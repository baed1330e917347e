"""Previews of references: in the files for every reference, and by pointer, key and touch."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from previews import SYMBOLS
from reading import Site, contents

PATIENCE = 30_000  # milliseconds after which a test gives up; nothing is timed
PAGE = "book/04-the-theorem.html"
TO_THEOREM = "article a[href='03-causality.html#thm:gpomdp-infinite']"
SHOWN = re.compile(r"(?:equation-|term-|(?:def|thm|lem|prop|cor|ex):)")


@cache
def stored(file: Path) -> dict[str, str]:
    return json.loads(file.read_text(encoding="utf-8").partition(" = ")[2].rstrip(";\n"))


def test_every_reference_to_another_page_has_its_preview(site: Site):
    lost, found = [], 0
    for name in contents():
        html = (site.html / f"{name}.html").read_text(encoding="utf-8")
        article = html[html.index("<article") : html.index("</article>")]
        for page, anchor in re.findall(r'<a\b[^>]*\bhref="([\w-]+)\.html#([^"]+)"', article):
            if not (SHOWN.match(anchor) or page == "bibliography" and anchor.startswith("id")):
                continue
            found += 1
            file = site.html / f"previews/{page}.js"
            if not file.is_file() or anchor not in stored(file):
                lost.append((name, page, anchor))
    assert found > 100
    assert lost == []


def test_a_preview_holds_no_id_and_each_main_symbol_has_one(site: Site):
    for file in (site.html / "previews").glob("*.js"):
        for anchor, markup in stored(file).items():
            assert markup and ' id="' not in markup and "<script" not in markup, anchor
    assert len(SYMBOLS) == 20
    assert {f"symbol {s}" for s in SYMBOLS} <= set(stored(site.html / "previews/notation.js"))


def test_a_preview_comes_by_pointer_stays_below_it_and_goes_with_escape(open_page):
    tab = open_page(PAGE, viewport={"width": 1280, "height": 900})
    preview, link = tab.locator("#preview"), tab.locator(TO_THEOREM).first
    link.hover()
    preview.wait_for(timeout=PATIENCE)
    assert "Theorem 3.3" in preview.inner_text() and preview.locator("math").count() > 3
    assert link.get_attribute("aria-describedby") == "preview"
    preview.hover()  # WCAG 1.4.13: hoverable, persistent
    tab.wait_for_timeout(600)
    assert preview.is_visible()
    tab.keyboard.press("Escape")  # dismissible, without a move of the pointer
    assert preview.is_hidden() and link.get_attribute("aria-describedby") is None

    tab.mouse.move(0, 0)
    link.focus()
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Tab")
    preview.wait_for(timeout=PATIENCE)
    assert "Theorem 3.3" in preview.inner_text()
    tab.keyboard.press("Escape")

    tab.locator("article p math msub:has(mi:text-is('G')) > mi").first.hover()
    preview.wait_for(timeout=PATIENCE)
    assert "return from time" in preview.inner_text()


def test_the_first_tap_shows_and_the_second_goes_there(open_page, site):
    tab = open_page(PAGE, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    link = tab.locator(TO_THEOREM).first
    link.tap()
    tab.locator("#preview").wait_for(timeout=PATIENCE)
    assert tab.url == site.address(PAGE)
    box = tab.locator("#preview").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 360
    follow = tab.locator(".preview-follow")
    assert follow.inner_text() == "Go there"
    link.tap()
    tab.wait_for_url("**/03-causality.html#thm:gpomdp-infinite", timeout=PATIENCE)
