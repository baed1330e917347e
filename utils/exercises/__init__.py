"""Exercises that check themselves: answers are compared exactly, common slips get a reply.

An exercise stands in the file of its chapter and in the table of contents below, which lets a
chapter load its own exercises and no others. ``clinic`` asks about the patients of the bug clinic,
whose losses stand in ``learning.patients``; those that are language models are ``token_patients``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from utils.exercises.task import Exercise, Reply

if TYPE_CHECKING:
    from utils.exercises.clinic import LossExercise
    from utils.exercises.token_patients import TokenPatient

__all__ = ["Exercise", "Reply", "all_exercises", "all_patients", "all_token_patients", "exercise"]

CONTENTS = {
    "trajectory": (
        "one-prefix running-objective score-of-counts tail-of-ones "
        "variance-of-the-score-sum affinity moving-start"
    ),
    "log_derivative": (
        "geometric-score uniform-square coincidence estimator-at-the-edge "
        "length-of-the-score proposal-variance reinforce-of-ones"
    ),
    "causality": (
        "score-after-reward repeat-reward survival-gradient gamma-twice settled-variance "
        "episode-length mean-over-steps"
    ),
    "theorem": ("wrong-clock two-state-occupancy killed-from-zero free-table first-visit aliased"),
    "baselines": "look-ahead wrong-critic mend-batch",
    "continuous": (
        "mean-log-density score-of-an-atom counting-actions laplace-noise centred-edge "
        "two-step-regulator growing-action"
    ),
    "discount": (
        "flip-discount discount-twice dropped-waiting small-loop deadline kappa-three "
        "running-average"
    ),
    "algorithms": ("loss-coin compatible-coin per-step-waiting leak-waiting"),
    "language_models": (
        "first-thought pair only-one-right four-answers short-or-long k3-coin ratio-tokens "
        "clip-other-side temperature-coin masked-cut"
    ),
    "exact_variances": "price-of-V constants xor-coin corner",
}
FILE_OF = {f"ex:{name}": file for file, names in CONTENTS.items() for name in names.split()}


def exercise(name: str) -> Exercise | LossExercise | TokenPatient:
    """The exercise with this label; ValueError lists the known ones."""
    wards = {"ex:patient-": "clinic", "ex:lm-patient-": "token_patients"}
    file = next((f for start, f in wards.items() if name.startswith(start)), FILE_OF.get(name))
    found = [each for each in _exercises_of(file) if each.name == name] if file else []
    if not found:
        known = ", ".join(FILE_OF)
        raise ValueError(f"no exercise is called {name!r}; there are the patients and: {known}")
    return found[0]


def all_exercises() -> tuple[Exercise, ...]:
    """Every exercise whose answer is an expression, chapter by chapter."""
    return tuple(each for file in CONTENTS for each in _exercises_of(file))


def all_patients() -> tuple[LossExercise, ...]:
    """Every exercise whose answer is a loss."""
    return _exercises_of("clinic")


def all_token_patients() -> tuple[TokenPatient, ...]:
    """Every exercise whose answer is a loss for a language model."""
    return _exercises_of("token_patients")


def _exercises_of(file: str) -> tuple:
    return import_module(f"utils.exercises.{file}").EXERCISES
