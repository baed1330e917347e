"""Checks without sampling: of equations and of inequalities, each under the equation's label."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from numbers import Rational
from typing import Any, Unpack

import numpy as np
from sympy.polys.fields import FracElement
from sympy.polys.rings import PolyElement

from utils.checks import claims, decide
from utils.checks.claims import About
from utils.checks.verdict import Verdict
from utils.symbolic import dual, finite_field, free_mdps


def check(
    label: str,
    left: Any,
    right: Any,
    wrong: Mapping[str, Any],
    equivalent: Mapping[str, Any] | None = None,
    note: str = "",
    **about: Unpack[About],
) -> Verdict:
    """Decide exactly whether left = right, case by case, for every value of the symbols.

    label           the equation's label, such as "``eq:traj-score``"
    left            a field element, SymPy expression or number, or an array, list or mapping of
                    them; a mapping whose keys are words, {line: value or array}, names the lines
    right           the same cases; a single value on either side serves all of them
    wrong           {name: a wrong right side}, whole or a mapping of the lines or cases that it
                    changes; each must differ from ``left`` somewhere, and in each case one must
    equivalent      {name: a right side that looks wrong}; each must agree with ``left`` everywhere
    note            words added to the verdict
    kind            "definition", "identity", "inequality" or "limit"
    scope           what limits the check beside sizes and horizon ("three examples")
    horizon         T, a number or words
    lines           the lines of the display that the check is about: n for 1 to n, or their numbers
    excused         {line or case: why no wrong version can differ there}
    rests_on_proof  what is left to the proof alone ("the exchange of limit and derivative")
    ValueError if the label is not of the form "eq:...", if no wrong version is given, or if the two
    sides have different cases; ``decide.Undecided`` if a case can be neither proved nor disproved.
    """
    pairs = claims.paired(left, right)
    statement = _about_symbols(label, "exact", wrong, note, about, "identity", pairs)
    for case, (a, b) in pairs.items():
        if not decide.equal(a, b):
            return statement.failed(f"does not hold{claims.at(case)}.")
    bites = claims.bites(left, right, wrong, decide.equal)
    refuted = claims.bites(left, right, equivalent or {}, decide.equal)
    passes = {name: not cases for name, cases in refuted.items()}
    return statement.judged(
        f"holds exactly{_count(len(pairs), statement.scope.symbols)}.", pairs, bites, passes
    )


def check_at_most(
    label: str,
    smaller: Any,
    larger: Any,
    wrong: Mapping[str, Any],
    note: str = "",
    **about: Unpack[About],
) -> Verdict:
    """Decide exactly whether smaller <= larger, case by case, for all non-negative symbols.

    smaller, larger  field elements (or arrays, lists, mappings of them) whose symbols range over
                     the non-negative numbers; see ``symbolic.nonnegative_mdp``
    wrong            {name: a larger side that is too small}; each must fail at some point
    Further arguments and errors as for ``check``.
    """
    pairs = claims.paired(smaller, larger)
    statement = _about_symbols(label, "exact inequality", wrong, note, about, "inequality", pairs)
    for case, (a, b) in pairs.items():
        if not decide.never_above(a, b):
            return statement.failed(f"does not hold{claims.at(case)}.")
    bites = claims.bites(smaller, larger, wrong, decide.never_above)
    proved = f"holds exactly{_count(len(pairs), statement.scope.symbols)}"
    return statement.judged(f"{proved}: no coefficient of the gap is negative.", pairs, bites)


def check_on_random_mdps(
    label: str,
    smaller: Any,
    larger: Any,
    wrong: Mapping[str, Any],
    note: str = "",
    **about: Unpack[About],
) -> Verdict:
    """Try smaller <= larger on many MDPs, in exact fractions. This is a test and not a proof.

    smaller, larger  [N] or [N, K] of ``Fraction`` or int, or {line: such rows}; row n belongs to
                     MDP n (see ``random_fractions.random_problems``), the K columns are cases such
                     as times
    wrong            {name: a larger side that is too small, or {line: one}}; at least one MDP must
                     violate each, and in each column some wrong version must be violated
    ValueError if an entry is a float, if the shapes differ, or if there are fewer than 100 MDPs.
    Otherwise as ``check``.
    """
    small, large = _exact_columns("smaller", smaller), _exact_columns("larger", larger)
    pairs = claims.paired(small, large)
    mdps = {len(side) for pair in pairs.values() for side in pair}
    if len(mdps) > 1:
        raise ValueError(
            f"the sides have {' and '.join(map(str, sorted(mdps)))} rows; they should agree"
        )
    (n_mdps,) = mdps
    world = f"{n_mdps} random MDPs: a test, not a proof"
    method = "exact on random MDPs"
    statement = claims.claim(label, method, wrong, note, about, "inequality", world)

    def bounded(column: tuple[Any, ...], bound: tuple[Any, ...]) -> bool:
        return all(s <= b for s, b in zip(column, bound, strict=True))

    for column, bound in pairs.values():
        for n, (s, b) in enumerate(zip(column, bound, strict=True)):
            if s > b:
                return statement.failed(f"is violated by MDP {n} of {n_mdps}.")
    too_small = {name: _exact_columns("wrong", bad) for name, bad in wrong.items()}
    shares = [
        float(s / b)
        for column, bound in pairs.values()
        for s, b in zip(column, bound, strict=True)
        if b
    ]
    return statement.judged(
        f"holds in exact fractions in all {n_mdps * len(pairs)} cases. "
        f"The smaller side reaches {100 * max(shares, default=0.0):.1f} % of the larger.",
        pairs,
        claims.bites(small, large, too_small, bounded),
    )


def _exact_columns(name: str, values: Any) -> Any:
    """{column: its N numbers}, or {line: such columns}, with each number a fraction or an int."""
    if isinstance(values, Mapping):
        return {line: _exact_columns(f"{name}[{line!r}]", rows) for line, rows in values.items()}
    rows = np.array(values, dtype=object)
    if rows.ndim not in (1, 2) or len(rows) < 100:
        raise ValueError(f"{name} has shape {rows.shape}; a test needs at least 100 rows")
    for index in np.ndindex(rows.shape):
        if not isinstance(rows[index], Rational):
            raise ValueError(f"{name}{list(index)} is {rows[index]!r}, not a Fraction or an int")
    return dict(enumerate(map(tuple, rows.reshape(len(rows), -1).T)))


def check_at_random_points(
    label: str,
    left: Callable[[finite_field.FiniteFieldMDP], Any],
    right: Callable[[finite_field.FiniteFieldMDP], Any],
    degrees: Mapping[tuple[int, int], int],
    wrong: Mapping[str, Callable[[finite_field.FiniteFieldMDP], Any]],
    points: int = 2,
    extra: int = 0,
    seed: int = 0,
    tables: Mapping[str, tuple[int, ...]] | None = None,
    note: str = "",
    **about: Unpack[About],
) -> Verdict:
    """Test left = right at random points of a finite field, for MDPs too large to expand.

    left, right  functions of an MDP (``finite_field.FiniteFieldMDP``); their values are numbers, or
                 arrays, lists or mappings of them, or {line: such values}
    degrees      {(n_states, n_actions): D} for each size: D bounds the total degree of the
                 numerator of left - right over a common denominator, and that of the product of
                 all denominators
    wrong        {name: a wrong right side, whole or {line: value}}; each must differ from ``left``
                 at some point, and in each case some wrong version must
    points       how many points to try for each size, with ``extra`` more numbers and with
                 ``tables`` {name: shape} of more numbers for each
    A point where a denominator of either side is 0 is drawn anew. So if the numerator is not 0
    modulo q = 2^61 - 1, all k points of one size pass with probability at most (D/(q - D))^k. A
    wrong version that differs at one point is wrong for sure. Further arguments and errors as for
    ``check``.
    """
    sizes = " and ".join(f"{S} states with {A} actions" for S, A in degrees)
    world = f"{sizes}, any policy"
    statement = claims.claim(label, "random points", wrong, note, about, world=world)
    numbers = random.Random(seed)
    drawn = [
        _point_with_sides(size, numbers, extra, tables or {}, left, right)
        for size in degrees
        for _ in range(points)
    ]
    pairs = [claims.paired(one, other) for _, one, other in drawn]
    if any(claims.differing(pair, _same_number) for pair in pairs):
        return statement.failed("does not hold at a random point.")

    def bitten(bad: Callable[[finite_field.FiniteFieldMDP], Any]) -> set[claims.Case]:
        tried = (claims.paired_with_wrong(one, other, bad(x)) for x, one, other in drawn)
        return set().union(*(claims.differing(pair, _same_number) for pair in tried))

    q = dual.PRIME
    exponent = max(points * math.log10(D / (q - D)) for D in degrees.values())
    return statement.judged(
        f"holds at {points} random point{'s' if points > 1 else ''} modulo 2⁶¹ − 1 of each size. "
        f"A false equation would pass with probability below 10{_raised(math.ceil(exponent))}.",
        dict.fromkeys(case for pair in pairs for case in pair),
        {name: bitten(bad) for name, bad in wrong.items()},
    )


def _same_number(left: Any, right: Any) -> bool:
    return bool(left == right)


def _point_with_sides(
    size: tuple[int, int],
    numbers: random.Random,
    extra: int,
    tables: Mapping[str, tuple[int, ...]],
    left: Callable[[finite_field.FiniteFieldMDP], Any],
    right: Callable[[finite_field.FiniteFieldMDP], Any],
) -> tuple[finite_field.FiniteFieldMDP, Any, Any]:
    while True:
        point = finite_field.random_point(*size, numbers, extra, tables)
        try:
            return point, left(point), right(point)
        except ZeroDivisionError:  # probability about 1e-17
            continue


def _raised(exponent: int) -> str:
    return str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _about_symbols(
    label: str,
    method: str,
    wrong: Mapping[str, Any],
    note: str,
    about: About,
    kind: str,
    pairs: Mapping[claims.Case, tuple[Any, Any]],
) -> claims.Claim:
    """A claim whose scope counts the free symbols and knows the size of the MDP they make up."""
    sides = [side for pair in pairs.values() for side in pair]
    symbols: set[str] = set().union(*map(decide.free_symbols, sides))
    world = free_mdps.in_words(set().union(*map(_names_around, sides)))
    return claims.claim(label, method, wrong, note, about, kind, world, len(symbols))


def _names_around(value: Any) -> set[str]:
    """The names of all symbols of the field that a value lives in, or of those that it has."""
    if isinstance(value, FracElement | PolyElement):
        ring = value.parent()
        return set(map(str, ring.symbols))
    return decide.free_symbols(value)


def _count(cases: int, symbols: int) -> str:
    many = f" in all {cases} cases" if cases > 1 else ""
    free = f" for every value of its {symbols} free symbols" if symbols > 1 else ""
    return many + (", " if many and free else "") + free.strip(" " if many else "")
