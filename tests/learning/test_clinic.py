"""The ward of the bug clinic: its exact means, its patients as printed, and their cures."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from utils import exact
from utils.exercises import all_patients, exercise
from utils.learning import clinic, patients
from utils.model.policies import LinearSoftmax

CHAPTER = Path(__file__).resolve().parents[2] / "book" / "08-algorithms.ipynb"
NUMBERS = range(1, 8)
HEALTHY = 7


def printed(pattern: str, kind: str) -> dict[int, clinic.Loss]:
    """{number: loss} of the functions whose source stands in the chapter."""
    found = {}
    for cell in json.loads(CHAPTER.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == kind:
            for code, number in re.findall(pattern, "".join(cell["source"])):
                scope = {"np": np, "detach": clinic.detach}
                exec(code, scope)
                found[int(number)] = next(v for k, v in scope.items() if k.endswith(f"_{number}"))
    return found


PATIENTS = printed(r"(?s)(def patient_(\d).*?)(?=\nexercise)", "code")
CURES = printed(r"(?s)```python\n(def cure_(\d).*?)```", "markdown")


def test_there_are_seven_patients_and_six_cures():
    assert sorted(PATIENTS) == list(NUMBERS)
    assert sorted(CURES) == [k for k in NUMBERS if k != HEALTHY]


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


@pytest.mark.parametrize("k", NUMBERS)
def test_the_printed_loss_and_the_formula_have_the_same_mean(k):
    mean = clinic.mean_step(PATIENTS[k], cut=k in patients.CUT)
    np.testing.assert_allclose(mean, patients.mean_estimate(k), atol=1e-14)


@pytest.mark.parametrize("k", NUMBERS)
def test_six_patients_are_ill_and_the_seventh_is_healthy(k):
    reply = exercise(f"ex:patient-{k}").check(PATIENTS[k])
    assert reply.correct is (k == HEALTHY)
    assert ("bias" in reply.text) is (k != HEALTHY)


@pytest.mark.parametrize("k", CURES)
def test_each_printed_cure_heals_its_patient(k):
    assert exercise(f"ex:patient-{k}").check(CURES[k]).correct


def test_the_cure_of_a_cut_record_does_not_serve_where_the_world_ends():
    assert exercise("ex:patient-1").check(CURES[5]).correct  # e.ended is true there
    assert exercise("ex:patient-5").check(CURES[1]).correct is False
    assert exercise("ex:patient-3").check(CURES[5]).correct  # it puts in the value at the end


@pytest.mark.parametrize("k", NUMBERS)
def test_the_mean_of_sampled_batches_is_the_exact_one(k):
    n = 40_000
    sample = patients.sample(k, n, np.random.default_rng(k))
    chances, estimates = patients.batch_table(k)
    mean = chances @ estimates
    # Exact standard error; five of them: false alarm 5.7e-7 for each of 14 numbers.
    error = np.sqrt((chances @ (estimates - mean) ** 2) / n)
    assert (np.abs(sample.mean(axis=0) - mean) <= 5 * error + 1e-12).all()


@pytest.mark.parametrize(
    "k, what", [(1, 0.2860), (2, -0.5780), (3, 0.4515), (4, 0.0139), (5, 0.1783), (6, 1.2660)]
)
def test_the_biases_of_room_0(k, what):
    bias = patients.mean_estimate(k) - clinic.right_step(k in patients.CUT)
    assert bias[0] == pytest.approx(what, abs=5e-5)


def test_the_leak_is_half_the_objective_times_the_slope_of_the_discounted_length():
    mdp, policy = clinic.ward()
    bonus = np.zeros(3)
    for w in clinic.walks():
        bonus += clinic.probability(w) * 0.8 ** len(w) * sum(policy.scores[step] for step in w)
    J = exact.finite_horizon_objective(mdp, policy, 3)
    bias = patients.mean_estimate(4) - clinic.right_step()
    np.testing.assert_allclose(bias, J * bonus[:2] / 2, rtol=1e-12)


def test_what_patient_2_keeps_is_what_patient_3_loses():
    lost = clinic.right_step(cut=True) - patients.mean_estimate(3)
    np.testing.assert_allclose(lost, patients.mean_estimate(2), rtol=1e-12)


@pytest.mark.parametrize(
    "k, curl", [(1, 0), (2, 0.4813), (3, -0.4543), (4, -0.0045), (5, 0), (6, 0.1800), (7, 0)]
)
def test_the_curl_of_each_mean_step(k, curl, monkeypatch):
    mdp, policy = clinic.ward()

    def mean_at(theta):
        moved = LinearSoftmax(policy.features, theta)
        monkeypatch.setattr(clinic, "ward", lambda: (mdp, moved))
        patients.batch_table.cache_clear()
        return patients.mean_estimate(k)

    def slope(i):
        h = 1e-5 * np.eye(3)[i]
        return (mean_at(policy.theta + h) - mean_at(policy.theta - h))[1 - i] / 2e-5

    found = slope(0) - slope(1)
    patients.batch_table.cache_clear()
    assert found == pytest.approx(curl, abs=6e-5)


@pytest.mark.parametrize(
    "attempt, message",
    [
        (None, "NoneType; give a function"),
        (3, "int; give a function"),
        (lambda e, g: np.zeros(2), "one finite number"),
        (lambda e, g: float("nan"), "one finite number"),
    ],
)
def test_what_is_not_a_loss_is_refused(attempt, message):
    with pytest.raises(ValueError, match=message):
        exercise("ex:patient-1").check(attempt)


def test_the_register_knows_all_patients():
    assert [p.name for p in all_patients()] == [f"ex:patient-{k}" for k in NUMBERS]
    assert [p.cut for p in all_patients()] == [k in patients.CUT for k in NUMBERS]
