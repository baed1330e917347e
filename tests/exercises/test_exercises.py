"""The right answer is recognised in any spelling, and every common slip gets its own reply."""

import json
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from answers import WORDS

from utils.exercises import CONTENTS, all_exercises, all_patients, all_token_patients, exercise
from utils.exercises.reading import python_name
from utils.predictions import all_questions

BOOK = Path(__file__).resolve().parents[2] / "book"
each_exercise = pytest.mark.parametrize("task", all_exercises(), ids=lambda task: task.name)
t = sp.Symbol("t", integer=True, nonnegative=True)
READER = {name: sp.Symbol(name) for name in ("gamma", "lam", "N", "theta")}


def right_spellings(task):
    """The answer, written in other ways."""
    answer, symbols = task.answer, task.symbols
    yield from (answer, sp.expand(answer), sp.factor(answer), sp.together(answer))
    shift = symbols[0] if symbols else sp.sqrt(2)
    yield sp.expand((answer + shift) * 2) / 2 - shift
    yield answer * (sp.sin(shift) ** 2 + sp.cos(shift) ** 2)
    yield sp.Add(answer, 3, -3, evaluate=False)
    yield sp.Mul(2, answer / 2, evaluate=False)
    yield answer * sp.exp(1) / sp.E
    yield sp.Sum(answer / 3, (t, 0, 2))
    yield sp.N(answer) if answer.is_Rational else answer + sp.Float(0.5) - sp.Rational(1, 2)
    for kind in ({}, {"positive": True}, {"real": True}):
        yield answer.xreplace({s: sp.Symbol(s.name, **kind) for s in symbols})
    yield answer.xreplace({s: sp.Dummy(s.name) for s in symbols})
    yield sp.sympify(str(answer).replace("lambda", "lam"), locals=READER)
    if symbols:
        yield sp.Lambda(symbols, answer)
        s = symbols[-1]
        yield sp.Derivative(answer * s, s) - s * sp.diff(answer, s)
        yield answer + sp.Integral(t, (t, 0, s)) - s**2 / 2


def wrong_versions(task):
    """Near and far from the answer, none of them equal to it."""
    answer = task.answer
    yield from (answer + 1000, answer + sp.Rational(1, 10**9), 2 * answer + 1, -answer - 7)
    yield from (answer * sp.I + 1, answer + sp.pi, answer + sp.exp(-20), sp.Float(0.123456789))
    for s in task.symbols:
        x = sp.Rational(1, 3)
        yield from (answer + s, answer * (1 + s), answer + 1 / s, answer + (s - x) ** 2 / 7)
        yield sp.Piecewise((answer, s < x), (answer + 1, True))
        yield answer + sp.Max(0, s - x)
    for one, other in zip(task.symbols, task.symbols[1:], strict=False):
        swapped = answer.subs({one: other, other: one}, simultaneous=True)
        if sp.simplify(swapped - answer) != 0:
            yield swapped


NO_EXPRESSIONS = [
    ("p", "write it without quotes"),
    (b"p", "give a"),
    (True, "give a"),
    ([1, 2], "give one expression"),
    ((1, 2), "give one expression"),
    ({1: 2}, "give one expression"),
    (range(3), "give a"),
    (np.array([1.0]), "give one expression"),
    (sp.Matrix([[1, 2]]), "give one expression"),
    (sp.Symbol("stranger"), "stranger is not a symbol of this exercise; give a"),
    (sp.Function("f")(1), "f is not a symbol of this exercise"),
    (sp.IndexedBase("R")[0], "not a symbol of this exercise"),
    (sp.nan, "not a finite number"),
    (sp.oo, "not a finite number"),
    (sp.log(0), "not a finite number"),
    (float("nan"), "not a finite number"),
    (float("inf"), "not a finite number"),
    (object(), "; give a"),
    (..., "; give a"),
    (int, "; give a"),
    (np, "; give a"),
    (sp.true, "; give a"),
    (sp.Eq(sp.Symbol("a"), 1), "give a"),
    (sp.Interval(0, 1), "give a"),
    (lambda: [1], "give one expression"),
    (lambda: "p", "write it without quotes"),
    (lambda: 1 / 0, "stopped with ZeroDivisionError"),
    (lambda: undefined_name, "stopped with NameError"),  # noqa: F821
    (lambda stranger: 1, "takes stranger, which is not a symbol"),
]


