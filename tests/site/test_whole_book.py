"""The proof map and the ledger of the real book, as they were built."""

from __future__ import annotations

import re
from graphlib import TopologicalSorter

import pytest
from reading import soup

PATH = re.compile(r'<path data-role="([^"]+)" data-user="(\d+)" data-used="(\d+)"')
ROW = re.compile(r'<li data-statement="(\d+)"><a [^>]*href="([^"]+)"')


@pytest.fixture(scope="module")
def proof_map(site) -> tuple[dict[int, set[int]], list[tuple[int, int]], dict[str, int]]:
    """Who uses whom, who proves whom again, and where each anchor stands."""
    page = (site.html / "book/proof-map.html").read_text()
    uses: dict[int, set[int]] = {}
    again = []
    for role, user, used in PATH.findall(page):
        if role == "uses":
            uses.setdefault(int(user), set()).add(int(used))
        elif role == "proves again":
            again.append((int(user), int(used)))
    return uses, again, {href.split("#")[1]: int(i) for i, href in ROW.findall(page)}


def reached(uses: dict[int, set[int]], start: int) -> set[int]:
    found: set[int] = set()
    ahead = [start]
    while ahead:
        new = uses.get(ahead.pop(), set()) - found
        found |= new
        ahead += new
    return found


def test_no_statements_of_the_book_use_each_other_in_a_circle(proof_map):
    uses, _, _ = proof_map
    assert len(uses) > 50
    tuple(TopologicalSorter(uses).static_order())


def test_none_of_the_three_proofs_of_the_theorem_reaches_the_theorem(proof_map):
    uses, again, place = proof_map
    theorem = place["thm:pgt"]
    others = {place["prop:grad-value"], place["cor:pgt-from-pdl"]}
    assert {user for user, used in again if used == theorem} == others
    for proof in (theorem, *others):
        assert theorem not in reached(uses, proof)


def test_second_and_third_proof_do_without_the_chapters_on_trajectories(proof_map):
    uses, _, place = proof_map
    first = {place["thm:traj-score"], place["thm:reinforce"], place["thm:gpomdp-infinite"]}
    assert first & reached(uses, place["thm:pgt"])
    for proof in ("prop:grad-value", "cor:pgt-from-pdl"):
        assert not first & reached(uses, place[proof])


def test_ledger_is_a_list_of_cards_on_a_phone(open_page):
    tab = open_page("book/ledger.html", viewport={"width": 390, "height": 844})
    cell = tab.locator("table.ledger td").nth(2)
    assert cell.evaluate("x => getComputedStyle(x).display") == "block"
    assert cell.evaluate("x => getComputedStyle(x, '::before').content") == '"What decided it"'
    widest = "t => Math.max(...[...t.querySelectorAll('td')].map(x => x.scrollWidth))"
    assert tab.locator("table.ledger").first.evaluate(widest) <= 390


def test_each_verdict_on_a_page_carries_the_number_of_its_equation_and_leads_to_it(site):
    page = (site.html / "book/01-trajectory-likelihood.html").read_text()
    links = re.findall(r'<a href="#([\w-]+)">\((\d+\.\d+)\)</a> <code>eq:', page)
    assert len(links) == page.count('class="verdict verdict-')
    assert all(f'id="{anchor}"' in page for anchor, _ in links)


def test_the_ledger_leads_into_the_fold_of_each_check(site):
    ledger = (site.html / "book/ledger.html").read_text()
    links = re.findall(r'href="([\w-]+\.html)#(check-[\w-]+)"', ledger)
    pages = {name: (site.html / "book" / name).read_text() for name, _ in links}
    assert len(links) == len(set(links)) == sum(p.count('class="verdict ') for p in pages.values())
    assert [link for link in links if f'id="{link[1]}"' not in pages[link[0]]] == []


def test_each_check_is_folded_behind_a_tick_unless_it_is_explained(site):
    for page in sorted((site.html / "book").glob("0[1-9]-*.html")):
        html = soup(page)
        for verdict in html.select(".verdict"):
            assert verdict.find_parent("details", "check") or verdict.find_parent(
                class_="tag_open-check"
            )
        for fold in html.select("details.check"):
            name, said = fold.summary.get_text(), fold.select_one(".verdict a").get_text()
            assert name.startswith("✓ (") and said in name
            assert not fold.select("details")
        (explained,) = html.select(".tag_open-check")
        after = explained.find_next_sibling(["p", "details"]).get_text()
        assert after.strip().startswith("The check, line by line")
        labels = {code.get_text() for code in html.select(".verdict code")}
        assert len(html.select("a.tick")) == len({x for x in labels if x.startswith("eq:")})


def test_a_link_to_a_check_opens_its_fold_and_paper_gets_a_line(open_page):
    tab = open_page("book/03-causality.html#check-eq-past-reward-2")
    verdict = tab.locator("#check-eq-past-reward-2")
    assert verdict.is_visible() and not tab.locator("#check-eq-cond-score-zero-1").is_visible()
    tab.emulate_media(media="print")
    assert not verdict.is_visible()
    line = tab.locator(".checks-on-paper").first
    assert line.is_visible() and line.inner_text().endswith("see the ledger.")


def test_counts_on_the_index_page_are_those_of_the_ledger(site):
    index = (site.html / "book/index.html").read_text()
    ledger = (site.html / "book/ledger.html").read_text()
    equations, checks = re.search(
        r"(\d+) numbered equations in \d+ lines, (\d+) checks", ledger
    ).groups()
    assert f"{equations} equations, {checks} checks" in index
    assert ledger.count("✓") >= int(checks)
