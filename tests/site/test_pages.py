"""What every page owes its reader, looked at in a real browser in light and in dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from reading import PAGES, Site, settle, unfold

LEVEL_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@dataclass
class Visit:
    """A page after it has loaded, and all that happened meanwhile."""

    tab: Page
    requests: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def visits(chrome: Browser, site: Site) -> Iterator[Callable[[str, str], Visit]]:
    seen: dict[tuple[str, str], Visit] = {}

    def visit(page: str, scheme: str) -> Visit:
        if (page, scheme) not in seen:
            tab = chrome.new_context(color_scheme=scheme).new_page()
            seen[page, scheme] = record = Visit(tab)
            tab.on("request", lambda r: record.requests.append(r.url))
            tab.on("requestfailed", lambda r: record.failures.append(f"{r.url}: {r.failure}"))
            tab.on(
                "response",
                lambda r: r.status >= 400 and record.failures.append(f"{r.url}: {r.status}"),
            )
            tab.on(
                "console",
                lambda m: m.type in {"error", "warning"} and record.messages.append(m.text),
            )
            tab.on("pageerror", lambda e: record.messages.append(str(e)))
            tab.goto(site.address(page), wait_until="networkidle")
            settle(tab)
            unfold(tab)
        return seen[page, scheme]

    yield visit
    for record in seen.values():
        record.tab.context.close()


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
def test_page_asks_no_other_host_for_anything(visits, site, page, scheme):
    own = urlsplit(site.url).netloc
    requests = visits(page, scheme).requests
    assert requests, "no request was recorded at all"
    assert [r for r in requests if urlsplit(r).netloc != own and not r.startswith("data:")] == []


@each_scheme
@each_page
def test_page_loads_without_error_or_warning(visits, page, scheme):
    record = visits(page, scheme)
    assert record.failures == []
    assert record.messages == []


@each_scheme
@each_page
def test_page_has_no_accessibility_violation(visits, page, scheme):
    tab = visits(page, scheme).tab
    assert tab.evaluate("document.documentElement.dataset.theme") == scheme
    assert violations(tab) == []


@each_page
def test_formulas_are_set_and_none_is_in_error(visits, page):
    tab = visits(page, "light").tab
    written = tab.locator("article .math").count()
    assert tab.locator("article .math mjx-container").count() >= written
    assert tab.locator("mjx-merror, [data-mjx-error]").count() == 0
    # MathJax sets a command that it does not know in red, without an error.
    assert tab.locator("mjx-math [style*='color: red']").count() == 0
    shown = tab.evaluate("document.querySelector('article')?.innerText ?? ''")
    assert "\\(" not in shown and "$" not in shown.replace("US$", "")


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


def test_search_finds_a_word_of_the_book(open_page):
    tab = open_page("search.html?q=trajectory")
    tab.wait_for_selector("#search-results li a", timeout=20_000)
    assert "trajectory" in tab.locator("#search-results").inner_text().lower()
