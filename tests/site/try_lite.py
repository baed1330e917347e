"""JupyterLab in the browser, tried: `make lite LITE=--try`. No other host is asked for anything."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import serve
from playwright.sync_api import Browser, Page
from reading import ROOT

PATIENCE = 180_000  # milliseconds
HTML = ROOT / "_build/html"
IDLE = "() => document.querySelector('#jp-main-statusbar')?.innerText.includes('Idle')"
START = (ROOT / "tools/lite/start/start.html").read_text()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    assert (ROOT / "_build/lite/lab/index.html").is_file(), "run `make lite` first"
    server = serve.server(HTML)  # with the policy of `make serve`
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/lite/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def lab(chrome: Browser, address: str) -> Iterator[tuple[Page, list[str], dict[str, int]]]:
    """Chapter 0 with its kernel ready, the foreign requests, and the sizes of this site's files."""
    context = chrome.new_context(viewport={"width": 1280, "height": 800})
    foreign: list[str] = []
    sizes: dict[str, int] = {}  # a service worker passes files on, so each may be seen twice

    def refuse(route) -> None:
        foreign.append(route.request.url)
        route.abort()

    own = address.removesuffix("lite/")
    context.route(lambda url: url.startswith("http") and not url.startswith(own), refuse)
    context.on("response", lambda r: sizes.update({r.url: int(r.headers.get("content-length", 0))}))
    tab = context.new_page()
    tab.set_default_timeout(PATIENCE)
    tab.goto(f"{address}lab/index.html?path=00-ten-minutes.ipynb")
    tab.wait_for_selector(".jp-Notebook .jp-CodeCell")
    tab.wait_for_function(IDLE)
    yield tab, foreign, sizes
    context.close()


def run_first(tab: Page) -> str:
    """Run the first code cell and return what it says."""
    tab.locator(".jp-Notebook .jp-CodeCell").first.locator(".cm-content").click()
    tab.keyboard.press("Control+Enter")
    output = tab.locator(".jp-Notebook .jp-CodeCell").first.locator(".jp-OutputArea-output")
    output.first.wait_for()
    tab.wait_for_function(IDLE)
    return output.first.inner_text()


def test_python_starts_from_this_site_and_computes(lab):
    tab, foreign, _ = lab
    tab.locator(".jp-Notebook .jp-CodeCell").first.locator(".cm-content").click()
    tab.keyboard.press("Control+a")
    tab.keyboard.type("import sys; (1 + 1, sys.platform)")
    assert run_first(tab) == "(2, 'emscripten')"
    assert foreign == []


def test_the_first_cell_of_a_chapter_says_what_did_not_arrive(lab):
    tab, foreign, sizes = lab
    said = run_first(tab)
    assert "cdn.jsdelivr.net did not send NumPy, SciPy, Matplotlib" in said
    assert foreign and all(url.startswith("https://cdn.jsdelivr.net/pyodide/v") for url in foreign)
    stated = float(re.search(r"From this site, (\d+)&nbsp;MB", START)[1])
    assert sum(sizes.values()) / 1e6 == pytest.approx(stated, rel=0.1)


def test_the_site_holds_each_chapter_and_the_package_of_the_book():
    files = Path(ROOT / "_build/lite/files")
    chapters = {path.name for path in (ROOT / "book").glob("*.ipynb")}
    assert chapters == {path.name for path in files.glob("*.ipynb")}
    (wheel,) = HTML.glob("*.whl")
    assert (ROOT / "_build/lite/static/pyodide" / wheel.name).read_bytes() == wheel.read_bytes()