@each_exercise
def test_the_answer_is_right_in_every_spelling(task):
    for attempt in right_spellings(task):
        reply = task.check(attempt)
        assert reply.correct, f"{attempt}: {reply}"


@each_exercise
def test_a_function_of_the_symbols_is_an_answer(task):
    names = [python_name(s) for s in task.symbols]
    body = f"def answer({', '.join(names)}):\n    return "
    scope = {"sp": sp, "pi": sp.pi, "exp": sp.exp, "log": sp.log, "sqrt": sp.sqrt}
    right = str(task.answer).replace("lambda", "lam")
    exact = re.sub(r"\b(\d+)/", r"sp.Integer(\1)/", right)
    exec(body + exact, scope)
    assert task.check(scope["answer"]).correct
    exec(body + right, scope)  # with Python's own division, so with floats
    assert task.check(scope["answer"]).correct
    exec(body + "None", scope)
    assert task.check(scope["answer"]).correct is None


@each_exercise
def test_each_slip_is_wrong_and_is_told_what_it_is(task):
    assert task.slips
    for slip, explanation in task.slips:
        for attempt in (slip, sp.expand(slip), sp.Add(slip, 1, -1, evaluate=False)):
            reply = task.check(attempt)
            assert reply.correct is False and explanation in reply.text


@each_exercise
def test_a_wrong_answer_is_never_right_and_wrong_is_said_with_a_point(task):
    for attempt in wrong_versions(task):
        reply = task.check(attempt)
        assert not reply.correct, attempt
        if reply.correct is False and "Not quite" not in reply.text:
            hint = "your expression is" if task.symbols else "The right number is another one"
            assert hint in reply.text
    assert task.check(task.answer + 1000).correct is False


@each_exercise
def test_what_is_not_an_expression_gets_a_reply_in_words(task):
    assert task.check(None).correct is None
    for attempt, message in NO_EXPRESSIONS:
        reply = task.check(attempt)
        assert reply.correct is None and message in reply.text, (attempt, reply)


NUMBERS = [0.015, np.float64(0.015), Fraction(3, 200), sp.Rational(3, 200), np.float64(0.03) / 2]


@pytest.mark.parametrize("number", NUMBERS, ids=repr)
def test_any_kind_of_number_is_taken(number):
    assert exercise("ex:one-prefix").check(number).correct
    assert exercise("ex:one-prefix").check(lambda: number).correct


def test_whole_numbers_of_numpy_are_taken():
    assert exercise("ex:centred-edge").check(np.int64(5)).correct
    assert exercise("ex:centred-edge").check(np.float32(5)).correct
    assert exercise("ex:centred-edge").check(np.int64(6)).correct is False


def score_of_an_atom(sigma):
    return -((2 / sp.pi) ** (1 / 2)) / sigma


def growing_action(mu, sigma):
    return sigma**2 * sp.exp(mu + 0.5 * sigma**2)


def variance_of_the_score_sum(T, p):
    return T * p - T * p**2.0


def uniform_square(theta, k):
    return -(theta ** (k - 1.0)) / (k + 1)


def tail_of_ones(gamma, T):
    return sp.Sum(gamma**t, (t, T, sp.oo))


def survival_gradient(p, gamma):
    return sp.Sum(gamma**t * (t + 1) * p**t, (t, 0, sp.oo)) * p * (1 - p)


def gamma_twice(p, gamma):
    return sp.Sum(gamma ** (2 * t) * p * (1 - p), (t, 0, sp.oo))


def episode_length(p):
    return p * (1 - p) * sp.diff(sp.Sum((1 - p) ** t, (t, 0, sp.oo)), p)


