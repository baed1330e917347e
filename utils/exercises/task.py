"""One exercise whose answer is an expression, and the reply to an attempt."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import product
from typing import Any

import sympy as sp

from utils.checks import decide

SAMPLE_VALUES = (sp.Rational(1, 3), sp.Rational(3, 4), sp.Integer(2), sp.Integer(5))


@dataclass(frozen=True)
class Reply:
    """What an attempt gets back: whether it is right (None: nothing was answered) and why."""

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

        None gets a reminder. ValueError if the attempt is not one defined expression in the
        exercise's symbols; the message says what it should be.
        """
        names = ", ".join(map(str, self.symbols))
        wanted = f"an expression in {names}" if names else "a number"
        if attempt is None:
            return Reply(None, f"Not answered yet. In Jupyter, replace None by {wanted}.")
        expression = self._read(attempt, wanted)
        try:
            if self._same(expression, self.answer):
                return Reply(True, f"Correct{', for every value of the symbols' * bool(names)}.")
            for slip, explanation in self.slips:
                if self._same(expression, slip):
                    return Reply(False, f"Not quite. {explanation}")
        except decide.Undecided:
            return Reply(None, "This form cannot be decided. Write it in a simpler way.")
        return Reply(False, f"Not yet. {self._counterexample(expression)}")

    def _same(self, one: sp.Expr, other: sp.Expr) -> bool:
        # SymPy cannot be told that p < 1; with p = 1/(1+x), x > 0, roots of 1 - p come apart.
        odds = {s: 1 / (1 + sp.Symbol(f"odds_{s}", positive=True)) for s in self.unit_symbols}
        apart = [sp.expand_power_base(sp.simplify(e.subs(odds))) for e in (one, other)]
        return decide.equal(*apart)

    def _read(self, attempt: Any, wanted: str) -> sp.Expr:
        if isinstance(attempt, str):
            raise ValueError(f"the answer is a string; write it without quotes, as {wanted}")
        if isinstance(attempt, list | tuple | set | dict) or hasattr(attempt, "shape"):
            raise ValueError(f"the answer is a {type(attempt).__name__}; give one expression")
        try:
            expression = sp.sympify(attempt, strict=True)
        except sp.SympifyError:
            kind = type(attempt).__name__
            raise ValueError(f"the answer is a {kind}; give {wanted}") from None
        if not isinstance(expression, sp.Expr):
            raise ValueError(f"the answer is {expression}; give {wanted}")
        expression = expression.doit()
        strangers = sorted(map(str, expression.free_symbols - set(self.symbols)))
        if strangers:
            raise ValueError(f"{strangers[0]} is not a symbol of this exercise; give {wanted}")
        if expression.has(sp.nan, sp.zoo, sp.oo, -sp.oo):
            raise ValueError(f"the answer {expression} is not a finite number")
        return expression

    def _sample_values(self, symbol: sp.Symbol) -> tuple[sp.Rational, ...]:
        if symbol in self.unit_symbols:
            return tuple(v for v in SAMPLE_VALUES if v < 1)
        if symbol.is_integer:
            return tuple(v for v in SAMPLE_VALUES if v.is_integer)
        return SAMPLE_VALUES

    def _counterexample(self, expression: sp.Expr) -> str:
        if not self.symbols:
            return "The right number is another one."
        for values in product(*map(self._sample_values, self.symbols)):
            point = dict(zip(self.symbols, values, strict=True))
            given, right = (sp.N(e.subs(point), 6) for e in (expression, self.answer))
            if all(x.is_number and x.is_finite for x in (given, right)) and given != right:
                at = ", ".join(f"{s} = {v}" for s, v in point.items())
                shown = [f"{float(v):.4g}" if v.is_real else str(v) for v in (given, right)]
                return f"At {at} your expression is {shown[0]}, the right one {shown[1]}."
        return "It differs from the right expression."
