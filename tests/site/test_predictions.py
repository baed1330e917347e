"""Predictions in the built pages: where the answers stand, what waits, what a reader's keys do."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup
from reading import Site

from utils.predictions import all_predictions
from utils.predictions.prediction import NEXT_CELL, NEXT_TEXT

CHAPTER = "book/03-causality.html"
WAITS = "3-share-that-peeks"


def soup_of(site: Site, number: int) -> BeautifulSoup:
    page = next((site.html / "book").glob(f"{number:02d}-*.html"))
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


@pytest.mark.parametrize("number", sorted({int(one.name[:1]) for one in all_predictions()}))
def test_answers_stand_in_the_box_of_the_question_and_the_figure_waits_outside(site, number):
    page = soup_of(site, number)
    known = [one for one in all_predictions() if one.name.startswith(f"{number}-")]
    shown = page.select(".admonition > .predict")
    assert [box["data-predict"] for box in shown] == [one.name for one in known]
    assert len(page.select(".predictions-progress[hidden]")) == 1
    assert not page.select(".waits section, .waits .predict, .waits .waits")
    for one in known:
        waits = page.select_one(f'.waits[data-waits="{one.name}"]')
        assert bool(waits) == bool(one.waits)
        if one.waits not in (NEXT_CELL, NEXT_TEXT, ""):
            assert waits.select_one(f"#fig-{one.waits}")
    assert not re.search(r"predict\(", page.select_one("article").get_text())


def test_without_a_script_the_answers_are_folded_and_nothing_waits(open_page):
    tab = open_page(CHAPTER, java_script_enabled=False)
    box = tab.locator(f'[data-predict="{WAITS}"]')
    assert box.locator("summary").is_visible()
    assert not box.locator(".predict-acts").is_visible()
    assert tab.locator(f'[data-waits="{WAITS}"] .explorer-title').is_visible()


def test_a_choice_by_keyboard_shows_the_reply_and_the_figure_and_is_kept_and_forgotten(open_page):
    tab = open_page(CHAPTER)
    box = tab.locator(f'[data-predict="{WAITS}"]')
    title = tab.locator(f'[data-waits="{WAITS}"] .explorer-title')
    assert not title.is_visible()
    box.locator("input").first.focus()
    tab.keyboard.press("Enter")
    assert box.locator(".predict-reply").inner_text() == "Choose an answer first."
    tab.keyboard.press("Space")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    assert box.locator(".predict-reply").inner_text().startswith("✗ Not so.")
    assert title.is_visible()
    assert tab.evaluate("document.activeElement.className") == "predict-reply"

    tab.reload()
    assert box.locator("input").nth(1).is_checked() and title.is_visible()
    assert "1 of" in tab.locator(".predictions-progress").text_content()

    box.locator(".predict-forget").press("Enter")
    assert not title.is_visible() and box.locator(".predict-reply").inner_text() == ""
    assert tab.evaluate("localStorage['policy-gradient-book.predictions']") == "{}"


def test_a_link_into_what_waits_opens_it(open_page):
    tab = open_page(f"{CHAPTER}#fig-peeking-reward;p=0.35")
    assert tab.locator(f'[data-waits="{WAITS}"] .explorer-title').is_visible()
