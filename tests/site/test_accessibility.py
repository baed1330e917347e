"""Every page by the rules of accessibility, in light, in dark and on a phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from reading import PAGES, settle, unfold

LEVEL_AA = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
COLOURS = {"type": "rule", "values": ["color-contrast"]}
# Dark pages differ from light ones in their colours only, and phones do not differ in these.
RULES = {
    "light": {"runOnly": LEVEL_AA},
    "dark": {"runOnly": COLOURS},
    "phone": {"runOnly": LEVEL_AA, "rules": {"color-contrast": {"enabled": False}}},
}


def violations(tab: Page, options: dict) -> list[str]:
    """What axe finds against these rules, one line an element."""
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
    assert violations(tab, RULES[scheme]) == []


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
    assert violations(tab, RULES["phone"]) == []
