"""Answers typed in the page: the page reads them into a tree, and this makes the expression.

A tree is ``["number", "1.5"]``, ``["symbol", "gamma"]``, ``["constant", "pi"]``,
``["call", "sqrt", tree]``, ``["negative", tree]`` or ``["+", tree, tree]``, and likewise for
``- * / ^``. So what a reader types is never evaluated as Python.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import sympy as sp

from utils.exercises import exercise
from utils.exercises.task import Reply

CONSTANTS = {"pi": sp.pi, "e": sp.E}
CALLS: dict[str, Callable[..., sp.Expr]] = {
    "sqrt": sp.sqrt,
    "exp": sp.exp,
    "log": sp.log,
    "abs": sp.Abs,
    "min": sp.Min,
    "max": sp.Max,
}
PAIRS: dict[str, Callable[[sp.Expr, sp.Expr], sp.Expr]] = {
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
    "/": lambda one, other: one / other,
    "^": lambda one, other: one**other,
}


def expression(tree: list[Any]) -> sp.Expr:
    """The expression of a tree; its symbols have names only. ValueError for an unknown node."""
    kind, *parts = tree
    if kind == "number":
        return sp.Rational(parts[0])
    if kind == "symbol":
        return sp.Symbol(parts[0])
    if kind == "constant":
        return CONSTANTS[parts[0]]
    if kind == "call":
        name, *arguments = parts
        return CALLS[name](*map(expression, arguments))
    if kind == "negative":
        return -expression(parts[0])
    if kind in PAIRS:
        one, other = map(expression, parts)
        return PAIRS[kind](one, other)
    raise ValueError(f"a tree cannot begin with {kind!r}")


def reply_to(name: str, tree: list[Any]) -> Reply:
    """The reply of the exercise to a typed answer, the same as in Jupyter."""
    return exercise(name).check(expression(tree))


def reply_in_json(name: str, tree: str) -> str:
    """``reply_to`` for the page, which hands over text and takes text."""
    try:
        reply = reply_to(name, json.loads(tree))
    except (ImportError, ArithmeticError, RecursionError):  # a part of SymPy that is not there
        reply = Reply(None, "This form cannot be decided. Write it in a simpler way.")
    return json.dumps({"correct": reply.correct, "text": reply.text})
