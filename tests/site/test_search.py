"""The search of the built book, in a real browser: what readers ask for is found, by its place."""

from __future__ import annotations

import pytest
from reading import Site, contents
from search_records import records_of

PATIENCE = 30_000  # milliseconds after which a test gives up; nothing is timed

EXPLAINS_A_CHECK = "the-likelihood-of-a-prefix"  # chapter 1 explains its wrong versions

# What is asked: places of which one is among the first three hits.
ASKED = {
    "baseline": ["glossary#term-baseline"],
    "causality": ["glossary#term-causality"],
    "variance": ["glossary#term-variance"],
    "REINFORCE": ["02-log-derivative#thm:reinforce"],
    "GAE": ["05-baselines#thm:gae"],
    "reward to go": ["glossary#term-reward-to-go"],
    "occupancy": ["04-the-theorem#def:occupancy"],
    "why log": ["02-log-derivative#thm:score-function"],
    "clipped actions": ["06-continuous-actions#break-it-clipped-actions"],
    "softmax score": ["02-log-derivative#the-two-scores-you-will-meet-most"],
    "Q function": ["04-the-theorem#def:action-value"],
    "gamma^t": ["07-discount#what-if-gamma-t-is-dropped"],
    "γᵗ": ["07-discount#what-if-gamma-t-is-dropped"],
    "trajectory": ["glossary#term-trajectory"],
    "POMDP": ["faq#what-about-partial-observation"],
    "dynamics": ["faq#do-the-dynamics-really-disappear"],
    "importance sampling": ["02-log-derivative#prop:fixed-proposal"],
    "likelihood ratio": ["glossary#term-log-derivative-trick"],
    "distribution": ["04-the-theorem#def:occupancy"],
    "reparametrization": ["06-continuous-actions#prop:pathwise"],
    "RLOO": ["09-language-models#cor:rloo"],
}


@pytest.fixture(scope="module")
def search(chrome, site: Site):
    """(the page of the search, its script errors), loaded once for the whole file."""
    context = chrome.new_context()
    tab = context.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("console", lambda message: message.type == "error" and errors.append(message.text))
    tab.goto(site.address("search.html"), wait_until="load")
    tab.locator("#find").wait_for(timeout=PATIENCE)
    yield tab, errors
    context.close()


def hits(tab, words: str) -> list[str]:
    """The addresses that are found, best first."""
    tab.locator("#find-words").fill(words)
    tab.wait_for_function(
        "words => document.getElementById('find-count').textContent.includes(`“${words}”`)",
        arg=words,
        timeout=PATIENCE,
    )
    return tab.evaluate(
        "[...document.querySelectorAll('.find-title')].map(a => a.getAttribute('href'))"
    )


def test_what_readers_ask_is_among_the_first_three_hits_and_no_script_fails(search):
    tab, errors = search
    lost = {}
    for words, wanted in ASKED.items():
        first = [hit.removeprefix("book/").replace(".html", "") for hit in hits(tab, words)[:3]]
        if not set(first) & set(wanted):
            lost[words] = first
    assert lost == {}
    assert errors == []


def test_hits_show_their_formulas_and_what_is_not_there_is_said(search):
    tab, _ = search
    hits(tab, "gamma^t")
    assert tab.locator(".find-title math").count() > 0
    assert tab.locator(".find-lead math").count() > 0
    assert "\\" not in tab.locator("#find-hits").inner_text()
    assert hits(tab, "zebra") == []
    assert tab.locator("#find-count").inner_text().startswith("Nothing")


def test_the_page_opens_at_the_hit(search, site: Site):
    tab, _ = search
    address = hits(tab, "REINFORCE")[0]
    tab.locator(".find-title").first.click()
    tab.wait_for_url(site.address(address))
    tab.wait_for_function(
        """id => {
            const top = document.getElementById(id).getBoundingClientRect().top;
            return top > -20 && top < innerHeight;
        }""",
        arg=address.split("#")[1],
        timeout=PATIENCE,
    )
    tab.go_back()


def test_code_and_verdicts_are_not_searched(site: Site):
    for page in contents():
        for record in records_of((site.html / f"{page}.html").read_text(encoding="utf-8")):
            words = " ".join(record.words)
            if not page.endswith(("library", "formal", "ledger")):
                assert "np.random" not in words and "import " not in words, record.anchor
                if record.anchor != EXPLAINS_A_CHECK:
                    assert "wrong={" not in words, record.anchor
            assert "Rejected:" not in words, record.anchor
