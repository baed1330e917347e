"""Patients of the bug clinic: exercises whose answer is a loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from utils.common.words import signed
from utils.exercises.task import Reply
from utils.learning import clinic, patients

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Patient:
    """A loss to be cured.

    name  label, such as "ex:patient-1"
    cut   whether the record of an episode stops after three steps while the episode goes on
    """

    name: str
    cut: bool = False

    def check(self, loss: Any) -> Reply:
        """Judge a loss by the exact mean of minus its gradient, over all batches of two episodes.

        ValueError if the attempt cannot be called, or does not return one finite number.
        """
        if not callable(loss):
            raise ValueError(f"the answer is a {type(loss).__name__}; give a function")
        self._try(loss)
        mean, right = clinic.mean_step(loss, self.cut), clinic.right_step(self.cut)
        goal = "what this record can give" if self.cut else "the gradient"
        if np.abs(mean - right).max() <= TOLERANCE:
            return Reply(True, f"Healthy. The mean of −∇loss is {goal}, {_row(right)}.")
        return Reply(
            False,
            f"Ill. The mean of −∇loss is {_row(mean)}, {goal} is {_row(right)}: "
            f"the bias is {_row(mean - right)}.",
        )

    def _try(self, loss: clinic.Loss) -> None:
        _, policy = clinic.ward()
        steps = next(clinic.walks())
        record = clinic.episode(steps, policy.theta[: clinic.HOME], not self.cut)
        value = loss([record] * clinic.BATCH, clinic.GAMMA)
        if np.shape(value) or not np.isfinite(value):
            raise ValueError(f"the loss is {value!r}; it should be one finite number")


def _row(vector: np.ndarray) -> str:
    return f"({', '.join(signed(x + 0.0, 4) for x in vector)})"


EXERCISES = tuple(Patient(f"ex:patient-{k}", cut=k in patients.CUT) for k in range(1, 8))
