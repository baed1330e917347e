"""The number that an expression is at one point, with an error that was seen and not assumed.

SymPy's own substitution computes with exact fractions, whose length can explode (``p**(10**9)``).
Here every node of the expression becomes one multiple-precision number. The computation is made
with 30 and with 60 digits, and what the two differ by is the error of the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import mpmath
import sympy as sp
from mpmath.libmp import NoConvergence

FEWER, MORE = 30, 60
ROUNDING = mpmath.mpf(10) ** -25

Point = tuple[tuple[sp.Symbol, sp.Expr], ...]

SAME_NAME = (
    "sin cos tan cot sec csc asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp log sign "
    "floor factorial binomial gamma loggamma erf erfc erfi beta zeta digamma polylog expint "
    "lowergamma uppergamma"
).split()
FUNCTIONS = {
    getattr(sp, name): getattr(mpmath, name) for name in SAME_NAME if hasattr(mpmath, name)
} | {
    sp.Abs: mpmath.fabs,
    sp.ceiling: mpmath.ceil,
    sp.conjugate: mpmath.conj,
    sp.re: mpmath.re,
    sp.im: mpmath.im,
    sp.LambertW: mpmath.lambertw,
    sp.Max: max,
    sp.Min: min,
}


class Undefined(ValueError):
    """The expression has no finite number at this point, or none that is computed here."""


@dataclass(frozen=True)
class Number:
    """A value and a bound of its error, as far as a second computation shows it."""

    value: Any
    error: Any

    def differs_from(self, other: Number) -> bool:
        """Whether the gap is far larger than both errors and than rounding."""
        scale = max(abs(self.value), abs(other.value))
        return abs(self.value - other.value) > 100 * (self.error + other.error) + ROUNDING * scale


@lru_cache(maxsize=4096)
def number_at(expression: sp.Expr, point: Point) -> Number | None:
    """The number of ``expression`` where each symbol has the value of ``point``.

    None if it is not finite, is not defined, or has a part that is not known here.
    """
    try:
        with mpmath.workdps(FEWER):
            rough = _value(expression, dict(point))
        with mpmath.workdps(MORE):
            fine = _value(expression, dict(point))
            error = abs(fine - rough)
    except (ArithmeticError, ValueError, TypeError, NotImplementedError, NoConvergence):
        return None
    if not (mpmath.isfinite(fine) and mpmath.isfinite(error)):
        return None
    return Number(fine, error)


def _value(e: Any, at: Mapping[sp.Symbol, sp.Expr]) -> Any:
    if e.is_Symbol:
        if e not in at:
            raise Undefined(f"{e} has no value")
        return at[e] if isinstance(at[e], mpmath.mpf) else _value(at[e], {})
    if e.is_Rational:
        return mpmath.mpf(e.p) / e.q
    if e.is_Float:
        return mpmath.mpf(e._mpf_)
    if e is sp.I:
        return mpmath.j
    if e.is_NumberSymbol:
        return mpmath.mpf(e._as_mpf_val(mpmath.mp.prec))
    if e is sp.oo or e is -sp.oo:
        return mpmath.inf if e is sp.oo else -mpmath.inf
    if e.is_Add:
        return mpmath.fsum(_value(part, at) for part in e.args)
    if e.is_Mul:
        return mpmath.fprod(_value(part, at) for part in e.args)
    if e.is_Pow:
        return _value(e.base, at) ** _value(e.exp, at)
    if isinstance(e, sp.Sum | sp.Product | sp.Integral):
        return _over_range(e, at)
    if isinstance(e, sp.Piecewise):
        for branch, when in e.args:
            if _holds(when, at):
                return _value(branch, at)
        raise Undefined(f"{e} has no branch here")
    if isinstance(e, sp.Derivative | sp.Subs):
        done = e.doit()
        if done == e:
            raise Undefined(f"{e} is not known")
        return _value(done, at)
    if e.func in FUNCTIONS:
        return FUNCTIONS[e.func](*(_value(part, at) for part in e.args))
    raise Undefined(f"{e.func} is not known")


def _over_range(e: Any, at: Mapping[sp.Symbol, sp.Expr]) -> Any:
    """A sum, product or integral, the outermost range first."""
    *inner, outer = e.limits
    if len(outer) != 3:
        raise Undefined(f"{e} has no ends")
    index, low, high = outer[0], _value(outer[1], at), _value(outer[2], at)
    body = e.func(e.function, *inner) if inner else e.function

    def term(x: Any) -> Any:
        return _value(body, {**at, index: mpmath.mpf(x)})

    if isinstance(e, sp.Integral):
        return mpmath.quad(term, [low, high])
    if mpmath.isinf(high) and not mpmath.isinf(low) and isinstance(e, sp.Sum):
        return mpmath.nsum(term, [low, high])
    if not all(mpmath.isint(end) for end in (low, high)):
        raise Undefined(f"{e} does not run from integer to integer")
    steps = (term(x) for x in range(int(low), int(high) + 1))
    return mpmath.fsum(steps) if isinstance(e, sp.Sum) else mpmath.fprod(steps)


def holds_at(condition: Any, point: Point) -> bool:
    """Whether a relation between expressions holds at the point. Raises ``Undefined``."""
    with mpmath.workdps(FEWER):
        return _holds(condition, dict(point))


def _holds(condition: Any, at: Mapping[sp.Symbol, sp.Expr]) -> bool:
    if condition in (sp.true, sp.false):
        return bool(condition)
    if isinstance(condition, sp.And | sp.Or):
        parts = [_holds(part, at) for part in condition.args]
        return all(parts) if isinstance(condition, sp.And) else any(parts)
    if isinstance(condition, sp.Not):
        return not _holds(condition.args[0], at)
    compare = {
        sp.Eq: lambda a, b: a == b,
        sp.Ne: lambda a, b: a != b,
        sp.Lt: lambda a, b: a < b,
        sp.Le: lambda a, b: a <= b,
        sp.Gt: lambda a, b: a > b,
        sp.Ge: lambda a, b: a >= b,
    }
    if condition.func not in compare:
        raise Undefined(f"{condition} is not known")
    left, right = (_value(side, at) for side in (condition.lhs, condition.rhs))
    return bool(compare[condition.func](left, right))
