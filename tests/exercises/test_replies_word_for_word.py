"""What a reply says, word for word; its numbers are worked out by hand."""

import pytest
import sympy as sp

from utils.exercises import all_exercises, all_patients, exercise
from utils.exercises.clinic import _times
from utils.exercises.task import Reply
from utils.exercises.typed import expression
from utils.learning import clinic
from utils.learning.patients import PATIENTS

T, gamma = sp.Symbol("T"), sp.Symbol("gamma")
TAIL = gamma**T / (1 - gamma)  # 1/6 at gamma = 1/3, T = 2 and 243/256 at gamma = 3/4, T = 5
THIRD, POINT = sp.Rational(1, 3), "Not yet. At gamma = 1/3, T = 2 your expression is"


@pytest.mark.parametrize(
    "attempt, words",
    [
        (gamma, f"{POINT} 0.3333, the right one 0.1667."),
        (sp.Integer(0), f"{POINT} 0, the right one 0.1667."),
        (TAIL + sp.I, f"{POINT} (0.1667 + 1.0j), the right one 0.1667."),
        (TAIL + sp.Rational(1, 10**9), f"{POINT} 0.166666668, the right one 0.166666667."),
        (TAIL + 7 - THIRD / 2, f"{POINT} 7, the right one 0.1667."),
        (
            TAIL * (sp.Rational(2, 3) + gamma),  # 243/256 times 17/12 is 1.34473
            "Not yet. At gamma = 3/4, T = 5 your expression is 1.345, the right one 0.9492.",
        ),
    ],
)
def test_a_wrong_expression_is_told_the_first_point_where_it_differs(attempt, words):
    assert exercise("ex:tail-of-ones").check(attempt) == Reply(False, words)


def test_the_easy_points_come_first_and_all_lie_where_the_symbols_do():
    R = sp.Rational
    expected = {
        "ex:tail-of-ones": [(R(1, 3), 2), (R(3, 4), 5), (R(1, 5), 3)],
        "ex:laplace-noise": [(2, R(1, 3)), (R(1, 3), 5), (5, R(3, 4))],
        "ex:score-of-counts": [(3, 2, R(1, 5)), (2, 5, R(1, 3)), (5, 3, R(3, 4))],
    }
    for name, rows in expected.items():
        found = exercise(name).points()
        assert [tuple(value for _, value in point) for point in found[:3]] == rows
        assert len(found) == 8
    for task in all_exercises():
        for point in task.points():
            assert tuple(s for s, _ in point) == task.symbols
            for symbol, value in point:
                assert value.is_integer or not symbol.is_integer
                assert value > 0 or not symbol.is_positive
                assert 0 < value < 1 or symbol not in task.unit_symbols


REAL = {"c", "g", "r", "R_0", "R_1", "R_2", "mu", "q_0", "q_1"}  # rewards, values and a mean
REAL_IN = {"ex:loss-coin": {"b"}, "ex:masked-cut": {"b"}, "ex:two-step-regulator": {"theta"}}
COUNTS = {"k", "n", "N", "T"}


@pytest.mark.parametrize("task", all_exercises(), ids=lambda task: task.name)
def test_chances_and_scales_are_positive_counts_are_integers_and_rewards_have_any_sign(task):
    real = REAL | REAL_IN.get(task.name, set())
    for s in task.symbols:
        assert s.is_real
        tails = (task.name, s.name) == ("ex:geometric-score", "x")  # there may be none
        assert bool(s.is_integer) is (s.name in COUNTS or tails)
        assert s.is_nonnegative is (None if s.name in real else True)
        assert s.is_positive is (None if s.name in real or tails else True)


@pytest.mark.parametrize(
    "correct, mood", [(True, "right"), (False, "wrong"), (None, "open")], ids=str
)
def test_a_reply_has_a_mood_on_the_page(correct, mood):
    html = f'<p class="reply reply-{mood}">a &lt; b</p>'
    assert Reply(correct, "a < b")._repr_html_() == html
    assert repr(Reply(correct, "a < b")) == "a < b"


