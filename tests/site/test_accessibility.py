"""Every page by the rules of accessibility, in light, in dark and on a phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from reading import PAGES, settle, unfold

LEVEL_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def violations(tab: Page, colours: bool = True) -> list[str]:
    """What axe finds against WCAG 2.2, levels A and AA, one line an element."""
    options = {"runOnly": {"type": "tag", "values": LEVEL_AA}}
    options["rules"] = {"color-contrast": {"enabled": colours}}
    found = Axe().run(tab, options=options).response
    assert found["passes"], "axe applied no rule"
    return [
        f"{violation['id']}: {node['html'][:200]}: {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


each_page = pytest.mark.parametrize("page", PAGES)
each_scheme = pytest.mark.parametrize("scheme", ["light", "dark"])


@each_scheme
@each_page
def test_page_has_no_accessibility_violation(open_page, page, scheme):
    tab = open_page(page, color_scheme=scheme)
    settle(tab)
    unfold(tab)
    assert tab.evaluate("document.documentElement.dataset.theme") == scheme
    assert violations(tab) == []


@each_page
def test_page_fits_a_phone_and_is_accessible_there(open_page, page):
    tab = open_page(page, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    settle(tab)
    unfold(tab)
    width = tab.evaluate("document.documentElement.scrollWidth")
    wide = tab.evaluate(
        """() => [...document.querySelectorAll("article *")]
              .filter(e => e.getBoundingClientRect().right > 361)
              .map(e => e.tagName + "." + e.className + " " + e.textContent.slice(0, 60))
              .slice(0, 10)"""
    )
    assert width <= 360, wide
    assert violations(tab, colours=False) == []  # the colours are those of a wide screen