def two_state_occupancy(q, gamma):
    return (1 - gamma) * sp.Sum(gamma**t * (1 - (1 - q) ** t), (t, 0, sp.oo))


def affinity(p, q, T):
    return ((p * q) ** 0.5 + ((1 - p) * (1 - q)) ** 0.5) ** T


NATURAL = [
    score_of_an_atom,
    growing_action,
    variance_of_the_score_sum,
    uniform_square,
    tail_of_ones,
    survival_gradient,
    gamma_twice,
    episode_length,
    two_state_occupancy,
    affinity,
]


@pytest.mark.parametrize("answer", NATURAL, ids=lambda f: f.__name__)
def test_floats_and_infinite_sums_are_read_as_they_are_meant(answer):
    task = exercise("ex:" + answer.__name__.replace("_", "-"))
    assert task.check(answer).correct, task.check(answer)


def test_a_number_with_few_digits_is_told_to_be_exact():
    reply = exercise("ex:score-of-an-atom").check(lambda sigma: -0.797884560803 / sigma)
    assert reply.correct is None and "exactly" in reply.text


p = sp.Symbol("p", positive=True)
x = sp.Symbol("x")
LONG = {
    "a high power": (x - sp.Integer(7)) ** 6000,
    "a giant power": p ** (10**9),
    "a tower of powers": sp.Pow(p, sp.Pow(9, sp.Pow(9, sp.Symbol("q"), evaluate=False))),
    "a polynomial of 100 terms": sum(p**k / (k + 1) for k in range(100)),
    "a power of a sum": (1 + p) ** 1000,
    "a hundred fractions": sum(1 / (k + p) for k in range(1, 101)),
    "many terms": sp.Add(*(p ** (k + 2) for k in range(3000))),
    "a long sum": sp.Sum(sp.sin(t**2 * p), (t, 0, 10**6)),
    "a sum that converges slowly": sp.Sum(sp.sin(t) / (t + p), (t, 1, sp.oo)),
    "an integral without closed form": sp.Integral(sp.sin(x**x * p), (x, 0, 40)),
    "a nested integral": sp.Integral(sp.exp(sp.sin(x * t * p)), (x, 0, 9), (t, 0, 9)),
    "a deep nest": sp.sin(sp.sin(sp.sin(sp.sin(sp.exp(sp.exp(sp.exp(p))))))),
    "a tiny number": sp.Rational(1, 10**5000),
    "a huge number": sp.Integer(10) ** 5000,
}


@pytest.mark.parametrize("kind", LONG)
def test_a_long_computation_ends_with_a_reply(kind):
    task = exercise("ex:price-of-V")
    for attempt in (LONG[kind], task.answer + LONG[kind]):
        assert task.check(attempt).correct is not True


def test_a_right_answer_in_a_giant_form_is_not_called_wrong():
    task = exercise("ex:price-of-V")
    (own,) = task.symbols
    for factor in ((1 + own) ** 1000, own ** (10**6), sum((own + k) ** k for k in range(60))):
        assert task.check(sp.Mul(task.answer * factor, 1 / factor, evaluate=False)).correct is not (
            False
        )


def endless():
    while True:
        pass


def test_a_function_that_never_returns_is_stopped():
    reply = exercise("ex:corner").check(endless)
    assert reply.correct is None and "too long" in reply.text


def test_a_form_that_cannot_be_decided_is_neither_right_nor_wrong():
    task = exercise("ex:score-of-counts")
    k, n, p = task.symbols
    reply = task.check((k - n * p) * (sp.sin(k) ** 2 + sp.cos(k) ** 2 + sp.erf(k) + sp.erfc(k) - 1))
    assert reply.correct is not False


def test_an_unknown_name_is_refused_and_the_known_ones_are_listed():
    with pytest.raises(ValueError, match="ex:score-of-counts"):
        exercise("ex:nothing")


def test_the_table_of_contents_names_the_exercises_of_each_file():
    every = [task.name for task in all_exercises()]
    assert every == [f"ex:{name}" for names in CONTENTS.values() for name in names.split()]


