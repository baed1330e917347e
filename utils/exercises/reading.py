"""What a reader may hand in as an answer, and how it becomes one expression.

Raises ``NotAnExpression`` with a sentence for the reader; nothing here judges whether it is right.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from utils.common.steps import within

PYTHON_NAMES = {"lambda": "lam"}  # a keyword of Python cannot name an argument
FUNCTION_STEPS = 200_000
LONGEST = 2_000  # parts of an expression
LIKELY_DENOMINATOR = 10_000
SHORT = 100
RELATIVE = Fraction(1, 10**13)


class NotAnExpression(ValueError):
    """The attempt is not one expression in the symbols of the exercise."""


def python_name(symbol: sp.Symbol) -> str:
    """The name of a symbol as an argument of a Python function."""
    return PYTHON_NAMES.get(symbol.name, symbol.name)


@dataclass(frozen=True)
class Reading:
    """The expression that is meant, and whether a decimal number in it stands for itself."""

    expression: sp.Expr
    rounded: bool


def read(attempt: Any, symbols: tuple[sp.Symbol, ...]) -> Reading | None:
    """What is meant, in the exercise's own symbols; None if nothing was answered.

    attempt  a function of some of the symbols, an expression in symbols of these names, or a number
    symbols  the symbols of the exercise
    Floats are taken for the short fractions that they are meant to be: 0.5 is 1/2.
    """
    wanted = wanted_from(symbols)
    if callable(attempt) and not isinstance(attempt, type | sp.Basic):
        attempt = _call(attempt, symbols)
    if attempt is None:
        return None
    if isinstance(attempt, sp.Lambda) and len(attempt.variables) == len(symbols):
        attempt = attempt(*symbols)
    expression = _as_expression(attempt, wanted)
    if len(list(islice(sp.preorder_traversal(expression), LONGEST + 1))) > LONGEST:
        raise NotAnExpression("The answer is too long to compare. Write it in a simpler way.")
    own = {symbol.name: symbol for symbol in symbols}
    own |= {python_name(symbol): symbol for symbol in symbols}
    named = {s: own[s.name] for s in expression.free_symbols if getattr(s, "name", None) in own}
    expression = expression.xreplace(named)
    strangers = sorted(map(str, expression.atoms(sp.IndexedBase)))
    strangers += sorted(map(str, expression.free_symbols - set(symbols)))
    strangers += sorted(str(call.func) for call in expression.atoms(AppliedUndef))
    if strangers:
        raise NotAnExpression(f"{strangers[0]} is not a symbol of this exercise; give {wanted}.")
    if not isinstance(expression, sp.Expr):
        raise NotAnExpression(f"The answer is {expression}; give {wanted}.")
    if _finite_part(expression).has(sp.nan, sp.zoo, sp.oo, -sp.oo):
        raise NotAnExpression("The answer is not a finite number.")
    floats = {number: _meant(number) for number in expression.atoms(sp.Float)}
    exact = {n: sp.Rational(str(n)) if meant is None else meant for n, meant in floats.items()}
    return Reading(expression.xreplace(exact), None in floats.values())


def wanted_from(symbols: tuple[sp.Symbol, ...]) -> str:
    """What an answer should be, in words."""
    names = ", ".join(python_name(symbol) for symbol in symbols)
    return f"an expression in {names}" if names else "a number"


def _meant(number: sp.Float) -> sp.Expr | None:
    """The exact number that a float rounds, if there is a likely one.

    Tried are fractions with short denominators, and multiples and roots of pi and of short
    fractions, as Python turns ``(2/sp.pi)**(1/2)`` into 1.4142135623731 pi^(-1/2).
    """
    written = Fraction(str(number))
    short = written.limit_denominator(LIKELY_DENOMINATOR)
    if abs(short - written) <= RELATIVE * abs(written):
        return sp.Rational(short)
    for unit, root in ((sp.pi, False), (sp.S.One, True), (sp.pi, True), (1 / sp.pi, True)):
        ratio = Fraction(str((number ** (2 if root else 1) / unit).n(20)))
        short = ratio.limit_denominator(SHORT)
        if short and abs(short - ratio) <= RELATIVE * abs(ratio):
            exact = sp.Rational(short) * unit
            return sp.sign(number) * sp.sqrt(exact) if root else exact
    return None


def _call(function: Callable, symbols: tuple[sp.Symbol, ...]) -> Any:
    own = {python_name(symbol): symbol for symbol in symbols}
    head = f"def answer({', '.join(own)})"
    try:
        arguments = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):
        raise NotAnExpression(f"Write the answer as a function, {head}.") from None
    given = {}
    for argument in arguments:
        if argument.kind in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD):
            continue
        if argument.name in own:
            given[argument.name] = own[argument.name]
        elif argument.default is argument.empty:
            raise NotAnExpression(
                f"The function takes {argument.name}, which is not a symbol of this exercise; "
                f"begin with {head}."
            )
    code = getattr(function, "__code__", None)
    try:
        return within(FUNCTION_STEPS, lambda: function(**given), (code,) if code else ())
    except Exception as error:
        raise NotAnExpression(
            f"The function stopped with {type(error).__name__}: {error}. It begins with {head}."
        ) from None


def _as_expression(attempt: Any, wanted: str) -> Any:
    kind = type(attempt).__name__
    if isinstance(attempt, str):
        raise NotAnExpression(f"The answer is a string; write it without quotes, as {wanted}.")
    if isinstance(attempt, bool):
        raise NotAnExpression(f"The answer is {attempt}; give {wanted}.")
    shape = None if isinstance(attempt, sp.Basic) else getattr(attempt, "shape", None)
    if shape == () and hasattr(attempt, "item"):
        attempt = attempt.item()  # a number of NumPy
    elif isinstance(shape, tuple) or isinstance(attempt, list | tuple | set | dict):
        raise NotAnExpression(f"The answer is a {kind}; give one expression.")
    if hasattr(attempt, "as_expr") and not isinstance(attempt, sp.Basic):
        attempt = attempt.as_expr()  # a field element, as the checks of the book use them
    try:
        expression = sp.sympify(attempt, strict=True)
    except (sp.SympifyError, TypeError, ValueError, ArithmeticError):
        raise NotAnExpression(f"The answer is a {kind}; give {wanted}.") from None
    if isinstance(expression, sp.Expr):
        return expression
    if isinstance(expression, sp.Basic) and not isinstance(attempt, type):
        raise NotAnExpression(f"The answer is {expression}; give {wanted}.")
    raise NotAnExpression(f"The answer is a {kind}; give {wanted}.")


def _finite_part(expression: sp.Expr) -> sp.Expr:
    """The expression without its sums and integrals, in whose ranges infinity is allowed."""
    ranges = expression.atoms(sp.Sum, sp.Product, sp.Integral, sp.Limit)
    return expression.xreplace({each: sp.Dummy() for each in ranges})
