"""Predictions: what they refuse, how a page writes them, where they stand in the chapters."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from docutils import nodes
from formulas import with_formulas
from predictions import rest_of_section
from prose import Stated, numbers_in
from scipy.stats import norm

from utils.explorer.numbering import figures_of
from utils.figures.continuous import clipped_score_mean
from utils.notebook import predict
from utils.predictions import all_predictions, prediction_named
from utils.predictions.prediction import NEXT_CELL, NEXT_TEXT, read

BOOK = Path(__file__).resolve().parents[2] / "book"
CELL = re.compile(r'predict\("([^"]+)"\)')
BOX = ":::{admonition} Predict"
TWO = {"right": "B", "A": ["one $x<1$", "No."], "B": ["two", "Yes."]}
PLACES = {
    "asked": "$p$",
    "stops": [0.1, 0.5],
    "right": "A",
    "A": ["small", "Yes.", 0, 0.2],
    "B": ["large", "No.", 0.2, 1],
}


NUMBERS = (
    Stated("0.05", 2, (0.25 / 100) ** 0.5),  # of 100 tosses; also (0.6 - 0.5)/2
    Stated("2.3", 1, norm.ppf(0.99)),
    Stated("0.4", 2, clipped_score_mean(1, 1, -1, 1)),
    Stated("2/50", 1, reason="of 100^2/50, with sums rounded in the text"),
    Stated("0.03", 1, 0.99**350),
    Stated("0.5", 2, 0.25**0.5),  # the deviation of a toss; also a place of the slider
    Stated("0.9", 3, reason="a probability that is given, of an action, of a right answer"),
    Stated("0.1", 2, 1 - 0.9),
    Stated("1/4", 1, reason="an entry of the running MDP"),
    Stated("0.25", 1, 1 / 4),
    Stated("0.75", 1, reason="a place of the slider"),
    Stated("1/2", 4, reason="a discount or a probability that is given"),
)


def sources(chapter: Path) -> list[tuple[str, str]]:
    cells = json.loads(chapter.read_text(encoding="utf-8"))["cells"]
    return [(cell["cell_type"], "".join(cell["source"])) for cell in cells]


CHAPTERS = [path for path in sorted(BOOK.glob("*.ipynb")) if BOX in str(sources(path))]
each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)


@each_chapter
def test_each_question_has_its_answers_right_under_it_and_each_prediction_is_asked_once(chapter):
    cells = sources(chapter)
    asked = []
    for (_, above), (kind, text) in zip(cells, cells[1:], strict=False):
        if kind == "code" and (found := CELL.fullmatch(text)):
            assert re.search(BOX + r"((?!\n:::)[\s\S])*\n:::$", above.rstrip()), text
            asked.append(found[1])
    number = f"{int(chapter.name[:2])}-"
    assert asked == [one.name for one in all_predictions() if one.name.startswith(number)]
    boxes = sum(text.count(BOX) for kind, text in cells if kind == "markdown")
    assert boxes == len(asked)


@each_chapter
def test_a_figure_that_waits_is_shown_by_the_chapter(chapter):
    figures = {name.replace("_", "-") for _, name in figures_of(chapter)}
    number = f"{int(chapter.name[:2])}-"
    waiting = {one.waits for one in all_predictions() if one.name.startswith(number)}
    assert waiting - {NEXT_CELL, NEXT_TEXT, ""} <= figures


def test_the_rest_of_a_section_ends_where_the_next_one_begins():
    text, section = nodes.paragraph(), nodes.section()
    assert rest_of_section([text, nodes.admonition(), text, section, text]) == slice(0, 3)
    assert rest_of_section([text, text]) == slice(0, 2)


@pytest.mark.parametrize("prediction", all_predictions(), ids=lambda one: one.name)
def test_formulas_of_answers_and_replies_can_be_set(prediction):
    page = with_formulas(prediction.html())
    assert "\\(" not in page and "$" not in page


def test_a_choice_is_a_list_of_buttons_with_every_reply_folded_under_it():
    page = read("3-two", TWO).html()
    assert page.count('type="radio" name="predict-3-two"') == 2
    assert "<b>A.</b> one \\(x&lt;1\\)</span>" in page
    assert page.index("<details") < page.index("✗ A") < page.index("✓ B")
    assert "<dd>Yes.</dd>" in page and "<script" not in page


def test_a_place_on_a_slider_has_a_reply_and_says_its_value():
    page = read("3-place", PLACES).html()
    assert 'data-stops="0.1 0.5"' in page and 'aria-valuetext="0.5"' in page
    assert 'data-verdict="wrong" data-low="0.2" data-high="1"' in page


def test_a_range_without_an_end_holds_every_larger_number():
    page = read("3-n", {**PLACES, "stops": [], "B": ["large", "No.", 0.2, float("inf")]}).html()
    assert 'data-low="0.2">' in page and "inf" not in page


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"right": "C"}, "exactly one right answer"),
        ({"B": ["two", ""]}, "no reply"),
        ({"stopps": [1]}, "unknown entries"),
        ({"asked": "x", "stops": [3], "A": ["a", "b", 0, 1], "B": ["a", "b", 1, 2]}, "place 3"),
        ({letter: ["x", "y"] for letter in "ABCDEF"}, "unknown entries"),
    ],
)
def test_an_unusable_prediction_is_refused_with_the_reason(change, reason):
    with pytest.raises(ValueError, match=reason):
        read("3-two", TWO | change)


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="3-late-reward"):
        prediction_named("3-no-such")
    with pytest.raises(ValueError, match="number of a chapter"):
        prediction_named("late-reward")


def test_jupyter_gets_the_form_with_its_script_and_the_build_only_the_name(monkeypatch):
    shown = predict("3-late-reward")
    monkeypatch.delenv("BOOK_STATIC", raising=False)
    live = shown._repr_mimebundle_()
    assert "<script>" in live["text/html"] and live["text/plain"].startswith("A. ")
    monkeypatch.setenv("BOOK_STATIC", "1")
    assert shown._repr_mimebundle_() == {"text/plain": "3-late-reward"}


def test_numbers_in_answers_and_replies_are_the_computed_ones():
    words = [one.asked for one in all_predictions()]
    words += [f"{a.text} {a.reply}" for one in all_predictions() for a in one.answers]
    assert numbers_in("\n".join(words)) == Counter({n.printed: n.times for n in NUMBERS})
    assert [number for number in NUMBERS if not number.agrees()] == []