def in_a_fresh_python(code):
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout.removesuffix("\n")


def test_all_answers_and_slips_are_judged_without_numpy():
    code = """
import sys
for name in ("numpy", "scipy", "matplotlib", "IPython"):
    sys.modules[name] = None  # an import of it fails
from utils.exercises import all_exercises
right = wrong = 0
for task in all_exercises():
    right += task.check(task.answer).correct
    wrong += sum(task.check(slip).correct is False for slip, _ in task.slips)
print(right, wrong)
"""
    slips = sum(len(task.slips) for task in all_exercises())
    assert in_a_fresh_python(code) == f"{len(all_exercises())} {slips}"


def test_an_exercise_loads_the_file_of_its_chapter_only():
    code = """
import sys
from utils.exercises import exercise
exercise("ex:score-of-counts")
print(*sorted(name for name in sys.modules if name.startswith("utils.")))
"""
    loaded = in_a_fresh_python(code).split()
    assert "utils.exercises.trajectory" in loaded
    assert not any(f"utils.exercises.{file}" in loaded for file in CONTENTS if file != "trajectory")
    assert not any(name.startswith(("utils.exact", "utils.sampling")) for name in loaded)


def test_a_chapter_begins_without_what_it_may_not_need():
    """With Matplotlib, IPython and all exercises it was 1082 modules and twice the time."""
    code = """
import sys
from utils.notebook import ask, check, exercise, explore, predict, simulate
unwanted = ("matplotlib", "IPython", "ipywidgets", "gymnasium", "scipy.stats")
print(*(name for name in unwanted if name in sys.modules))
print(len(sys.modules), *(name for name in sys.modules if name.startswith("utils.exercises.")))
"""
    unwanted, loaded = in_a_fresh_python(code).split("\n")
    count, *files = loaded.split()
    assert unwanted == ""
    assert int(count) <= 800
    assert set(files) == {"utils.exercises.task", "utils.exercises.reading"}


def test_the_exercises_of_the_pages_and_of_the_code_are_the_same():
    cells = [
        "".join(cell["source"])
        for path in sorted(BOOK.glob("*.ipynb"))
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
    ]
    text = "".join(cells)
    asked = re.findall(r"\{exercise\}.*\n:label: (ex:[\w-]+)", text)
    checked = (*all_exercises(), *all_patients(), *all_token_patients())
    every = (*checked, *all_questions())
    assert sorted(asked) == sorted(task.name for task in every)
    for task in checked:
        assert f'exercise("{task.name}").check(' in text, f"{task.name} has no cell that checks it"
    for name in asked:
        assert f"{{solution}} {name}" in text, f"{name} has no solution"
    for task in all_exercises():
        names = ", ".join(python_name(symbol) for symbol in task.symbols)
        cell = f'def answer({names}):\n    return None\nexercise("{task.name}").check(answer)'
        assert cell in cells


TITLES = re.compile(r"^:{3,}\{exercise\} (.*)$", re.M)
SOLUTIONS = re.compile(r"^(:{3,})\{solution\} (\S+)$(.*?)^\1$", re.M | re.S)


@pytest.mark.parametrize("path", sorted(BOOK.glob("*.ipynb")), ids=lambda path: path.stem)
def test_each_exercise_has_one_of_three_marks_and_each_solution_ends_with_what_it_teaches(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    unmarked = [t for t in TITLES.findall(text) if not re.match(r"(★ )?[○◐●] [^○◐●★]+$", t)]
    assert unmarked == []
    solutions = SOLUTIONS.findall(text)
    assert len(solutions) == len(TITLES.findall(text))
    for _, name, solution in solutions:
        last = solution.rstrip().splitlines()[-1]
        assert re.fullmatch(r"\*What it teaches\.\* [A-Z“].*\.", last), name


def test_the_first_page_says_what_the_marks_mean():
    page = (BOOK / "index.md").read_text(encoding="utf-8")
    assert all(f"{mark} {word}" in page for mark, word in WORDS.items())
