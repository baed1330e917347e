"""The main road of the book: what is neither starred nor folded."""

from __future__ import annotations

import re

import pytest
from prose import BOOK, text_of
from road import (
    EXERCISE,
    FOLDED,
    STAR,
    exercises_on_the_road,
    is_starred,
    on_the_road,
    sections,
)

CHAPTERS = sorted(BOOK.glob("*.ipynb"))
PROOF = re.compile(r"^(:{3,})\{prf:proof\}.*?^\1[ ]*$", re.S | re.M)
LABEL = re.compile(r"^:label: *(\S+)|^\$\$ \((eq:[\w-]+)\)", re.M)
REFERENCE = re.compile(r"\{(?:eq|prf:ref|numref)\}`(?:[^`<]*<)?([\w:-]+)>?`")
FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$]+\$", re.S)
NO_WORD = re.compile(
    r"^:[a-z-]+:.*$|^[:`]{3,}.*$|^\(\S+\)=$|\]\([^)]*\)|^[|:\s-]+$|\(eq:[\w-]+\)", re.M
)
SKIP = "*For those who want it sharp. Skip to ["


def count_words(text: str) -> int:
    """Words of prose; a formula and a reference count as one word each."""
    text = REFERENCE.sub(" reference ", FORMULA.sub(" formula ", text))
    return len(re.findall(r"[\w’'-]*[A-Za-z0-9][\w’'-]*", NO_WORD.sub(" ", text)))


def starred_labels() -> set[str]:
    """Labels of statements and equations that stand in starred sections."""
    found = set()
    for chapter in CHAPTERS:
        for star, _, body in sections(text_of(chapter)):
            if star:
                found |= {a or b for a, b in LABEL.findall(body)}
    return found


def unsaid_uses(text: str, starred: set[str]) -> set[tuple[str, str]]:
    """(heading, label): the proofs on the road that lean on a starred label without a word."""
    return {
        (title, label)
        for star, title, body in sections(text)
        if not star
        for proof in PROOF.finditer(FOLDED.sub("", body))
        for line in proof[0].splitlines()
        for label in REFERENCE.findall(line)
        if label in starred and STAR not in line and "starred" not in line
    }


def test_the_main_road_has_at_most_20_000_words():
    """Some six and a half hours with figures, predictions and the exercises that are named."""
    words = {chapter.stem: count_words(on_the_road(text_of(chapter))) for chapter in CHAPTERS}
    assert sum(words.values()) <= 20_000, words


@pytest.mark.parametrize("chapter", CHAPTERS[1:-1], ids=lambda path: path.stem)
def test_a_chapter_of_the_road_names_two_of_its_exercises_and_needs_no_starred_part_for_them(
    chapter,
):
    found = {each["title"].strip(): each for each in EXERCISE.finditer(text_of(chapter))}
    named = exercises_on_the_road(text_of(chapter))
    assert len(named) == 2
    assert [title for title in named if found[title]["star"]] == []


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_a_starred_section_says_where_the_road_goes_on(chapter):
    inside = False
    for star, title, body in sections(text_of(chapter)):
        if star and (not inside or is_starred(title)):
            assert body.lstrip().startswith(SKIP), title
        inside = star


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_no_proof_on_the_road_uses_a_starred_statement_without_saying_so(chapter):
    assert unsaid_uses(text_of(chapter), starred_labels()) == set()


def test_a_use_of_a_starred_statement_is_found_and_a_star_in_its_line_says_so():
    text = "# A\n\n## B\n\n:::{prf:proof}\n| 1 | $x$ | {eq}`eq:fine`%s |\n:::\n"
    assert unsaid_uses(text % "", {"eq:fine"}) == {("B", "eq:fine")}
    assert unsaid_uses(text % ", starred in chapter 1", {"eq:fine"}) == set()
    assert unsaid_uses("# A\n\n## ★ B\n" + text[8:] % "", {"eq:fine"}) == set()


def test_an_exercise_is_on_the_road_if_its_chapter_names_it():
    two = ":::{exercise} ○ One\nfirst\n:::\n\n:::{exercise} ◐ Two\nsecond\n:::\n"
    text = f"# A\n\n## B\n\nOn the road: *Two*. The others are practice.\n\n{two}"
    assert "second" in on_the_road(text)
    assert "first" not in on_the_road(text)


def test_what_is_folded_or_starred_is_not_on_the_road():
    text = "## A\none two\n### ★ B\nthree\n#### C\nfour\n## D\nfive $x+y$ six"
    assert [(star, title) for star, title, _ in sections(text)] == [
        (False, "A"),
        (True, "★ B"),
        (True, "C"),
        (False, "D"),
    ]
    folded = ":::{dropdown} More\nseven\n:::\neight"
    assert count_words(FOLDED.sub("", folded)) == 1
    assert count_words("five $x+y$ six, {eq}`eq:fine` and\n$$\na\n$$ (eq:b)\n") == 6
