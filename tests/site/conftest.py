"""The built book behind a local server, and a real browser to look at it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import browser as chromium
import build_book
import pytest
import serve
from playwright.sync_api import Browser, Page, sync_playwright
from reading import Site, settle, unfold


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    try:
        html = build_book.build().parent
    except SystemExit as failure:
        pytest.fail(f"{failure} (`make book` shows them)", pytrace=False)
    server = serve.server(html)  # with the policy of `make serve`, so that every page obeys it
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Site(html, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()


class Chrome:
    """One browser a worker, started when a test first asks for it.

    Playwright keeps an event loop running, with which no kernel can be driven from this process: so
    it is stopped before a test that drives one.
    """

    def __init__(self) -> None:
        self.playwright, self.browser = None, None

    def start(self) -> Browser:
        if self.browser is None:
            path = chromium.find()  # it may ask Playwright itself, so before Playwright runs here
            self.playwright = sync_playwright().start()
            options = {"executable_path": path, "args": list(chromium.FLAGS)}
            self.browser = self.playwright.chromium.launch(**options)
        return self.browser

    def stop(self) -> None:
        if self.browser is not None:
            LOOKS.close()
            self.browser.close()
            self.playwright.stop()
            self.playwright, self.browser = None, None


CHROME = Chrome()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    stays = nextitem is not None and "tests/site/" in nextitem.nodeid
    if not stays or "test_reproducible" in nextitem.nodeid:
        CHROME.stop()


@pytest.fixture(scope="module")
def chrome() -> Browser:
    """The browser; without one the tests fail and say why."""
    return CHROME.start()


@pytest.fixture
def open_page(chrome: Browser, site: Site) -> Iterator[object]:
    """`open_page(page, held_back, **context_options)`: the page, loaded, in its own context."""
    contexts = []

    def opened(page: str, held_back: Sequence[str] = (), **options: object) -> Page:
        context = chrome.new_context(**options)
        contexts.append(context)
        tab = context.new_page()
        for files in held_back:
            tab.route(files, lambda route: route.abort())
        tab.goto(site.address(page), wait_until="load")
        return tab

    yield opened
    for context in contexts:
        context.close()


@dataclass(frozen=True)
class Look:
    """A page as it is looked at in one way, and what happened while it loaded."""

    tab: Page
    requests: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    shifts: list[list] = field(default_factory=list)


DESK = {"viewport": {"width": 1280, "height": 800}}
WAYS: dict[str, dict] = {
    "desk": DESK,
    "dark": DESK | {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True},
    "bare": DESK | {"java_script_enabled": False},
}
# The layout shifts that the browser itself reports, and what was shifted.
COUNT_SHIFTS = """window.shifts = []; window.swapped = 0;
document.fonts.addEventListener("loadingdone", () => requestAnimationFrame(
    () => requestAnimationFrame(() => { window.swapped = performance.now(); })));
new PerformanceObserver((list) => window.shifts.push(...list.getEntries()
    .map((entry) => [entry.value, entry.startTime, entry.sources.map(
        (s) => [s.node?.textContent.slice(0, 40), s.previousRect.y, s.currentRect.y])])))
    .observe({ type: "layout-shift", buffered: true });"""
# Without those at the arrival of a font: whether it is there before the text is a matter of speed.
SHIFTS = """() => {
    const fonts = performance.getEntriesByType("resource").filter((r) => /woff2$/.test(r.name));
    const arrived = Math.min(...fonts.map((font) => font.responseEnd));
    return window.shifts.filter(([, time]) => time < arrived || time > window.swapped);
}"""


class Looks:
    """`looks(page, way)`: each page is opened once in each way, and closed when the next is asked.

    All tests of a page run one after the other (`pytest_collection_modifyitems`), whatever their
    file. They only look, and the figures stand where the last test has moved them.
    """

    def __init__(self) -> None:
        self.page, self.open = "", {}

    def __call__(self, site: Site, page: str, way: str) -> Look:
        if page != self.page:
            self.close()
            self.page = page
        if way not in self.open:
            self.open[way] = self.look(site, page, way)
        return self.open[way]

    def look(self, site: Site, page: str, way: str) -> Look:
        tab = CHROME.start().new_context(**WAYS[way]).new_page()
        seen = Look(tab)
        tab.on("request", lambda r: seen.requests.append(r.url))
        tab.on("requestfailed", lambda r: seen.failures.append(f"{r.url}: {r.failure}"))
        tab.on(
            "response",
            lambda r: r.status >= 400 and seen.failures.append(f"{r.url}: {r.status}"),
        )
        tab.on("console", lambda m: m.type in LOUD and seen.messages.append(m.text))
        tab.on("pageerror", lambda e: seen.messages.append(str(e)))
        if way == "bare":
            tab.goto(site.address(page), wait_until="load")
            return seen
        tab.add_init_script(COUNT_SHIFTS)
        tab.goto(site.address(page), wait_until="networkidle")
        settle(tab)
        shifts = tab.evaluate(SHIFTS)
        unfold(tab)
        # What later tests ask for is not asked for by the page as it loads.
        return replace(seen, requests=[*seen.requests], failures=[*seen.failures], shifts=shifts)

    def close(self) -> None:
        for look in self.open.values():
            look.tab.context.close()
        self.open = {}


LOUD = {"error", "warning"}


LOOKS = Looks()


@pytest.fixture
def looks(site: Site) -> Callable[[str, str], Look]:
    return partial(LOOKS, site)


@pytest.fixture
def desk(looks: Callable[[str, str], Look], page: str) -> Page:
    """The page at a desk, with all of it laid out and unfolded."""
    return looks(page, "desk").tab


@pytest.fixture
def dark(looks: Callable[[str, str], Look], page: str) -> Page:
    """The same for a reader who prefers dark."""
    return looks(page, "dark").tab


@pytest.fixture
def phone(looks: Callable[[str, str], Look], page: str) -> Page:
    """The same on a phone."""
    return looks(page, "phone").tab


@pytest.fixture
def bare(looks: Callable[[str, str], Look], page: str) -> Page:
    """The page at a desk, without scripts."""
    return looks(page, "bare").tab
