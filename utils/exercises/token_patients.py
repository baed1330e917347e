"""Patients of the bug clinic that train language models: losses judged by the assay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from utils.common.words import plain, signed
from utils.exercises.task import Reply
from utils.learning.assay import Law, Objective, World, assay, expected_return, in_world
from utils.learning.rule_table import minus_kl, reference, sampled_return
from utils.learning.token_world import thinking
from utils.learning.update_rules import tempered

BETA, TEMPERATURE = 0.1, 0.7


def penalised_return(law: Law) -> complex:
    """J - beta KL(pi || ref), beta = 1/10."""
    return expected_return(law) + BETA * minus_kl(law)


@dataclass(frozen=True, eq=False)
class TokenPatient:
    """A loss on a batch of the assay, to be cured.

    name    label, such as "ex:lm-patient-1"
    world   where it is judged
    target  what it is meant to climb, and its name in the reply
    """

    name: str
    world: World
    target: Objective = expected_return
    called: str = "J"

    def check(self, loss: Any) -> Reply:
        """Judge a loss by its exact mean update over all batches.

        Healthy is a positive multiple of the gradient of the target. ValueError if the attempt
        cannot be called, or as in ``assay``.
        """
        if not callable(loss):
            raise ValueError(f"the answer is a {type(loss).__name__}; give a function")
        report = assay(loss, self.world, {self.called: self.target}, self.called)
        mean, right = _row(report.mean), _row(report.gradient)
        if report.climbs == self.called:
            times = "" if abs(report.factor - 1) < 1e-7 else f"{plain(report.factor, 4)} times "
            return Reply(True, f"Healthy. The mean update is {times}∇({self.called}), {mean}.")
        return Reply(
            False,
            f"Ill. The mean update is {mean}, ∇({self.called}) is {right}: "
            f"{plain(report.angle, 1)}° apart. It follows {_followed(report)}.",
        )


def _followed(report) -> str:
    if report.climbs:
        return f"∇{report.climbs}"
    if report.sinks:
        return f"−∇({report.sinks}), as if a minus were missing"
    return "no gradient found here" if report.is_gradient else "the gradient of nothing"


def _row(vector: np.ndarray) -> str:
    return f"({', '.join(signed(x + 0.0, 4) for x in vector)})"


EXERCISES = (
    TokenPatient(
        "ex:lm-patient-1", thinking(1, reference=reference()), penalised_return, "J − KL/10"
    ),
    TokenPatient("ex:lm-patient-2", thinking(3)),
    TokenPatient("ex:lm-patient-3", thinking(3)),
    TokenPatient(
        "ex:lm-patient-4",
        in_world(thinking(3), behaviour=tempered(TEMPERATURE)),
        sampled_return,
        "J of the data",
    ),
)
