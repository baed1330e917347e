"""Predictions and questions in the built pages: where they stand, what waits, what keys do."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup
from reading import Site, soup

from utils.predictions import all_predictions, all_questions, question_named
from utils.predictions.prediction import NEXT_CELL, NEXT_TEXT

CHAPTER = "book/03-causality.html"
ORDER = question_named("ex:order-reward-to-go")
WAITS = "3-share-that-peeks"


def soup_of(site: Site, number: int) -> BeautifulSoup:
    page = next((site.html / "book").glob(f"{number:02d}-*.html"))
    return soup(page)


@pytest.mark.parametrize(
    "number", sorted({int(one.name.split("-")[0]) for one in all_predictions()})
)
def test_answers_stand_in_the_box_of_the_question_and_the_figure_waits_outside(site, number):
    page = soup_of(site, number)
    known = [one for one in all_predictions() if one.name.startswith(f"{number}-")]
    shown = page.select(".admonition > .predict")
    assert [box["data-predict"] for box in shown] == [one.name for one in known]
    # the line that counts stands at the end of the exercises, and chapter 0 has none
    assert len(page.select(".progress-line[hidden]")) == (number > 0)
    assert not page.select(".waits section:has(> h2, > h3), .waits .predict, .waits .waits")
    for one in known:
        waits = page.select_one(f'.waits[data-waits="{one.name}"]')
        assert bool(waits) == bool(one.waits or one.rest)
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
    progress = tab.locator(".progress-line").text_content()
    assert re.search(r": 1 of \d+ predictions made, 0 of \d+ exercises answered", progress)

    box.locator(".predict-forget").press("Enter")
    assert not title.is_visible() and box.locator(".predict-reply").inner_text() == ""
    assert tab.evaluate("localStorage['policy-gradient-book.predictions']") == "{}"


def test_a_link_into_what_waits_opens_it(open_page):
    tab = open_page(f"{CHAPTER}#fig-peeking-reward;p=0.35")
    assert tab.locator(f'[data-waits="{WAITS}"] .explorer-title').is_visible()


def test_each_question_stands_under_its_exercise_and_each_mark_has_a_word(site):
    asked, marks = [], {}
    for path in sorted((site.html / "book").glob("[0-9]*.html")):
        page = soup(path)
        for form in page.select(".question"):
            above = form.find_previous("div", class_="exercise")
            assert above["id"] == form["data-question"]
            asked.append(form["data-question"])
        for title in page.select(".exercise > .admonition-title"):
            mark = title.select_one(".difficulty[role=img]")
            marks.setdefault(mark.get_text(), set()).add(mark["aria-label"])
        assert not re.search("[○◐●]", " ".join(t.get_text() for t in page.select(".solution > p")))
        assert "ask(" not in page.select_one("article").get_text()
    assert asked == [one.name for one in all_questions()]
    assert marks == {"○": {"easy"}, "◐": {"medium"}, "●": {"hard"}}


def test_lines_are_ordered_by_keyboard_and_a_wrong_order_is_told_what_breaks(open_page):
    tab = open_page(CHAPTER)
    box = tab.locator(f'[data-question="{ORDER.name}"]')

    def lines() -> str:
        return "".join(box.locator(".order > li").evaluate_all("a => a.map(e => e.dataset.line)"))

    assert not box.locator(".predict-answer").is_visible()
    box.get_by_role("button", name="Check the order").press("Enter")
    line, used = ORDER.first_break(lines())
    reply = box.locator(".predict-reply")
    assert reply.inner_text().startswith(f"✗ Line {line}, in the first place, uses line {used}")

    for place, letter in enumerate(ORDER.right):
        up = box.get_by_role("button", name=f"Move line {letter} up")
        up.focus()
        while lines().index(letter) > place:
            tab.keyboard.press("Enter")  # the focus stays on the button
    assert lines() == ORDER.right and reply.inner_text() == ""
    box.get_by_role("button", name="Check the order").click()
    assert reply.inner_text().startswith("✓ Right")
    assert box.locator(".predict-answer").is_visible()
    assert ", 1 of" in tab.locator(".progress-line").text_content()

    tab.reload()
    assert lines() == ORDER.right and reply.inner_text().startswith("✓ Right")
    tab.get_by_role("button", name="Start over").last.click()
    assert lines() == "".join(line.letter for line in ORDER.lines)
    assert ", 0 of" in tab.locator(".progress-line").text_content()


def test_a_choice_may_be_wrong_and_then_right_and_a_sentence_opens_the_model_answer(open_page):
    tab = open_page(CHAPTER)
    box = tab.locator('[data-question="ex:missing-known-reward"]')
    for letter, start in (("C", "✗ Not this one."), ("B", "✓ Right.")):
        box.get_by_role("radio", name=re.compile(f"^{letter}[.]")).check()
        box.get_by_role("button", name="Check").click()
        assert box.locator(".predict-reply").inner_text().startswith(start)
    box = tab.locator('[data-question="ex:sentence-past"]')
    model = tab.locator("[id='sol:sentence-past'] section")
    assert not model.is_visible()
    box.get_by_role("textbox", name="Your sentence").fill("It is known.")
    box.get_by_role("button", name="Compare with the model answer").click()
    assert model.is_visible()
    assert ", 2 of" in tab.locator(".progress-line").text_content()


def test_without_a_script_the_lines_are_lettered_and_a_right_order_is_folded(open_page):
    tab = open_page(CHAPTER, java_script_enabled=False)
    box = tab.locator(f'[data-question="{ORDER.name}"]')
    assert box.locator(".order > li").count() == len(ORDER.lines)
    assert box.locator("summary").is_visible() and not box.locator("details ol").is_visible()
    assert not box.get_by_role("button").count()
