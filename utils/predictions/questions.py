"""Exercises without an expression: a line or a hypothesis to find, lines to order, a sentence.

A question is one form, the same in a built page and in Jupyter. ``data/questions.js`` moves it;
without a script its parts are lists, and what is told stands folded under them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from utils.predictions.prediction import FIELD, LETTERS, Answer, data, style, with_maths

FLAW, HYPOTHESIS, ORDER, SENTENCE = "flaw", "hypothesis", "order", "sentence"
LEGENDS = {FLAW: "Which line does not follow?", HYPOTHESIS: "Which hypothesis is missing?"}
ACTS = (
    '<p class="predict-acts" hidden><button type="button" class="predict-commit">{check}</button> '
    '<button type="button" class="predict-forget" hidden>Start over</button></p>'
    '<div class="predict-reply" role="status" tabindex="-1"></div>'
)


@dataclass(frozen=True)
class Choice:
    """A flaw or a missing hypothesis: one of several, each with a reply.

    name     label of the exercise, such as "ex:flaw-sum-of-scores"
    kind     FLAW, whose answers are the numbered lines of a proof; HYPOTHESIS, with letters
    answers  the lines or hypotheses, exactly one of them right, that is, the one that is asked for
    reasons  for a flaw: the reason that stands beside each line
    """

    name: str
    kind: str
    answers: tuple[Answer, ...]
    reasons: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if sum(answer.right for answer in self.answers) != 1:
            raise ValueError(f"{self.name} should have exactly one right answer")
        if not all(answer.reply for answer in self.answers):
            raise ValueError(f"{self.name}: an answer has no reply")

    def __repr__(self) -> str:
        parts = zip(self._marks(), self.answers, strict=True)
        return "\n".join(f"{mark}. {answer.text}" for mark, answer in parts)

    def html(self) -> str:
        """The form: buttons, and every reply folded under them."""
        field = f"question-{self.name}"
        reasons = self.reasons or ("",) * len(self.answers)
        labels, replies = [], []
        for i, (mark, answer) in enumerate(zip(self._marks(), self.answers, strict=True)):
            reason = (
                f' <small class="reason">{with_maths(reasons[i])}</small>' if self.reasons else ""
            )
            labels.append(
                f'<label><input type="radio" name="{field}" value="{i}" {FIELD}>'
                f"<span><b>{mark}.</b> {with_maths(answer.text)}{reason}</span></label>"
            )
            verdict = "right" if answer.right else "wrong"
            shown = f"Line {mark}" if self.kind == FLAW else mark
            tick = "✓" if answer.right else "✗"
            replies.append(
                f'<dt data-verdict="{verdict}">{tick} {shown}</dt>'
                f"<dd>{with_maths(answer.reply)}</dd>"
            )
        return box(
            self.name,
            self.kind,
            f"<fieldset><legend>{LEGENDS[self.kind]}</legend>{''.join(labels)}</fieldset>"
            + ACTS.format(check="Check")
            + folded(f"<dl>{''.join(replies)}</dl>"),
        )

    def _marks(self) -> tuple[str, ...]:
        numbers = tuple(str(i + 1) for i in range(len(self.answers)))
        return numbers if self.kind == FLAW else tuple(LETTERS[: len(self.answers)])


@dataclass(frozen=True)
class Line:
    """One line of a proof that is to be put in order.

    letter  how it is called as long as it has no place
    text, reason  the line and why it holds
    needs   pairs (letter of a line it uses, what breaks if that line is not there yet)
    """

    letter: str
    text: str
    reason: str
    needs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Order:
    """Lines to put in order; right is every order in which each line uses only lines above it.

    name   label of the exercise
    lines  in the order in which they are shown at first, which is a wrong one
    right  the letters in one right order, for readers without a script
    """

    name: str
    lines: tuple[Line, ...]
    right: str
    kind: str = ORDER

    def __post_init__(self) -> None:
        letters = "".join(line.letter for line in self.lines)
        if sorted(self.right) != sorted(letters):
            raise ValueError(f"{self.name}: {self.right!r} should have each of {letters!r} once")
        if broken := self.first_break(self.right):
            raise ValueError(f"{self.name}: in {self.right!r} line {broken[0]} uses {broken[1]}")
        if not self.first_break(letters):
            raise ValueError(f"{self.name}: the order shown at first is already right")

    def first_break(self, order: str) -> tuple[str, str] | None:
        """The first line of an order that uses one not above it: (its letter, what it uses)."""
        needs = {line.letter: [used for used, _ in line.needs] for line in self.lines}
        for place, letter in enumerate(order):
            for used in needs[letter]:
                if used not in order[:place]:
                    return letter, used
        return None

    def __repr__(self) -> str:
        return "\n".join(f"{line.letter}. {line.text}" for line in self.lines)

    def html(self) -> str:
        """The form: the lettered lines; folded, a right order with its reasons, and what breaks."""
        shown = "".join(
            f'<li data-line="{line.letter}"><span class="order-line"><b>{line.letter}.</b> '
            f"{with_maths(line.text)}</span></li>"
            for line in self.lines
        )
        of = {line.letter: line for line in self.lines}
        reasons = "".join(
            f"<li><b>{letter}</b>: {with_maths(of[letter].reason)}.</li>" for letter in self.right
        )
        breaks = "".join(
            f'<dt data-line="{line.letter}" data-needs="{used}">{line.letter} uses {used}</dt>'
            f"<dd>{with_maths(what)}</dd>"
            for line in self.lines
            for used, what in line.needs
        )
        return box(
            self.name,
            self.kind,
            f'<ol class="order" aria-label="The lines">{shown}</ol>'
            + ACTS.format(check="Check the order")
            + folded(f"<ol>{reasons}</ol><dl>{breaks}</dl>"),
        )


@dataclass(frozen=True)
class Sentence:
    """A sentence to write and to compare with the model answer, which is the exercise's solution.

    name  label of the exercise
    """

    name: str
    kind: str = SENTENCE

    def __repr__(self) -> str:
        return "Write a sentence, then compare it with the solution."

    def html(self) -> str:
        """The form: a field for the sentence, which is of use with a script only."""
        field = f"question-{self.name}"
        return box(
            self.name,
            self.kind,
            f'<p class="sentence"><label for="{field}">Your sentence</label>'
            f'<textarea id="{field}" rows="3" {FIELD}></textarea></p>'
            + ACTS.format(check="Compare with the model answer"),
        )


Question = Choice | Order | Sentence


def questions_of(chapter: int) -> tuple[Question, ...]:
    """The questions of a chapter, from ``data/questions/03.toml`` for chapter 3."""
    entries = tomllib.loads(data(f"questions/{chapter:02d}.toml"))
    return tuple(read(f"ex:{name}", entry) for name, entry in entries.items())


def read(name: str, entry: Mapping[str, Any]) -> Question:
    """One entry of a file of questions; ValueError says what is amiss.

    A flaw has ``lines = [[text, reason, reply], ...]`` and the number of the ``wrong`` one.
    A hypothesis has ``A = [text, reply]`` and so on, and ``right``.
    An order has ``A = [text, reason]`` and so on in the order shown, ``right``, and
    ``needs.D = {A = "what breaks"}``.
    A sentence has nothing more.
    """
    letters = [key for key in entry if len(key) == 1]
    known = {
        FLAW: {"lines", "wrong"},
        HYPOTHESIS: {"right", *letters},
        ORDER: {"right", "needs", *letters},
        SENTENCE: set(),
    }
    kind = entry.get("kind")
    if kind not in known:
        raise ValueError(f"{name}: the kind {kind!r} should be one of {', '.join(known)}")
    if unknown := set(entry) - {"kind"} - known[kind]:
        raise ValueError(f"{name}: unknown entries {sorted(unknown)}")
    if kind == FLAW:
        told = enumerate(entry["lines"], 1)
        answers = [Answer(text, reply, i == entry["wrong"]) for i, (text, _, reply) in told]
        return Choice(name, kind, tuple(answers), tuple(why for _, why, _ in entry["lines"]))
    if kind == HYPOTHESIS:
        answers = []
        for letter in letters:
            text, reply = entry[letter]
            answers.append(Answer(text, reply, letter == entry["right"]))
        return Choice(name, kind, tuple(answers))
    if kind == ORDER:
        lines = []
        for letter in letters:
            text, reason = entry[letter]
            needs = entry["needs"].get(letter, {})
            lines.append(Line(letter, text, reason, tuple(needs.items())))
        return Order(name, tuple(lines), entry["right"])
    return Sentence(name)


def box(name: str, kind: str, inside: str) -> str:
    """What is common to the forms of all kinds."""
    return f'<div class="predict question" data-question="{name}" data-kind="{kind}">{inside}</div>'


def folded(inside: str) -> str:
    """What is told, folded."""
    return f'<details class="predict-answer"><summary>The answer</summary>{inside}</details>'


def complete_html(question: Question) -> str:
    """The form with its style and its script, for Jupyter."""
    return f"<style>{style()}</style>{question.html()}<script>{data('questions.js')}</script>"
