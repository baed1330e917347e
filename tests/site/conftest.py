"""The built book behind a local server, and a real browser to look at it."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import browser as chromium
import build_book
import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from reading import Site, settle, unfold


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    try:
        html = build_book.build().parent
    except SystemExit as failure:
        pytest.fail(f"{failure} (`make book` shows them)", pytrace=False)
    handler = functools.partial(Quiet, directory=html)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Site(html, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    """One browser a file of tests; without one the tests fail and say why."""
    path = chromium.find()  # it may ask Playwright itself, so before Playwright runs here
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(chromium.FLAGS))
        yield started
        started.close()


@pytest.fixture
def open_page(chrome: Browser, site: Site) -> Iterator[object]:
    """`open_page(page, **context_options)`: the page, loaded, in a context of its own."""
    contexts = []

    def opened(page: str, **options: object) -> Page:
        context = chrome.new_context(**options)
        contexts.append(context)
        tab = context.new_page()
        tab.goto(site.address(page), wait_until="load")
        return tab

    yield opened
    for context in contexts:
        context.close()


def looked_at(chrome: Browser, site: Site, page: str, **options: object) -> Iterator[Page]:
    """The page with all of it laid out and unfolded, closed when the next one is asked for."""
    context = chrome.new_context(**options)
    tab = context.new_page()
    tab.goto(site.address(page), wait_until="load")
    settle(tab)
    unfold(tab)
    yield tab
    context.close()


@pytest.fixture(scope="module")
def desk(chrome: Browser, site: Site, page: str) -> Iterator[Page]:
    """The page at a desk, opened once for all tests of a file that only look at it.

    Such tests take `page` with module scope, so that all of one page run before the next.
    """
    yield from looked_at(chrome, site, page, viewport={"width": 1280, "height": 800})


@pytest.fixture(scope="module")
def phone(chrome: Browser, site: Site, page: str) -> Iterator[Page]:
    """The page on a phone, opened once like `desk`."""
    size = {"width": 360, "height": 740}
    yield from looked_at(chrome, site, page, viewport=size, has_touch=True, is_mobile=True)


@dataclass(frozen=True)
class Visit:
    """What happened while a page loaded, and what it says."""

    requests: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def visits(chrome: Browser, site: Site) -> Callable[[str, str], Visit]:
    """`visits(page, scheme)`: each page is loaded once and closed again, as open tabs cost time."""
    seen: dict[tuple[str, str], Visit] = {}

    def visit(page: str, scheme: str) -> Visit:
        if (page, scheme) not in seen:
            seen[page, scheme] = load(page, scheme)
        return seen[page, scheme]

    def load(page: str, scheme: str) -> Visit:
        record = Visit()
        tab = chrome.new_context(color_scheme=scheme).new_page()
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
        record.text.append(tab.evaluate("document.querySelector('article')?.innerText ?? ''"))
        tab.context.close()
        return record

    return visit
