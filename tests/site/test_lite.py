"""The page before JupyterLab in the browser: it asks nobody before its button is pressed.

JupyterLab itself is tried by `make lite LITE=--try` (try_lite.py).
"""

from __future__ import annotations

import json
from urllib.request import urlopen

import policy
import pytest
from reading import PAGES

LIST = "**/pyodide-lock.json"
FOREIGN = "https://cdn.jsdelivr.net/kiwisolver.whl"
ONE = {"packages": {"kiwisolver": {"file_name": FOREIGN, "sha256": "00" * 32}}}


def said(tab) -> str:
    tab.click("#start")
    tab.wait_for_function("() => !document.querySelector('#start').disabled")
    return tab.inner_text("#said")


def test_nothing_is_fetched_from_elsewhere_before_the_button_is_pressed(open_page, site):
    tab = open_page("lite/start.html")
    requests = []
    tab.on("request", lambda request: requests.append(request.url))
    tab.reload(wait_until="networkidle")
    assert {url.removeprefix(f"{site.url}/lite/") for url in requests} <= {
        "start.html",
        "start.css",
        "start.js",
    }
    text = tab.inner_text("main")
    assert "cdn.jsdelivr.net" in text and "pypi.org" in text and "MB" in text


def test_a_copy_without_jupyterlab_says_how_to_add_it(open_page):
    tab = open_page("lite/start.html")
    tab.route(LIST, lambda route: route.fulfill(status=404))
    assert "`make lite` adds it" in said(tab)


def test_a_server_out_of_reach_is_named_and_jupyterlab_is_not_opened(open_page):
    tab = open_page("lite/start.html")
    tab.route(LIST, lambda route: route.fulfill(body=json.dumps(ONE)))
    tab.route(FOREIGN, lambda route: route.abort())
    assert "cdn.jsdelivr.net answered not at all. Are you offline" in said(tab)
    tab.unroute(FOREIGN)
    cross = {"access-control-allow-origin": "*"}
    tab.route(FOREIGN, lambda route: route.fulfill(status=503, headers=cross))
    assert "cdn.jsdelivr.net" in said(tab) and tab.url.endswith("lite/start.html")


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_fits_its_window(open_page, width):
    tab = open_page("lite/start.html", viewport={"width": width, "height": 740})
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_only_what_lies_in_its_folder_may_ask_another_host(site):
    def sent(page: str) -> str:
        with urlopen(site.address(page)) as answer:
            return answer.headers["Content-Security-Policy"]

    assert sent("lite/start.html") == policy.of_lite()
    assert not any("https:" in sent(page) for page in PAGES)
    assert (
        f"/lite/*\n  Content-Security-Policy: {policy.of_lite()}\n"
        in (site.html / "_headers").read_text()
    )


def test_one_page_of_the_book_leads_there(site):
    links = [p for p in PAGES if 'href="../lite/' in (site.html / p).read_text(encoding="utf-8")]
    assert links == ["book/run.html"]
