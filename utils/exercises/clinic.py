"""Exercises on the patients of ``learning.patients``: the answer is a loss that is healed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from utils.common.steps import OutOfSteps, within
from utils.common.words import plain, signed
from utils.exercises.task import Reply
from utils.learning import clinic
from utils.learning.patients import PATIENTS

TOLERANCE = 1e-9
DIFFERENCES_AGREE = 1e-6
STEPS = 2_000_000


@dataclass(frozen=True)
class LossExercise:
    """A loss to be cured.

    name  label, such as "ex:patient-1"
    cut   whether the record of an episode stops after three steps while the episode goes on
    """

    name: str
    cut: bool = False

    def check(self, loss: Any) -> Reply:
        """Judge a loss by the exact mean of minus its gradient, over all batches of two episodes.

        A positive multiple of what is right is healthy, too. What cannot be judged gets a reply
        with ``correct`` None.
        """
        if not callable(loss):
            kind = "None" if loss is None else f"a {type(loss).__name__}"
            return Reply(None, f"The answer is {kind}; give a function.")
        code = getattr(loss, "__code__", None)
        try:
            return within(STEPS, lambda: self._judge(loss), (code,) if code else ())
        except OutOfSteps:
            return Reply(None, "The function does not come to an end.")
        except Exception as error:
            return Reply(None, f"The function stopped with {type(error).__name__}: {error}.")

    def _judge(self, loss: clinic.Loss) -> Reply:
        start = clinic.ward()[1].theta[: clinic.HOME]
        for batch in clinic.batches():
            value = loss(clinic.records(batch, start, self.cut), clinic.GAMMA)
            if not isinstance(value, int | float | complex | np.number | np.ndarray):
                what = "None" if value is None else f"a {type(value).__name__}"
                return Reply(None, f"The function returned {what}; it should return one number.")
            if np.shape(value) or not np.isfinite(value):
                return Reply(None, f"The loss is {value!r}; it should be one finite number.")
        chances, steps = clinic.batch_steps(loss, self.cut)
        in_real_numbers = clinic.batch_differences(loss, self.cut)
        if np.abs(steps - in_real_numbers).max() > DIFFERENCES_AGREE * (1 + np.abs(steps).max()):
            return Reply(
                None,
                "The loss cannot be differentiated here: the complex step and a difference of real "
                "numbers disagree. Use no abs, conj, vdot or real part of what moves with θ′, and "
                "detach for what should not move.",
            )
        if not steps.any():
            return Reply(None, "Your loss does not depend on log_pi: its gradient is 0 everywhere.")
        return self._reply(chances @ steps)

    def _reply(self, mean: np.ndarray) -> Reply:
        right = clinic.right_step(self.cut)
        goal = "what this record can give" if self.cut else "the gradient"
        if np.abs(mean - right).max() <= TOLERANCE:
            return Reply(True, f"Healthy. The mean of −∇loss is {goal}, {_row(right)}.")
        factor = float(mean @ right / (right @ right))
        if factor > 0 and np.abs(mean - factor * right).max() <= TOLERANCE * factor:
            return Reply(
                True,
                f"Healthy: the direction is right. The mean of −∇loss is {_times(factor)} {goal}, "
                f"{_row(mean)} in place of {_row(right)}.",
            )
        return Reply(
            False,
            f"Ill. The mean of −∇loss is {_row(mean)}, {goal} is {_row(right)}: "
            f"the bias is {_row(mean - right)}.",
        )


def _times(factor: float) -> str:
    """A positive factor in words: "a third of", "2 times"."""
    near = Fraction(factor).limit_denominator(12)
    if abs(float(near) - factor) > TOLERANCE:
        return f"{plain(factor, 4)} times"
    if near.numerator == 1:
        names = {2: "half of", 3: "a third of", 4: "a quarter of"}
        return names.get(near.denominator, f"1/{near.denominator} of")
    return f"{near} times"


def _row(vector: np.ndarray) -> str:
    return f"({', '.join(signed(x + 0.0, 4) for x in vector)})"


EXERCISES = tuple(
    LossExercise(f"ex:patient-{k}", patient.cut) for k, patient in enumerate(PATIENTS, start=1)
)
