"""The words of a downloaded chapter are plain Markdown: nothing of MyST is left in them."""

from __future__ import annotations

import re

import pytest
from lab_pages import book_in, markdown_of, targets_of
from portable_text import Chapter, headings_of, keys_of, plain_text, solutions_of
from test_notebooks import BOOK, CHAPTERS, cells, read

WORKS = book_in(BOOK)
MYST = re.compile(r"^:|\{(?:eq|ref|prf:\w+|cite:\w)\}`|^\([\w-]+\)=$|\$\$ \(eq:", re.M)
TAG = re.compile(r"\\tag\{([\d.]+)\}")
LINK = re.compile(r"\]\(([^)\s]+)\)")

each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)


def chapter_of(text: str) -> Chapter:
    return Chapter(WORKS, headings_of(text), {"faq.md": "Questions readers ask"})


def words(chapter) -> list[str]:
    of = chapter_of(markdown_of(read(chapter)))
    return [plain_text("".join(cell["source"]), of) for cell in cells(chapter, "markdown")]


def one(text: str) -> str:
    return plain_text(text, chapter_of(text))


@each_chapter
def test_no_role_fence_option_or_label_is_left(chapter):
    assert not [found[0] for text in words(chapter) for found in MYST.finditer(text)]


@each_chapter
def test_each_labelled_display_has_the_number_of_the_book_in_it(chapter):
    targets = targets_of(chapter.name, markdown_of(read(chapter)))
    numbers = [target.words for label, target in targets.items() if label.startswith("eq:")]
    tags = [f"({tag})" for text in words(chapter) for tag in TAG.findall(text)]
    assert tags == numbers


@each_chapter
def test_each_statement_begins_with_the_name_that_references_give_it(chapter):
    targets = targets_of(chapter.name, markdown_of(read(chapter)))
    text = "\n\n".join(words(chapter))
    names = [t.words for label, t in targets.items() if not label.startswith("eq:")]
    heads = re.findall(
        r"^> \*\*((?:Theorem|Proposition|Lemma|Corollary|Definition) [\d.]+)", text, re.M
    )
    assert heads == names


@each_chapter
def test_a_display_in_a_quotation_stands_on_one_line(chapter):
    quoted = [line for text in words(chapter) for line in text.splitlines() if line[:1] == ">"]
    assert not [line for line in quoted if line.count("$$") % 2]


@each_chapter
def test_a_link_leads_to_a_heading_of_the_chapter_or_to_the_web(chapter):
    texts = words(chapter)
    headings = re.findall(r"^#+ (.*)$", "\n".join(texts), re.M)
    places = {f"#{heading.replace(' ', '-')}" for heading in headings}
    links = {link for text in texts for link in LINK.findall(text)}
    assert not {link for link in links if not link.startswith("https://")} - places


@each_chapter
def test_no_solution_stands_before_the_end(chapter):
    text = markdown_of(read(chapter))
    solutions = solutions_of(text, chapter_of(text))
    assert len(solutions) == text.count(":::{solution}")
    taught = [text for text in words(chapter) if "What it teaches" in text]
    assert all("*What it teaches.*" in solution for solution in solutions) and not taught


def test_a_display_of_several_lines_gets_its_number_behind_the_last():
    text = "$$\na\n= b .\n$$ (eq:traj-likelihood)"
    number = WORKS.targets["eq:traj-likelihood"].words.strip("()")
    assert one(text) == f"$$\na\n= b . \\tag{{{number}}}\n$$"


def test_a_box_in_a_box_is_a_quotation_in_a_quotation():
    text = (
        "::::{dropdown} Outside\nfirst\n:::{admonition} Inside\n:class: tip\n$$\nx\n$$\n:::\n::::"
    )
    assert one(text) == ("> **Outside**\n>\n> first\n>\n> > **Inside**\n> >\n> > $$ x $$")


def test_the_lines_of_a_proof_are_a_list_with_their_reasons():
    text = ":::{prf:proof}\n| | line | reason |\n|:-:|:--|:--|\n| 1 | $a=b$ | (H1) |\n:::"
    assert one(text).splitlines() == [
        "> *Proof.*",
        ">",
        "> 1. $a=b$\\",
        ">    *Reason:* (H1)",
        ">",
        "> $\\blacksquare$",
    ]


def test_works_are_cited_by_author_and_year():
    key = "williams1992simple"
    assert one(f"as {{cite:t}}`{key}` says {{cite:p}}`{key}`") == (
        "as Williams (1992) says (Williams, 1992)"
    )
    assert keys_of(f"{{cite:t}}`{key}` {{cite:p}}`baxter2001infinite,{key}`") == [
        key,
        "baxter2001infinite",
    ]


def test_a_page_that_is_not_at_hand_is_named():
    assert one("([why](faq.md))") == "(why [page *Questions readers ask* of the book])"
    assert one("[chapter 7](07-discount.ipynb)") == "chapter 7"


def test_signs_that_the_font_of_a_pdf_lacks_are_formulas_but_for_headings():
    assert one("marked ○, ◐ or ●") == r"marked $\circ$, $\odot$ or $\bullet$"
    assert one("## ★ More\n\n★ last") == "## ★ More\n\n$\\star$ last"


def test_a_box_of_an_unknown_kind_is_refused_by_name():
    with pytest.raises(ValueError, match="a box of the kind 'figure' has no form"):
        one(":::{figure} x.png\n:::")
