"""Exact decisions: are two expressions equal for all values of their symbols, is one never above?

No float takes part in a "yes". Two field elements (see ``utils.symbolic``) are equal if their
difference cancels to 0, and unequal if they differ at one point. Other SymPy expressions are
brought over one denominator and expanded; an expanded numerator of 0 proves equality, and a value
away from 0 at one rational point, computed to 60 digits, disproves it. Where neither happens the
answer is ``Undecided``, never a guess.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import combinations, product
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.polys.fields import FracElement
from sympy.polys.rings import PolyElement

DIGITS = 60
TOO_LARGE_FOR_ROUNDING = sp.Float(10) ** -45
POINTS = 12


class Undecided(ValueError):
    """Neither a proof nor a counterexample was found."""


def as_cases(value: Any) -> dict[Any, Any]:
    """The single statements inside a value: {key: entry} of a mapping, array, list or scalar."""
    if isinstance(value, Mapping) and not isinstance(value, PolyElement):
        return dict(value)
    shape = getattr(value, "shape", ())  # an array, known by its shape: this needs no NumPy
    if shape and not isinstance(value, sp.Basic | sp.MatrixBase):
        indices = product(*map(range, shape))
        return {(i if len(i) > 1 else i[0]): value[i] for i in indices}
    if isinstance(value, list | tuple):
        return dict(enumerate(value))
    return {(): value}


def paired_cases(left: Any, right: Any) -> dict[Any, tuple[Any, Any]]:
    """Match the cases of two sides; a single value on one side serves every case of the other.

    ValueError names the first case that only one side has.
    """
    lefts, rights = as_cases(left), as_cases(right)
    if set(rights) == {()}:
        rights = dict.fromkeys(lefts, rights[()])
    if set(lefts) == {()}:
        lefts = dict.fromkeys(rights, lefts[()])
    for key in lefts.keys() ^ rights.keys():
        side = "left" if key in lefts else "right"
        raise ValueError(f"case {key} stands on the {side} side only; both sides need it")
    return {key: (lefts[key], rights[key]) for key in lefts}


def free_symbols(value: Any) -> set[str]:
    """The names of the symbols that occur in a value."""
    names: set[str] = set()
    for entry in as_cases(value).values():
        if isinstance(entry, FracElement | PolyElement):
            parts = (entry,) if isinstance(entry, PolyElement) else (entry.numer, entry.denom)
            for part in parts:
                degrees = zip(part.ring.symbols, part.degrees(), strict=True)
                names |= {str(symbol) for symbol, degree in degrees if degree > 0}
        else:
            names |= {str(symbol) for symbol in sp.sympify(entry).free_symbols}
    return names


def equal(left: Any, right: Any) -> bool:
    """Whether two scalars agree for every value of their symbols. Raises ``Undecided``."""
    if any(isinstance(side, FracElement | PolyElement) for side in (left, right)):
        return not _differ_at_a_point(left, right) and bool(left - right == 0)
    a, b = sp.sympify(left), sp.sympify(right)
    if a == b:
        return True
    if a.has(sp.nan, sp.zoo) or b.has(sp.nan, sp.zoo):
        raise Undecided(f"{a} = {b} is not defined")
    if vanishes(a - b):
        return True
    if _differs_somewhere(a - b):
        return False
    raise Undecided(f"could not decide whether {a} equals {b}")


def _differ_at_a_point(left: Any, right: Any) -> bool:
    """Whether two elements of one field differ where the symbols are the primes from 101 on.

    That disproves an equality, and is quicker to see than their difference, which has to be
    cancelled. (``==`` would not do: over algebraic numbers a fraction has several forms.) False for
    a plain number, and if a denominator is 0 there.
    """
    if not (isinstance(left, FracElement) and isinstance(right, FracElement)):
        return False
    if left.field != right.field:
        return False
    domain, point = left.field.domain, [sp.prime(26 + k) for k in range(left.field.ngens)]
    a, b, c, d = (
        part(*map(domain, point)) for part in (left.numer, left.denom, right.numer, right.denom)
    )
    return bool(b and d and a * d != c * b)


def vanishes(difference: sp.Expr) -> bool:
    """Whether the numerator over one denominator expands to 0, which proves that it is 0."""
    return sp.expand(sp.fraction(sp.together(difference))[0]) == 0


def _differs_somewhere(difference: sp.Expr) -> bool:
    numbers = random.Random(0)
    whole = sorted((s for s in difference.free_symbols if s.is_integer), key=str)
    for _ in range(POINTS):
        chosen = difference.subs({s: sp.Integer(numbers.randint(2, 9)) for s in whole})
        if chosen.has(sp.Sum, sp.Product):
            chosen = chosen.doit()  # a sum up to n is written out before its terms get values
        chosen = _pointwise(chosen)
        point = {
            s: sp.Rational(numbers.randint(1, 97), 101)
            for s in sorted(chosen.free_symbols, key=str)
        }
        value = chosen.subs(point).doit().evalf(DIGITS)
        if value.is_number and value.is_finite and abs(value) > TOO_LARGE_FOR_ROUNDING:
            return True
    return False


def _pointwise(expression: sp.Expr) -> sp.Expr:
    """Give each undefined function and each of its derivatives a symbol for its value.

    At one point the values of f(x), g(x, y), f'(x), ... can be anything, so a point where two sides
    differ is a true counterexample. That needs values that are free of each other: f(1) and f(2)
    are, f(x) and f(y) are not where x = y. Raises ``Undecided`` where that is not plain to see.
    """
    calls = expression.atoms(AppliedUndef)
    for call in calls:
        if not all(argument.is_Symbol or argument.is_Number for argument in call.args):
            raise Undecided(f"{call} has an argument that is neither a symbol nor a number")
    for one, other in combinations(calls, 2):
        if one.func == other.func and not any(
            x.is_Number and y.is_Number and x != y
            for x, y in zip(one.args, other.args, strict=False)
        ):
            raise Undecided(f"{one} and {other} may be the same value")
    for kind in (sp.Derivative, AppliedUndef):
        atoms = sorted(expression.atoms(kind), key=str)
        expression = expression.subs({atom: sp.Dummy() for atom in atoms})
    return expression


def never_above(smaller: FracElement, larger: FracElement) -> bool:
    """Whether smaller <= larger for all non-negative values of the symbols.

    Yes if every coefficient of numerator and denominator of larger - smaller is non-negative; no if
    a point with smaller > larger is found. Anything else raises ``Undecided``.
    """
    gap = larger - smaller
    if all(c >= 0 for part in (gap.numer, gap.denom) for c in part.coeffs()):
        return True
    numbers = random.Random(0)
    choices = [sp.QQ(0), sp.QQ(1, 50), sp.QQ(1), sp.QQ(50)]
    for _ in range(400):
        point = [numbers.choice(choices) for _ in range(gap.numer.ring.ngens)]
        below = gap.denom.evaluate(list(zip(gap.denom.ring.gens, point, strict=True)))
        if (
            below != 0
            and gap.numer.evaluate(list(zip(gap.numer.ring.gens, point, strict=True))) / below < 0
        ):
            return False
    raise Undecided("some coefficients are negative, yet no counterexample was found")
