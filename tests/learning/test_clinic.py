"""The ward of the bug clinic: its exact means, its patients as printed, and their cures."""

from __future__ import annotations

import ast
import inspect
import json
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from utils import exact
from utils.exercises import all_patients, exercise
from utils.learning import clinic
from utils.learning.patients import PATIENTS, Patient
from utils.model.policies import LinearSoftmax

CHAPTER = Path(__file__).resolve().parents[2] / "book" / "08-algorithms.ipynb"
NUMBERS = range(1, len(PATIENTS) + 1)
each_patient = pytest.mark.parametrize(
    "k, patient", list(zip(NUMBERS, PATIENTS, strict=True)), ids=[p.name for p in PATIENTS]
)
healthy = PATIENTS[6].loss


def cells(kind: str) -> list[str]:
    book = json.loads(CHAPTER.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == kind]


def printed() -> list[str]:
    """The code that stands in the text of the chapter."""
    return re.findall(r"```python\n(.*?)```", "\n".join(cells("markdown")), re.S)


def body(function) -> str:
    """The source of a function without its first line."""
    return inspect.getsource(function).split("\n", 1)[1].rstrip()


def test_every_printed_cure_runs_with_what_the_chapter_imports_and_is_healthy():
    imports = "\n".join(
        f"from {node.module} import {alias.name}"
        for code in cells("code")
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if not alias.asname
    )
    cures = [code for code in printed() if "def cure_" in code]
    assert len(cures) == len(PATIENTS) - 1
    for k, cure in enumerate(cures, start=1):
        names: dict = {}
        exec(f"import numpy as np\n{imports}\n{cure}", names)
        assert exercise(f"ex:patient-{k}").check(names[f"cure_{k}"]).correct


@each_patient
def test_the_chapter_prints_the_code_the_thread_the_cure_and_the_equation(k, patient: Patient):
    head = "def answer(episodes, gamma):\n"
    assert f'{head}{body(patient.loss)}\nexercise("ex:patient-{k}").check(answer)' in cells("code")
    text = "\n".join(cells("markdown"))
    assert f"[{patient.source}](" in text.split(f":label: ex:patient-{k}\n")[1].split(":::")[0]
    if patient.cure:
        assert f"def cure_{k}(episodes, gamma):\n{body(patient.cure)}\n```" in text
        assert f"({patient.label})" in text
    assert (patient.cure is None) is (patient.label == "")


def test_the_seven_episodes_have_the_probabilities_of_the_table():
    table = {
        (1, 1): Fraction(2, 15),
        (0, 1, 1): Fraction(2, 25),
        (0, 0, 0): Fraction(27, 125),
        (0, 0, 1): Fraction(18, 125),
        (0, 1, 0): Fraction(4, 25),
        (1, 0, 0): Fraction(4, 25),
        (1, 0, 1): Fraction(8, 75),
    }
    assert sum(table.values()) == 1
    found = {tuple(a for _, a in w): clinic.probability(w) for w in clinic.walks()}
    assert found.keys() == table.keys()
    for actions, chance in table.items():
        assert found[actions] == pytest.approx(float(chance), rel=1e-14)


def test_the_mean_return_of_the_episodes_is_the_objective():
    mdp, policy = clinic.ward()
    mean = sum(
        clinic.probability(w) * sum(0.8**t * mdp.R[step] for t, step in enumerate(w))
        for w in clinic.walks()
    )
    assert mean == pytest.approx(exact.finite_horizon_objective(mdp, policy, 3), rel=1e-14)
    assert mean == pytest.approx(2.707, abs=5e-4)


def test_the_right_step_is_the_slope_of_the_objective():
    mdp, policy = clinic.ward()
    for k in range(2):
        ends = []
        for sign in (1, -1):
            theta = policy.theta + sign * 1e-6 * np.eye(3)[k]
            moved = LinearSoftmax(policy.features, theta)
            ends.append(exact.finite_horizon_objective(mdp, moved, 3))
        slope = (ends[0] - ends[1]) / 2e-6
        assert clinic.right_step()[k] == pytest.approx(slope, abs=1e-8)
    np.testing.assert_allclose(clinic.right_step(), [0.1266, 1.0183], atol=5e-5)


