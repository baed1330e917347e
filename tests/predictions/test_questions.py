"""Exercises without an expression: what they refuse, which orders are right, their forms."""

from __future__ import annotations

import json
import re
from itertools import permutations
from pathlib import Path

import pytest
from formulas import with_formulas
from prose import numbers_in

from utils.notebook import ask
from utils.predictions import all_questions, question_named
from utils.predictions.questions import FLAW, ORDER, Order, read

BOOK = Path(__file__).resolve().parents[2] / "book"
FLAWED = {"kind": "flaw", "wrong": 2, "lines": [["$x<1$", "so", "Fine."], ["2", "as", "No."]]}
LACKING = {"kind": "hypothesis", "right": "A", "A": ["one", "Yes."], "B": ["two", "No."]}
ORDERED = {
    "kind": "order",
    "right": "BCA",
    "A": ["third", "why"],
    "B": ["$b$", "because"],
    "C": ["second", "since"],
    "needs": {"A": {"C": "C comes first."}, "C": {"B": "B comes first."}},
}
each_question = pytest.mark.parametrize("question", all_questions(), ids=lambda one: one.name)


def cells(chapter: Path, kind: str) -> list[str]:
    every = json.loads(chapter.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in every if cell["cell_type"] == kind]


def test_each_question_is_asked_once_in_its_chapter_right_under_its_exercise():
    asked = []
    for chapter in sorted(BOOK.glob("*.ipynb")):
        every = json.loads(chapter.read_text(encoding="utf-8"))["cells"]
        sources = ["".join(cell["source"]) for cell in every]
        for above, text in zip(sources, sources[1:], strict=False):
            if found := re.fullmatch(r'ask\("(ex:[\w-]+)"\)', text):
                last = above[above.rindex(":::{exercise}") :]
                assert f":label: {found[1]}\n" in last and last.endswith("\n:::")
                asked.append(found[1])
    assert asked and sorted(asked) == sorted(one.name for one in all_questions())


def test_the_chapters_have_questions_of_each_kind():
    kinds = [one.kind for one in all_questions()]
    few = {"flaw": 4, "hypothesis": 4, "order": 2, "sentence": 6}
    assert all(kinds.count(kind) >= least for kind, least in few.items())


@each_question
def test_formulas_of_a_question_can_be_set_and_state_no_number(question):
    page = with_formulas(question.html())
    assert "\\(" not in page and "$" not in page
    assert not numbers_in(re.sub("<[^>]*>", " ", question.html()))


@pytest.mark.parametrize(
    "order", [one for one in all_questions() if one.kind == ORDER], ids=lambda one: one.name
)
def test_the_right_orders_are_those_in_which_each_line_uses_lines_above_it(order):
    needs = {(line.letter, used) for line in order.lines for used, _ in line.needs}
    right = ["".join(each) for each in permutations(order.right)]
    right = [each for each in right if order.first_break(each) is None]
    assert order.right in right and len(right) > 1
    # each need is one that some order breaks, and no line but the last is used by none
    for line, used in needs:
        assert all(each.index(used) < each.index(line) for each in right)
        assert order.first_break(line + order.right.replace(line, "")) is not None
    last = order.right[-1]
    assert {line.letter for line in order.lines} == {used for _, used in needs} | {last}


def test_of_a_wrong_order_the_first_line_that_uses_something_not_yet_there_is_named():
    order = read("ex:three", ORDERED)
    assert order.first_break("BCA") is None
    assert order.first_break("CBA") == ("C", "B")
    assert order.first_break("BAC") == ("A", "C")


def test_an_order_is_written_as_lettered_lines_with_a_right_one_folded_under_them():
    page = read("ex:three", ORDERED).html()
    assert page.index('<li data-line="A">') < page.index('<li data-line="B">')
    folded = page[page.index("<details") :]
    assert folded.index("<b>B</b>: because.") < folded.index("<b>A</b>: why.")
    assert '<dt data-line="A" data-needs="C">A uses C</dt><dd>C comes first.</dd>' in folded


def test_a_flaw_is_a_choice_of_numbered_lines_and_a_hypothesis_one_of_letters():
    page = read("ex:flaw", FLAWED).html()
    assert "<legend>Which line does not follow?</legend>" in page
    assert r"<b>1.</b> \(x&lt;1\)" in page and '<small class="reason">so</small>' in page
    assert '<dt data-verdict="right">✓ Line 2</dt><dd>No.</dd>' in page
    assert '<dt data-verdict="right">✓ A</dt>' in read("ex:lacking", LACKING).html()


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (FLAWED | {"wrong": 3}, "exactly one right answer"),
        (LACKING | {"B": ["two", ""]}, "no reply"),
        (LACKING | {"rigth": "A"}, "unknown entries"),
        (ORDERED | {"right": "BAC"}, "line A uses C"),
        (ORDERED | {"right": "BC"}, "each of 'ABC' once"),
        (ORDERED | {"needs": {}}, "already right"),
        ({"kind": "riddle"}, "should be one of flaw"),
    ],
)
def test_an_unusable_question_is_refused_with_the_reason(entry, reason):
    with pytest.raises(ValueError, match=reason):
        read("ex:three", entry)


def test_an_unknown_question_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="ex:order-reward-to-go"):
        question_named("ex:no-such")


def test_jupyter_gets_the_form_with_its_script_and_the_build_only_the_name(monkeypatch):
    for question in all_questions():
        monkeypatch.delenv("BOOK_STATIC", raising=False)
        live = ask(question.name)._repr_mimebundle_()
        assert "<script>" in live["text/html"] and live["text/plain"] == repr(question)
        monkeypatch.setenv("BOOK_STATIC", "1")
        assert ask(question.name)._repr_mimebundle_() == {"text/plain": question.name}


def test_the_proofs_with_a_flaw_have_one_wrong_line_and_a_solution_that_names_it():
    text = "".join(t for chapter in BOOK.glob("*.ipynb") for t in cells(chapter, "markdown"))
    for question in all_questions():
        if isinstance(question, Order) or question.kind != FLAW:
            continue
        number = next(i for i, line in enumerate(question.answers, 1) if line.right)
        told = text[text.index(f"{{solution}} {question.name}\n") :]
        assert re.match(r".*\n:label: .*\n:class: dropdown\nLine \d+\.", told)
        assert f"\nLine {number}." in told[:300]


def test_the_solutions_name_a_right_order_and_the_missing_hypothesis():
    text = "".join(t for chapter in BOOK.glob("*.ipynb") for t in cells(chapter, "markdown"))
    for question in all_questions():
        told = text[text.index(f"{{solution}} {question.name}\n") :][:300]
        if isinstance(question, Order):
            assert f"One right order is {', '.join(question.right)}." in told
        elif question.kind == "hypothesis":
            right = next("ABCDE"[i] for i, answer in enumerate(question.answers) if answer.right)
            assert re.search(rf"\n{right}[.,:]", told)
