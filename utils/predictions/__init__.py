"""What a reader predicts before seeing, and exercises that are answered without an expression.

A prediction is a choice, a number or a place on a slider. A question is a line or a hypothesis to
find, lines to order, or a sentence. The chapter asks; the answers and their replies stand here, in
one file a chapter, so that neither the notebook on the screen nor its source gives the right one
away.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from importlib import resources

from utils.predictions.prediction import Prediction, data, read
from utils.predictions.questions import Question, complete_html, questions_of

__all__ = [
    "Prediction",
    "all_predictions",
    "all_questions",
    "ask",
    "predict",
    "prediction_named",
    "question_named",
]

NAME = re.compile(r"(\d+)-([a-z0-9-]+)")


def chapters_with_predictions() -> list[int]:
    """The numbers of the chapters that have a file of predictions."""
    files = resources.files(__package__).joinpath("data").iterdir()
    return sorted(int(file.name[:-5]) for file in files if file.name.endswith(".toml"))


def predictions_of(chapter: int) -> tuple[Prediction, ...]:
    """The predictions of a chapter, from ``data/03.toml`` for chapter 3."""
    entries = tomllib.loads(data(f"{chapter:02d}.toml"))
    return tuple(read(f"{chapter}-{name}", entry) for name, entry in entries.items())


def all_predictions() -> tuple[Prediction, ...]:
    """Every prediction of the book, chapter by chapter."""
    return tuple(each for n in chapters_with_predictions() for each in predictions_of(n))


def prediction_named(name: str) -> Prediction:
    """The prediction with this name; ValueError lists those of its chapter."""
    found = NAME.fullmatch(name)
    if not found or int(found[1]) not in chapters_with_predictions():
        raise ValueError(f"{name!r} should be the number of a chapter and words: 3-late-reward")
    known = {each.name: each for each in predictions_of(int(found[1]))}
    if name not in known:
        raise ValueError(f"no prediction is called {name!r}; there are: {', '.join(known)}")
    return known[name]


def all_questions() -> tuple[Question, ...]:
    """Every exercise of the book that is answered without an expression, chapter by chapter."""
    return tuple(each for n in chapters_with_predictions() for each in questions_of(n))


def question_named(name: str) -> Question:
    """The question with this label; ValueError lists the known ones."""
    known = {each.name: each for each in all_questions()}
    if name not in known:
        raise ValueError(f"no question is called {name!r}; there are: {', '.join(known)}")
    return known[name]


@dataclass(frozen=True)
class Asked:
    """A prediction or a question where a chapter asks it."""

    name: str

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        # The build reads the name off the cell: so a reply can be reworded and the chapter need not
        # run again.
        if os.environ.get("BOOK_STATIC"):
            return {"text/plain": self.name}
        if self.name.startswith("ex:"):
            question = question_named(self.name)
            return {"text/plain": repr(question), "text/html": complete_html(question)}
        shown = prediction_named(self.name)
        return {"text/plain": repr(shown), "text/html": shown.complete_html()}


def predict(name: str) -> Asked:
    """The answers to the question above the cell: ``predict("3-late-reward")``."""
    return Asked(name)


def ask(name: str) -> Asked:
    """The form of the exercise above the cell: ``ask("ex:order-reward-to-go")``."""
    return Asked(name)