def test_the_right_step_of_a_cut_record_is_the_first_terms_of_the_theorem():
    mdp, policy = clinic.ward()
    V, Q = exact.values(mdp, policy)
    total = np.zeros(3)
    for w in clinic.walks():
        for t, (s, a) in enumerate(w):
            total += clinic.probability(w) * 0.8**t * policy.scores[s, a] * Q[s, a]
    np.testing.assert_allclose(clinic.right_step(cut=True), total[:2], rtol=1e-12)


def test_the_complex_step_is_the_derivative_of_a_logarithm():
    def loss(episodes, gamma):
        return episodes[0].log_pi[0]

    # The mean of minus the score of the first action is zero; so weigh it with that action.
    assert np.abs(clinic.mean_step(loss)).max() < 1e-15

    def weighted(episodes, gamma):
        return -episodes[0].log_pi[0] * (episodes[0].rewards[0] == 0)

    np.testing.assert_allclose(clinic.mean_step(weighted), [0.24, 0], atol=1e-15)


def test_detach_removes_the_derivative_and_keeps_the_value():
    def attached(episodes, gamma):
        return episodes[0].values[0]

    np.testing.assert_allclose(clinic.mean_step(attached), [-1, 0], atol=1e-14)
    assert not clinic.mean_step(lambda e, g: clinic.detach(e[0].values[0])).any()


@each_patient
def test_the_loss_and_the_formula_have_the_same_mean(k, patient):
    mean = clinic.mean_step(patient.loss, patient.cut)
    np.testing.assert_allclose(mean, patient.mean_estimate, atol=1e-14)


@each_patient
def test_real_differences_agree_with_the_complex_step(k, patient):
    _, steps = clinic.batch_steps(patient.loss, patient.cut)
    differences = clinic.batch_differences(patient.loss, patient.cut)
    np.testing.assert_allclose(differences, steps, atol=1e-8)


@each_patient
def test_a_patient_is_ill_and_its_cure_is_healthy(k, patient):
    reply = exercise(f"ex:patient-{k}").check(patient.loss)
    assert reply.correct is (patient.cure is None)
    assert ("bias" in reply.text) is (patient.cure is not None)
    if patient.cure:
        assert exercise(f"ex:patient-{k}").check(patient.cure).correct


def test_the_loss_that_the_chapter_begins_with_is_healthy():
    (code,) = [code for code in printed() if code.startswith("def loss(")]
    names: dict = {}
    exec(code, names)
    assert exercise("ex:patient-1").check(names["loss"]).correct


def test_the_cure_of_a_cut_record_does_not_serve_where_the_world_ends():
    assert exercise("ex:patient-1").check(PATIENTS[4].cure).correct  # e.ended is true there
    assert exercise("ex:patient-5").check(PATIENTS[0].cure).correct is False
    assert (
        exercise("ex:patient-3").check(PATIENTS[4].cure).correct
    )  # it puts in the value at the end


@each_patient
def test_the_mean_of_sampled_batches_is_the_exact_one(k, patient):
    n = 40_000
    sample = patient.sample(n, np.random.default_rng(k))
    chances, estimates = patient.batches
    mean = chances @ estimates
    # Exact standard error; five of them: false alarm 5.7e-7 for each of 14 numbers.
    error = np.sqrt((chances @ (estimates - mean) ** 2) / n)
    assert (np.abs(sample.mean(axis=0) - mean) <= 5 * error + 1e-12).all()


@pytest.mark.parametrize(
    "k, what", [(1, 0.2860), (2, -0.5780), (3, 0.4515), (4, 0.0139), (5, 0.1783), (6, 1.2660)]
)
def test_the_biases_of_room_0(k, what):
    bias = PATIENTS[k - 1].mean_estimate - PATIENTS[k - 1].right_step
    assert bias[0] == pytest.approx(what, abs=5e-5)


def test_the_leak_is_half_the_objective_times_the_slope_of_the_discounted_length():
    mdp, policy = clinic.ward()
    bonus = np.zeros(3)
    for w in clinic.walks():
        bonus += clinic.probability(w) * 0.8 ** len(w) * sum(policy.scores[step] for step in w)
    J = exact.finite_horizon_objective(mdp, policy, 3)
    bias = PATIENTS[3].mean_estimate - clinic.right_step()
    np.testing.assert_allclose(bias, J * bonus[:2] / 2, rtol=1e-12)


