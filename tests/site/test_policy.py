"""Pages run under the policy that `make serve` sends: no script from elsewhere, none slipped in."""

from __future__ import annotations

import re
from urllib.request import urlopen

import policy
import pytest
from reading import PAGES, soup


def directives(value: str) -> dict[str, list[str]]:
    return {name: rest for name, *rest in (part.split() for part in value.split(";"))}


def sent(site, page: str) -> dict[str, list[str]]:
    with urlopen(site.address(page)) as answer:
        return directives(answer.headers["Content-Security-Policy"])


def test_a_page_may_run_only_files_of_its_host_and_one_script_whose_hash_is_named(site):
    own, *rest = sent(site, "book/index.html")["script-src"]
    assert own == "'self'" and len(rest) == 1 and rest[0].startswith("'sha256-")


def test_only_the_workers_of_the_answers_and_of_the_search_may_compile_webassembly(site):
    workers = [sent(site, path.removeprefix("/")) for path in policy.WORKERS]
    for worker in workers:
        assert worker["script-src"] == ["'self'", "'wasm-unsafe-eval'"]
    pages = [sent(site, page) for page in PAGES]
    assert not any("unsafe-eval" in word for rules in pages for word in rules["script-src"])
    assert all(rules["default-src"] == ["'none'"] for rules in [*workers, *pages])


@pytest.mark.parametrize("page", PAGES)
def test_a_page_holds_no_handler_and_no_script_but_the_first(site, page):
    html = soup(site.html / page)
    assert not [tag for tag in html.find_all(True) if any(name[:2] == "on" for name in tag.attrs)]
    runs = [tag for tag in html.find_all("script", src=False) if "json" not in tag.get("type", "")]
    assert len(runs) == 1 and runs[0].find_parent("head")


def test_the_file_for_other_hosts_says_what_is_sent_here(site):
    text = (site.html / "_headers").read_text()
    rules = dict(re.findall(r"^(/.*)\n  Content-Security-Policy: (.*)$", text, re.M))
    assert directives(rules["/book/*"]) == sent(site, "book/index.html")
    for path in policy.WORKERS:
        assert directives(rules[path]) == sent(site, path.removeprefix("/"))


def test_a_script_that_is_slipped_into_a_page_does_not_run_and_its_buttons_still_do(open_page):
    tab = open_page("book/index.html")
    tab.evaluate(
        """() => {
            window.print = () => { document.title = "printed"; };
            document.querySelector(".btn-download-pdf-button").click();
            const stranger = document.createElement("script");
            stranger.textContent = "document.title = 'slipped in'";
            document.body.append(stranger);
        }"""
    )
    assert tab.title() == "printed"
