"""The right answer is recognised in any spelling, and every common slip gets its own reply."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

from utils.exercises import all_exercises, all_patients, all_token_patients, exercise

BOOK = Path(__file__).resolve().parents[2] / "book"
each_exercise = pytest.mark.parametrize("task", all_exercises(), ids=lambda task: task.name)


@each_exercise
def test_the_answer_is_right_also_when_it_is_written_differently(task):
    assert task.check(task.answer).correct
    shift = task.symbols[0] if task.symbols else sp.sqrt(2)
    assert task.check(sp.expand((task.answer + shift) * 2) / 2 - shift).correct


@each_exercise
def test_each_slip_is_wrong_and_is_told_what_it_is(task):
    assert task.slips
    for slip, explanation in task.slips:
        reply = task.check(slip)
        assert reply.correct is False and explanation in reply.text


@each_exercise
def test_another_wrong_answer_gets_a_counterexample(task):
    reply = task.check(task.answer + 1000)
    hint = "your expression is" if task.symbols else "The right number is another one"
    assert reply.correct is False and hint in reply.text


@each_exercise
def test_no_answer_gets_a_reminder(task):
    assert task.check(None).correct is None


@each_exercise
@pytest.mark.parametrize(
    "attempt, message",
    [
        ("p", "write it without quotes"),
        ([1, 2], "give one expression"),
        (np.array([1.0]), "give one expression"),
        (sp.Symbol("stranger"), "stranger is not a symbol of this exercise; give a"),
        (sp.nan, "not a finite number"),
        (sp.oo, "not a finite number"),
        (object(), "; give a"),
        (sp.true, "; give a"),
    ],
)
def test_what_is_not_an_expression_is_refused_with_a_reason(task, attempt, message):
    with pytest.raises(ValueError, match=message):
        task.check(attempt)


def test_a_sum_that_is_not_written_out_is_still_recognised():
    task = exercise("ex:tail-of-ones")
    gamma, T = task.symbols
    t = sp.Symbol("t", integer=True)
    assert task.check(gamma**T * sp.Sum(gamma**t, (t, 0, T - 1)) + gamma ** (2 * T) / (1 - gamma))
    steps = exercise("ex:variance-of-the-score-sum")
    T, p = steps.symbols
    assert steps.check(sp.Sum(p * (1 - p), (t, 0, T - 1))).correct


def test_a_form_that_cannot_be_decided_is_neither_right_nor_wrong():
    task = exercise("ex:score-of-counts")
    k, n, p = task.symbols
    reply = task.check((k - n * p) * (sp.sin(k) ** 2 + sp.cos(k) ** 2 + sp.erf(k) + sp.erfc(k) - 1))
    assert reply.correct is not False


def test_an_unknown_name_is_refused_and_the_known_ones_are_listed():
    with pytest.raises(ValueError, match="ex:score-of-counts"):
        exercise("ex:nothing")


def test_the_exercises_of_the_pages_and_of_the_code_are_the_same():
    text = "".join(
        "".join(cell["source"])
        for path in sorted(BOOK.glob("*.ipynb"))
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
    )
    asked = re.findall(r"\{exercise\}.*\n:label: (ex:[\w-]+)", text)
    every = (*all_exercises(), *all_patients(), *all_token_patients())
    assert sorted(asked) == sorted(task.name for task in every)
    for name in asked:
        assert f'exercise("{name}").check(' in text, f"{name} has no cell that checks it"
        assert f"{{solution}} {name}" in text, f"{name} has no solution"