def test_right_and_open_answers_are_told_in_these_words():
    assert exercise("ex:corner").check(sp.Rational(2, 3)) == Reply(True, "Correct.")
    assert exercise("ex:corner").check(7) == Reply(
        False, "Not yet. The right number is another one."
    )
    assert exercise("ex:corner").check(None) == Reply(
        None, "Not answered yet. In Jupyter, replace None by a number."
    )
    assert exercise("ex:tail-of-ones").check(None) == Reply(
        None, "Not answered yet. In Jupyter, replace None by an expression in gamma, T."
    )


@pytest.mark.parametrize(
    "name, one, other, meant",
    [("+", 7, 3, 10), ("-", 7, 3, 4), ("*", 7, 3, 21), ("/", 7, 2, sp.Rational(7, 2))]
    + [("^", 7, 3, 343)],
)
def test_each_sign_between_two_typed_numbers_is_its_operation(name, one, other, meant):
    assert expression([name, ["number", str(one)], ["number", str(other)]]) == meant


@pytest.mark.parametrize(
    "factor, words",
    [
        (1 / 2, "half of"),
        (1 / 3, "a third of"),
        (1 / 4, "a quarter of"),
        (1 / 5, "1/5 of"),
        (1 / 12, "1/12 of"),
        (2.0, "2 times"),
        (5 / 12, "5/12 times"),
        (1 / 13, "0.0769 times"),
        (3.14159, "3.1416 times"),
    ],
)
def test_a_factor_is_told_in_words(factor, words):
    assert _times(factor) == words


@pytest.mark.parametrize(
    "loss, words",
    [
        (None, "The answer is None; give a function."),
        (3, "The answer is a int; give a function."),
        (lambda records, gamma: None, "The function returned None; it should return one number."),
        (lambda records, gamma: "1", "The function returned a str; it should return one number."),
        (lambda records, gamma: 1 / 0, "The function stopped with ZeroDivisionError: "),
        (lambda records, gamma: float("nan"), "The loss is nan; it should be one finite number."),
        (
            lambda records, gamma: 7,
            "Your loss does not depend on log_pi: its gradient is 0 everywhere.",
        ),
    ],
)
def test_what_is_no_loss_is_not_judged(loss, words):
    reply = exercise("ex:patient-1").check(loss)
    assert reply.correct is None and reply.text.startswith(words)


def row(vector):
    return "(" + ", ".join(f"{x:+.4f}".replace("-", "−") for x in vector) + ")"


def test_the_patients_are_numbered_from_1_and_know_whether_their_record_is_cut():
    found = [(task.name, task.cut) for task in all_patients()]
    assert found == [(f"ex:patient-{k}", each.cut) for k, each in enumerate(PATIENTS, start=1)]


FIRST_CUT = next(k for k, patient in enumerate(PATIENTS, start=1) if patient.cut)


@pytest.mark.parametrize("k", [1, FIRST_CUT])
def test_a_cure_is_healthy_in_any_multiple_and_its_opposite_is_ill(k):
    task, patient = exercise(f"ex:patient-{k}"), PATIENTS[k - 1]
    cure, right = patient.cure or patient.loss, clinic.right_step(patient.cut)
    goal = "what this record can give" if patient.cut else "the gradient"
    healthy = task.check(cure)
    assert healthy == Reply(True, f"Healthy. The mean of −∇loss is {goal}, {row(right)}.")
    third = task.check(lambda records, gamma: cure(records, gamma) / 3)
    assert third == Reply(
        True,
        f"Healthy: the direction is right. The mean of −∇loss is a third of {goal}, "
        f"{row(right / 3)} in place of {row(right)}.",
    )
    assert task.check(lambda records, gamma: -2 * cure(records, gamma)) == Reply(
        False,
        f"Ill. The mean of −∇loss is {row(-2 * right)}, {goal} is {row(right)}: "
        f"the bias is {row(-3 * right)}.",
    )