def test_patient_3_loses_what_patient_2_keeps_but_for_the_last_reward_on_the_way_home():
    mdp, policy = clinic.ward()
    home = np.zeros(3)
    for w in clinic.walks():
        if clinic.last_state(w) == clinic.HOME:
            home += clinic.probability(w) * 0.8 ** len(w) * policy.scores[w[-1]] * mdp.R[w[-1]]
    lost = clinic.right_step(cut=True) - PATIENTS[2].mean_estimate
    np.testing.assert_allclose(lost, PATIENTS[1].mean_estimate - home[:2], rtol=1e-12)


@pytest.mark.parametrize(
    "k, curl", [(1, 0), (2, 0.4813), (3, -0.0584), (4, -0.0045), (5, 0), (6, 0.1800), (7, 0)]
)
def test_the_curl_of_each_mean_step(k, curl, monkeypatch):
    mdp, policy = clinic.ward()

    def mean_at(theta):
        moved = LinearSoftmax(policy.features, theta)
        monkeypatch.setattr(clinic, "ward", lambda: (mdp, moved))
        return replace(PATIENTS[k - 1]).mean_estimate  # a copy, which has computed nothing yet

    def slope(i):
        h = 1e-5 * np.eye(3)[i]
        return (mean_at(policy.theta + h) - mean_at(policy.theta - h))[1 - i] / 2e-5

    found = slope(0) - slope(1)
    assert found == pytest.approx(curl, abs=6e-5)


@pytest.mark.parametrize(
    "attempt, message",
    [
        (None, "The answer is None; give a function"),
        (3, "The answer is a int; give a function"),
        (lambda e, g: None, "returned None; it should return one number"),
        (lambda e, g: "loss", "returned a str"),
        (lambda e, g: np.zeros(2), "one finite number"),
        (lambda e, g: float("nan"), "one finite number"),
        (lambda e: 0, "stopped with TypeError"),
        (lambda e, g: e[0].reward, "stopped with AttributeError"),
        (lambda e, g: 1.0, "does not depend on log_pi"),
        (lambda e, g: sum(one.rewards.sum() for one in e), "does not depend on log_pi"),
        (lambda e, g: sum(abs(one.log_pi).sum() for one in e), "Use no abs, conj"),
        (lambda e, g: np.vdot(e[0].log_pi, e[0].rewards), "Use no abs, conj"),
        (lambda e, g: e[0].log_pi.conj().sum(), "Use no abs, conj"),
        (lambda e, g: e[0].log_pi.real.sum(), "Use no abs, conj"),
    ],
)
def test_what_is_not_a_loss_gets_a_reply_in_words(attempt, message):
    reply = exercise("ex:patient-1").check(attempt)
    assert reply.correct is None and message in reply.text


def endless(episodes, gamma):
    while True:
        pass


def test_a_loss_that_never_returns_is_stopped():
    reply = exercise("ex:patient-1").check(endless)
    assert reply.correct is None and "does not come to an end" in reply.text


@pytest.mark.parametrize(
    "factor, words",
    [(1 / 3, "a third of the gradient"), (2, "2 times the gradient"), (0.7, "7/10 times")],
)
def test_a_multiple_of_the_gradient_has_the_right_direction(factor, words):
    reply = exercise("ex:patient-1").check(lambda e, g: factor * healthy(e, g))
    assert reply.correct and "the direction is right" in reply.text and words in reply.text


@pytest.mark.parametrize("factor", [-1, 0])
def test_the_gradient_turned_round_or_lost_is_not_healthy(factor):
    assert not exercise("ex:patient-1").check(lambda e, g: factor * healthy(e, g)).correct


def in_place(episodes, gamma):
    loss = 0
    for e in episodes:
        r = e.rewards
        for t in reversed(range(len(r) - 1)):
            r[t] += gamma * r[t + 1]
        loss -= (gamma ** np.arange(len(r)) * e.log_pi * r).sum()
    return loss / len(episodes)


def test_a_loss_may_change_its_rewards_in_place():
    assert exercise("ex:patient-1").check(in_place).correct


def test_the_register_knows_all_patients():
    assert [p.name for p in all_patients()] == [f"ex:patient-{k}" for k in NUMBERS]
    assert [p.cut for p in all_patients()] == [patient.cut for patient in PATIENTS]
