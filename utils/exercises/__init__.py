"""Exercises that check themselves: answers are compared exactly, common slips get a reply."""

from __future__ import annotations

from utils.exercises.algorithms import EXERCISES as ALGORITHMS
from utils.exercises.baselines import EXERCISES as BASELINES
from utils.exercises.causality import EXERCISES as CAUSALITY
from utils.exercises.clinic import PATIENTS, Patient
from utils.exercises.continuous import EXERCISES as CONTINUOUS
from utils.exercises.discount import EXERCISES as DISCOUNT
from utils.exercises.log_derivative import EXERCISES as LOG_DERIVATIVE
from utils.exercises.task import Exercise, Reply
from utils.exercises.theorem import EXERCISES as THEOREM
from utils.exercises.trajectory import EXERCISES as TRAJECTORY

__all__ = ["Exercise", "Patient", "Reply", "all_exercises", "all_patients", "exercise"]

CHAPTERS = (
    TRAJECTORY,
    LOG_DERIVATIVE,
    CAUSALITY,
    THEOREM,
    BASELINES,
    CONTINUOUS,
    DISCOUNT,
    ALGORITHMS,
)
_EXPRESSIONS = {each.name: each for chapter in CHAPTERS for each in chapter}
_PATIENTS = {each.name: each for each in PATIENTS}
_ALL = _EXPRESSIONS | _PATIENTS


def exercise(name: str) -> Exercise | Patient:
    """The exercise with this label; ValueError lists the known ones."""
    if name not in _ALL:
        raise ValueError(f"no exercise is called {name!r}; there are: {', '.join(_ALL)}")
    return _ALL[name]


def all_exercises() -> tuple[Exercise, ...]:
    """Every exercise whose answer is an expression, chapter by chapter."""
    return tuple(_EXPRESSIONS.values())


def all_patients() -> tuple[Patient, ...]:
    """Every exercise whose answer is a loss."""
    return PATIENTS
