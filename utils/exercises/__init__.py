"""Exercises that check themselves: answers are compared exactly, common slips get a reply."""

from __future__ import annotations

from utils.exercises.algorithms import EXERCISES as ALGORITHMS
from utils.exercises.baselines import EXERCISES as BASELINES
from utils.exercises.causality import EXERCISES as CAUSALITY
from utils.exercises.clinic import PATIENTS, Patient
from utils.exercises.continuous import EXERCISES as CONTINUOUS
from utils.exercises.discount import EXERCISES as DISCOUNT
from utils.exercises.language_models import EXERCISES as LANGUAGE_MODELS
from utils.exercises.log_derivative import EXERCISES as LOG_DERIVATIVE
from utils.exercises.task import Exercise, Reply
from utils.exercises.theorem import EXERCISES as THEOREM
from utils.exercises.token_patients import TOKEN_PATIENTS, TokenPatient
from utils.exercises.trajectory import EXERCISES as TRAJECTORY

__all__ = [
    "Exercise",
    "Patient",
    "Reply",
    "all_exercises",
    "all_patients",
    "all_token_patients",
    "exercise",
]

CHAPTERS = (
    TRAJECTORY,
    LOG_DERIVATIVE,
    CAUSALITY,
    THEOREM,
    BASELINES,
    CONTINUOUS,
    DISCOUNT,
    ALGORITHMS,
    LANGUAGE_MODELS,
)
_EXPRESSIONS = {each.name: each for chapter in CHAPTERS for each in chapter}
_PATIENTS = {each.name: each for each in PATIENTS}
_TOKEN_PATIENTS = {each.name: each for each in TOKEN_PATIENTS}
_ALL = _EXPRESSIONS | _PATIENTS | _TOKEN_PATIENTS


def exercise(name: str) -> Exercise | Patient | TokenPatient:
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


def all_token_patients() -> tuple[TokenPatient, ...]:
    """Every exercise whose answer is a loss for a language model."""
    return TOKEN_PATIENTS
