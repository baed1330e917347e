"""One prediction: what can be answered, what each answer is told, and what waits for it.

In a built page and in Jupyter it is the same HTML. ``data/predictions.js`` moves it;
without a script the choices are a list and the replies stand folded under them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from importlib import resources
from typing import Any

FEWEST, MOST = 2, 5
LETTERS = "ABCDE"
NEXT_CELL, NEXT_TEXT = "next-cell", "next-text"
# JupyterLab and Notebook otherwise take the arrow keys for themselves.
FIELD = 'autocomplete="off" data-lm-suppress-shortcuts="true"'
MATHS = re.compile(r"\$([^$]+)\$")


@dataclass(frozen=True)
class Answer:
    """One answer and its reply.

    text   the choice as a reader sees it, or in words what range of numbers is meant
    reply  why it is right, or what it overlooks
    right  whether it is the right one
    low, high  for a number: the range that is meant, ends included
    """

    text: str
    reply: str
    right: bool = False
    low: float = -math.inf
    high: float = math.inf


@dataclass(frozen=True)
class Prediction:
    """A question of a chapter, without its words: the answers, one of them right.

    name     the key under which the reader's choice is kept
    answers  two to five; text and replies may hold formulas between dollars
    waits    what waits for the answer: a figure, such as "peeking-reward", with all that leads to
             it and the text under it; NEXT_CELL, what the next cell shows, such as a table, with
             the text under it; NEXT_TEXT, the text up to the next cell or heading; "" nothing
    rest     whether the rest of the section waits, with its statements, proofs and checks
    asked    for a number: the label of its field; for a choice ""
    stops    for a place on a slider: its values, in increasing order
    """

    name: str
    answers: tuple[Answer, ...]
    waits: str = ""
    asked: str = ""
    stops: tuple[float, ...] = ()
    rest: bool = False

    def __post_init__(self) -> None:
        if not FEWEST <= len(self.answers) <= MOST:
            raise ValueError(
                f"{self.name} has {len(self.answers)} answers; it should have two to five"
            )
        if sum(answer.right for answer in self.answers) != 1:
            raise ValueError(f"{self.name} should have exactly one right answer")
        for answer in self.answers:
            if not answer.reply:
                raise ValueError(f"{self.name}: the answer {answer.text!r} has no reply")
        for value in self.stops:
            if not any(answer.low <= value <= answer.high for answer in self.answers):
                raise ValueError(f"{self.name}: the place {value:g} has no reply")

    @property
    def kind(self) -> str:
        """What is given: a "choice", a "number", or a "point" on a slider."""
        return "point" if self.stops else "number" if self.asked else "choice"

    def __repr__(self) -> str:
        lines = [
            f"{letter}. {answer.text}"
            for letter, answer in zip(LETTERS, self.answers, strict=False)
        ]
        return "\n".join(lines) if self.kind == "choice" else self.asked

    def html(self) -> str:
        """The question's form with its folded answers; formulas stand between ``\\(`` and ``\\)``.

        A script shows and hides; the bare HTML is complete.
        """
        figure = self.waits if self.waits not in (NEXT_CELL, NEXT_TEXT) else ""
        waits = f' data-figure="fig-{figure}"' if figure else ""
        return (
            f'<div class="predict" data-predict="{self.name}" data-kind="{self.kind}"{waits}>'
            f"{self._fields()}"
            '<p class="predict-acts" hidden><button type="button" class="predict-commit">Commit'
            '</button> <button type="button" class="predict-skip">Show without an answer</button>'
            '<button type="button" class="predict-forget" hidden>Forget my answer</button></p>'
            '<div class="predict-reply" role="status" tabindex="-1"></div>'
            f'<details class="predict-answer"><summary>The answer</summary><dl>{self._replies()}'
            "</dl></details></div>"
        )

    def complete_html(self) -> str:
        """The form with its style and its script, for Jupyter."""
        return f"<style>{style()}</style>{self.html()}<script>{script()}</script>"

    def _fields(self) -> str:
        field = f"predict-{self.name}"
        if self.kind == "choice":
            buttons = "".join(
                f'<label><input type="radio" name="{field}" value="{i}" {FIELD}>'
                f"<span><b>{LETTERS[i]}.</b> {with_maths(answer.text)}</span></label>"
                for i, answer in enumerate(self.answers)
            )
            return f"<fieldset><legend>Your answer</legend>{buttons}</fieldset>"
        label = f'<label for="{field}">{with_maths(self.asked)}</label>'
        if self.kind == "number":
            box = f'<input type="text" inputmode="decimal" id="{field}" size="8" {FIELD}>'
            return f'<p class="predict-number">{label} {box}</p>'
        middle = len(self.stops) // 2
        stops = " ".join(f"{value:g}" for value in self.stops)
        return (
            f'<p class="predict-number">{label} <input type="range" id="{field}" min="0" '
            f'max="{len(self.stops) - 1}" value="{middle}" data-stops="{stops}" '
            f'aria-valuetext="{self.stops[middle]:g}" {FIELD}>'
            f'<output for="{field}">{self.stops[middle]:g}</output></p>'
        )

    def _replies(self) -> str:
        parts = []
        for letter, answer in zip(LETTERS, self.answers, strict=False):
            name = letter if self.kind == "choice" else with_maths(answer.text)
            span = "".join(
                f' data-{end}="{bound:g}"'
                for end, bound in (("low", answer.low), ("high", answer.high))
                if math.isfinite(bound)
            )
            mark = "✓" if answer.right else "✗"
            verdict = "right" if answer.right else "wrong"
            parts.append(
                f'<dt data-verdict="{verdict}"{span}>{mark} {name}</dt>'
                f"<dd>{with_maths(answer.reply)}</dd>"
            )
        return "".join(parts)


def read(name: str, entry: Mapping[str, Any]) -> Prediction:
    """One entry of a file of predictions; ValueError says what is amiss.

    The answers are ``A = [text, reply]`` and so on in the order shown; for a number or a place on a
    slider ``A = [text, reply, low, high]``, and the first range that holds the number replies.
    ``right`` names the right one.
    """
    unknown = set(entry) - {"waits", "rest", "asked", "stops", "right", *LETTERS}
    if unknown:
        raise ValueError(f"{name}: unknown entries {sorted(unknown)}")
    answers = []
    for letter in LETTERS:
        if letter in entry:
            text, reply, *bounds = entry[letter]
            answers.append(Answer(text, reply, letter == entry["right"], *bounds))
    return Prediction(
        name,
        tuple(answers),
        entry.get("waits", ""),
        entry.get("asked", ""),
        tuple(entry.get("stops", ())),
        entry.get("rest", False),
    )


def with_maths(text: str) -> str:
    """Plain text as HTML; what stands between dollars stays a formula."""
    return MATHS.sub(r"\\(\1\\)", escape(text, quote=False))


def style() -> str:
    """The style of every prediction and question."""
    return data("predictions.css")


def script() -> str:
    """The script of every prediction, for a page and for Jupyter."""
    return data("predictions.js")


def data(name: str) -> str:
    """A file of the folder ``data``: replies, script and style, on which no run of a cell hangs."""
    return resources.files(__package__).joinpath("data", name).read_text(encoding="utf-8")
