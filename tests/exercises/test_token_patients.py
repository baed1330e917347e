"""Losses for language models, as the chapter prints them and as it heals them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from utils.exercises import exercise
from utils.exercises.token_patients import EXERCISES
from utils.learning.assay import mean_update, objective_value, slope
from utils.learning.rule_table import sampled_return
from utils.learning.token_world import thinking

CHAPTER = Path(__file__).resolve().parents[2] / "book" / "09-language-models.ipynb"
CELLS = json.loads(CHAPTER.read_text(encoding="utf-8"))["cells"]
TEXT = "\n".join("".join(cell["source"]) for cell in CELLS)


BODY = r"(?P<body>\(batch\):\n(?:[ \n][^\n]*\n)*)"


def functions(pattern):
    """{number: function} of all patients, or of all cures, that the chapter prints."""
    out = {}
    for match in re.finditer(rf"(?ms){pattern}", TEXT):
        space = {"np": np, "detach": np.real}
        exec(f"def f{match['body']}", space)
        out[int(match["k"])] = space["f"]
    return out


PATIENTS = functions(rf'^def answer{BODY}exercise\("ex:lm-patient-(?P<k>\d)"\)')
CURES = functions(rf"^def lm_cure_(?P<k>\d){BODY}")


def test_every_patient_of_the_code_is_printed_with_its_cure():
    names = [patient.name for patient in EXERCISES]
    assert (
        names == [f"ex:lm-patient-{k}" for k in PATIENTS] == [f"ex:lm-patient-{k}" for k in CURES]
    )


@pytest.mark.parametrize("k", PATIENTS)
def test_each_patient_is_ill_and_its_cure_is_healthy(k):
    task = exercise(f"ex:lm-patient-{k}")
    assert task.check(PATIENTS[k]).correct is False
    assert task.check(CURES[k]).correct is True


def test_the_sampled_return_is_the_mean_reward_of_the_batches():
    world = EXERCISES[3].world

    def count(batch):
        return np.array([batch.rewards.sum(axis=1).mean(), 0.0])

    reward = mean_update(count, world)[0]

    assert np.real(objective_value(sampled_return, world, world.theta)) == pytest.approx(reward)


def test_without_a_temperature_the_sampled_return_has_the_slope_of_the_objective():
    world = thinking(1)
    np.testing.assert_allclose(
        slope(sampled_return, world), slope(lambda law: law.mean(law.returns), world), rtol=1e-12
    )


def test_what_is_not_a_function_is_refused():
    with pytest.raises(ValueError, match="give a function"):
        exercise("ex:lm-patient-2").check(None)
