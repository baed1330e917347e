"""The chapter behind the button of its page: what a reader sees who opens it without running it."""

from __future__ import annotations

import base64
import io
import json
import re

import nbformat
import pytest
from build_book import ROOT
from nbconvert import HTMLExporter
from PIL import Image
from portable import ASKED
from reading import Site, soup
from test_notebooks import CHAPTERS, cells

from utils.predictions import prediction_named, question_named

each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
FIGURE = re.compile(r"\*\*Figure ([\d.]+)\.\*\* (.+)")


def downloaded(site: Site, chapter) -> nbformat.NotebookNode:
    return nbformat.read(site.html / "_sources/book" / chapter.name, as_version=4)


def page_of(site: Site, chapter):
    return soup(site.html / f"book/{chapter.stem}.html")


def outputs(notebook) -> list[dict]:
    return [o for cell in notebook.cells for o in cell.get("outputs", [])]


@each_chapter
def test_it_is_a_valid_notebook_with_the_code_of_the_chapter(site: Site, chapter):
    notebook = downloaded(site, chapter)
    nbformat.validate(notebook)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert code == ["".join(cell["source"]) for cell in cells(chapter, "code")]
    assert "source_hidden" not in json.dumps(notebook.cells[1].metadata)  # how to get the package


@each_chapter
def test_it_shows_each_figure_of_the_page_with_its_number_and_caption(site: Site, chapter):
    captions = [
        FIGURE.fullmatch(output.data["text/markdown"]).groups()
        for output in outputs(downloaded(site, chapter))
        if "**Figure" in output.get("data", {}).get("text/markdown", "")
    ]
    on_page = [
        re.fullmatch(r"Figure ([\d.]+) (.+)", " ".join(caption.get_text(" ").split())).groups()
        for caption in page_of(site, chapter).select("figcaption.explorer-caption")
    ]
    assert captions == on_page
    pictures = [o for o in outputs(downloaded(site, chapter)) if "image/png" in o.get("data", {})]
    assert len(pictures) == len(on_page)
    assert all(300 < o.metadata["image/png"]["width"] < 800 for o in pictures)


@each_chapter
def test_it_shows_each_verdict_of_the_page_with_the_number_of_its_equation(site: Site, chapter):
    shown = [
        output.data["text/html"]
        for output in outputs(downloaded(site, chapter))
        if "verdict" in output.get("data", {}).get("text/html", "")
    ]
    on_page = page_of(site, chapter).select("div.verdict")
    assert [re.search(r"\(([\d.]+)\)", html)[1] for html in shown] == [
        re.search(r"\(([\d.]+)\)", verdict.get_text())[1] for verdict in on_page
    ]
    assert not any("<a " in html for html in shown)


@each_chapter
def test_it_shows_the_choices_of_a_question_and_keeps_the_replies(site: Site, chapter):
    notebook = downloaded(site, chapter)
    asked = 0
    for cell in notebook.cells:
        if cell.cell_type == "code" and (found := ASKED.fullmatch(cell.source.strip())):
            question = (prediction_named if found[1] == "predict" else question_named)(found[2])
            said = cell.outputs[0].data["text/markdown"]
            assert all(line in said for line in repr(question).splitlines())
            replies = [answer.reply for answer in getattr(question, "answers", ())]
            assert not [reply for reply in replies if reply in said]
            asked += 1
    assert asked


@each_chapter
def test_it_lists_the_works_that_it_cites(site: Site, chapter):
    words = {cell.id: cell.source for cell in downloaded(site, chapter).cells}
    cited = set(re.findall(r"\{cite:\w\}`([^`]+)`", (ROOT / "book" / chapter.name).read_text()))
    keys = {key for group in cited for key in group.split(",")}
    listed = re.findall(r"^- \*\*", words.get("works-cited", ""), re.M)
    assert len(listed) == len(keys)


def test_nbconvert_shows_figures_numbers_and_verdicts(site: Site):
    chapter = next(path for path in CHAPTERS if path.name.startswith("03-"))
    html, _ = HTMLExporter().from_notebook_node(downloaded(site, chapter))
    for shown in ("data:image/png;base64,", r"\tag{3.1}", "Figure 3.1.", "(3.1) <code>eq:cond"):
        assert shown in html
    assert "Williams (1992)" in html and "{eq}" not in html and ":::" not in html


def test_a_picture_is_sharp_on_a_dense_screen(site: Site):
    given = outputs(downloaded(site, CHAPTERS[0]))
    found = next(output for output in given if "image/png" in output.get("data", {}))
    with Image.open(io.BytesIO(base64.b64decode(found.data["image/png"]))) as picture:
        assert picture.width == 1.5 * found.metadata["image/png"]["width"]
