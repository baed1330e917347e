"""One exercise whose answer is an expression, and the reply to an attempt.

An attempt is compared in numbers first: at points where the two differ it is wrong, and the reply
names one. If they agree everywhere, an exact comparison has to prove that they are equal. Neither
takes more than a fixed number of steps, so every attempt gets a reply.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from html import escape
from typing import Any

import mpmath
import sympy as sp

from utils.checks import decide
from utils.checks.numbers import ROUNDING, Point, Undefined, holds_at, number_at
from utils.common.steps import OutOfSteps, within
from utils.exercises.reading import NotAnExpression, read, wanted_from

UNIT = (sp.Rational(1, 3), sp.Rational(3, 4), sp.Rational(1, 5))
POSITIVE = (sp.Integer(2), sp.Rational(1, 3), sp.Integer(5), sp.Rational(3, 4))
INTEGERS = (sp.Integer(3), sp.Integer(2), sp.Integer(5))
EASY_POINTS, RANDOM_POINTS = 3, 5
STEPS_TO_WRITE_OUT, STEPS_FOR_NUMBERS, STEPS_FOR_PROOF = 1_200_000, 250_000, 350_000
LARGEST_EXPONENT = 200
SAME_TO_THE_EYE = mpmath.mpf(10) ** -9


@dataclass(frozen=True)
class Reply:
    """What an attempt gets back: whether it is right (None: it was not judged) and why."""

    correct: bool | None
    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        mood = {True: "right", False: "wrong", None: "open"}[self.correct]
        return f'<p class="reply reply-{mood}">{escape(self.text)}</p>'


@dataclass(frozen=True)
class Exercise:
    """A question whose answer is one expression in given symbols.

    name          label, such as "ex:score-of-counts"
    symbols       the symbols of the answer, in the order in which they are handed to the reader
    answer        the right expression
    slips         pairs (wrong expression, what went wrong), each different from the answer
    unit_symbols  the symbols that lie strictly between 0 and 1
    """

    name: str
    symbols: tuple[sp.Symbol, ...]
    answer: sp.Expr
    slips: tuple[tuple[sp.Expr, str], ...]
    unit_symbols: tuple[sp.Symbol, ...] = ()

    def check(self, attempt: Any) -> Reply:
        """Compare an attempt with the answer for all values of the symbols.

        attempt  a function of the symbols, such as ``def answer(k, n, p): return ...``, or an
                 expression in symbols of these names, or a number
        What cannot be read or cannot be decided gets a reply with ``correct`` None. "Wrong" is said
        only where there is a point at which the two numbers differ.
        """
        try:
            given = read(attempt, self.symbols)
            if given is None:
                wanted = wanted_from(self.symbols)
                return Reply(None, f"Not answered yet. In Jupyter, replace None by {wanted}.")
            expression = self._written_out(given.expression)
            point = within(STEPS_FOR_NUMBERS, lambda: self._differing_point(expression))
            if point is not None:
                return self._wrong(expression, given.rounded, point)
            proved = within(STEPS_FOR_PROOF, lambda: self._same(expression))
        except NotAnExpression as problem:
            return Reply(None, str(problem))
        except (OutOfSteps, RecursionError):
            return Reply(None, "This takes too long to compare. Write it in a simpler way.")
        if proved:
            return Reply(True, f"Correct{', for every value of the symbols' * bool(self.symbols)}.")
        return Reply(None, "This form cannot be decided. Write it in a simpler way.")

    def points(self) -> tuple[Point, ...]:
        """Where numbers are compared: a few easy points, then random ones, always the same."""
        numbers = random.Random(0)
        rows = [
            [self._easy_value(s, k + j) for j, s in enumerate(self.symbols)]
            for k in range(EASY_POINTS)
        ]
        rows += [
            [self._random_value(s, numbers) for s in self.symbols] for _ in range(RANDOM_POINTS)
        ]
        return tuple(dict.fromkeys(tuple(zip(self.symbols, row, strict=True)) for row in rows))

    def _easy_value(self, symbol: sp.Symbol, k: int) -> sp.Rational:
        kind = INTEGERS if symbol.is_integer else UNIT if symbol in self.unit_symbols else POSITIVE
        return kind[k % len(kind)]

    def _random_value(self, symbol: sp.Symbol, numbers: random.Random) -> sp.Rational:
        if symbol.is_integer:
            return sp.Integer(numbers.randint(2, 9))
        if symbol in self.unit_symbols:
            return sp.Rational(numbers.randint(1, 100), 101)
        sign = 1 if symbol.is_nonnegative else numbers.choice((-1, 1))
        return sign * sp.Rational(numbers.randint(1, 300), 101)

    def _differing_point(self, expression: sp.Expr) -> Point | None:
        for point in self.points():
            given, right = number_at(expression, point), number_at(self.answer, point)
            if given and right and given.differs_from(right):
                return point
        return None

    def _wrong(self, expression: sp.Expr, rounded: bool, point: Point) -> Reply:
        given, right = number_at(expression, point), number_at(self.answer, point)
        assert given and right
        gap, scale = abs(given.value - right.value), max(abs(given.value), abs(right.value))
        if rounded and gap < SAME_TO_THE_EYE * scale:
            return Reply(
                None,
                "This agrees to the digits of your decimal numbers. Write them exactly, "
                "1/2 as sp.Rational(1, 2), a root with sp.sqrt.",
            )
        for slip, explanation in self.slips:
            if self._agrees(expression, slip):
                return Reply(False, f"Not quite. {explanation}")
        if not self.symbols:
            return Reply(False, "Not yet. The right number is another one.")
        at = ", ".join(f"{s} = {v}" for s, v in point)
        shown = _two_numbers(given.value, right.value)
        return Reply(
            False, f"Not yet. At {at} your expression is {shown[0]}, the right one {shown[1]}."
        )

    def _agrees(self, expression: sp.Expr, slip: sp.Expr) -> bool:
        """Whether the numbers are those of the slip, at every point where both have one."""
        pairs = [(number_at(expression, p), number_at(slip, p)) for p in self.points()]
        return all(a is None or b is None or not a.differs_from(b) for a, b in pairs)

    def _same(self, expression: sp.Expr) -> bool:
        """Whether the exact comparison proves that the expression is the answer."""
        if any(abs(e.exp) > LARGEST_EXPONENT for e in expression.atoms(sp.Pow) if e.exp.is_Integer):
            return False
        if expression == self.answer or decide.vanishes(expression - self.answer):
            return True
        if expression.has(sp.sin, sp.cos):
            expression = sp.trigsimp(expression)
        given, right = self._apart(expression), self._apart(self.answer)
        return any(
            decide.vanishes(simpler(given) - simpler(right))
            for simpler in (lambda e: e, sp.expand_power_base, _simplest)
        )

    def _apart(self, expression: sp.Expr) -> sp.Expr:
        # SymPy cannot be told that p < 1; with p = 1/(1+x), x > 0, roots of 1 - p come apart.
        odds = {s: sp.Symbol(f"odds_{s}", positive=True) for s in self.unit_symbols}
        return expression.subs({s: 1 / (1 + x) for s, x in odds.items()})

    def _written_out(self, expression: sp.Expr) -> sp.Expr:
        """The expression with its sums and integrals in closed form, where SymPy finds one."""
        if not expression.has(sp.Sum, sp.Product, sp.Integral, sp.Derivative, sp.Limit, sp.Subs):
            return expression
        try:
            done = within(STEPS_TO_WRITE_OUT, expression.doit)
        except (OutOfSteps, ArithmeticError, ValueError, TypeError, NotImplementedError):
            return expression
        for cases in done.atoms(sp.Piecewise) - expression.atoms(sp.Piecewise):
            done = done.xreplace({cases: _branch_at(cases, self.points())})
        return done


def _branch_at(cases: sp.Piecewise, points: tuple[Point, ...]) -> sp.Expr:
    """The branch of a sum written out by SymPy that holds at all points, such as gamma < 1."""
    for branch, when in cases.args:
        try:
            if all(holds_at(when, point) for point in points):
                return branch
        except (Undefined, TypeError):
            break
    return cases


def _simplest(expression: sp.Expr) -> sp.Expr:
    return sp.expand_power_base(sp.simplify(expression))


def _two_numbers(given: Any, right: Any) -> list[str]:
    """Both numbers, to as many digits as it takes to see that they differ."""
    shown = [_shown(value, 4) for value in (given, right)]
    for digits in range(5, 30):
        if shown[0] != shown[1]:
            break
        shown = [_shown(value, digits) for value in (given, right)]
    return shown


def _shown(value: Any, digits: int) -> str:
    if abs(value) < ROUNDING:
        return "0"
    if isinstance(value, mpmath.mpc) and abs(value.imag) > ROUNDING * abs(value):
        return mpmath.nstr(value, digits)
    return mpmath.nstr(mpmath.re(value), digits).removesuffix(".0")
