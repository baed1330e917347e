"""The ledger: one call checks one labelled equation of the book and returns a verdict.

A check has teeth. Beside the statement it is given *wrong* versions of it, which the same procedure
must reject, and sometimes *equivalent* versions, which look wrong and must pass. Wrong versions
count only if the statement itself holds: a procedure that refuses everything proves nothing.

A verdict shows itself as one line. It also carries its facts in a machine-readable form, from which
the book's ledger page is made.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from html import escape
from numbers import Rational
from typing import Any

import numpy as np
from IPython import get_ipython
from IPython.display import publish_display_data

from utils.checks import decide
from utils.symbolic import dual, finite_field

MIME = "application/vnd.policy-gradient-book.verdict+json"
Z_ALARM = 5.0  # a correct Monte Carlo estimate is refused with probability 5.7e-7 a coordinate
Z_MISS = 4.0  # a wrong one must miss the limit by four of its own standard errors


@dataclass(frozen=True)
class Verdict:
    """What one check of one labelled equation found.

    label       the equation's label
    method      "exact", "exact inequality", "exact on random MDPs" or "Monte Carlo"
    holds       whether the statement passed, every wrong version was rejected and every
                equivalent version passed
    line        the verdict in words
    rejected    names of the wrong versions that were rejected
    equivalent  names of the equivalent versions that passed
    """

    label: str
    method: str
    holds: bool
    line: str
    rejected: tuple[str, ...] = ()
    equivalent: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{'✓' if self.holds else '✗'} {self.label} {self.line}"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, Any]:
        mood = "holds" if self.holds else "fails"
        anchor = "equation-" + re.sub(r"[^a-z0-9]+", "-", self.label.lower())  # as Sphinx does
        proved, *teeth = re.split(r" (?=Rejected: |Also true: |But )", self.line)
        small = "".join(f'<span class="verdict-teeth">{escape(part)}</span>' for part in teeth)
        return {
            "text/plain": str(self),
            "text/html": f'<div class="verdict verdict-{mood}">'
            f'<span class="verdict-mark">{"✓" if self.holds else "✗"}</span> '
            f'<a href="#{anchor}"><code>{escape(self.label)}</code></a> {escape(proved)}'
            f"{small}</div>",
            MIME: asdict(self) | {"rejected": [*self.rejected], "equivalent": [*self.equivalent]},
        }

    def __repr__(self) -> str:
        return str(self)

    def _ipython_display_(self) -> None:
        """Show nothing: the check showed its verdict when it ran, in a loop as in a last line."""

    def show(self) -> Verdict:
        """Print the line; in a notebook, publish it together with its machine-readable form."""
        if get_ipython() is None:
            print(self)
        else:
            publish_display_data(self._repr_mimebundle_())
        return self


def check(
    label: str,
    left: Any,
    right: Any,
    wrong: Mapping[str, Any],
    equivalent: Mapping[str, Any] | None = None,
    note: str = "",
) -> Verdict:
    """Decide exactly whether left = right, case by case, for every value of the symbols.

    label       the equation's label, such as "eq:traj-score"
    left        a field element, SymPy expression or number, or an array, list or mapping of them
    right       the same cases; a single value on either side serves all of them
    wrong       {name: a wrong right side}; each must differ from `left` in at least one case
    equivalent  {name: a right side that looks wrong}; each must agree with `left` in every case
    note        words added to the verdict
    ValueError if the label is not of the form "eq:...", if no wrong version is given, or if the two
    sides have different cases; `decide.Undecided` if a case can be neither proved nor disproved.
    """
    _require_label_and_teeth(label, wrong)

    def agrees(candidate: Any) -> bool:
        return all(decide.equal(a, b) for a, b in decide.paired_cases(left, candidate).values())

    for case, (a, b) in decide.paired_cases(left, right).items():
        if not decide.equal(a, b):
            return _failed(label, "exact", f"does not hold{_at(case)}.")
    cases = len(decide.paired_cases(left, right))
    symbols = len(decide.free_symbols(left) | decide.free_symbols(right))
    proved = f"holds exactly{_count(cases, symbols)}."
    return _with_teeth(label, "exact", proved, wrong, equivalent or {}, agrees, note)


def check_at_most(
    label: str, smaller: Any, larger: Any, wrong: Mapping[str, Any], note: str = ""
) -> Verdict:
    """Decide exactly whether smaller <= larger, case by case, for all non-negative symbols.

    smaller, larger  field elements (or arrays, lists, mappings of them) whose symbols range over
                     the non-negative numbers; see `symbolic.nonnegative_mdp`
    wrong            {name: a larger side that is too small}; each must fail at some point
    Errors as for `check`.
    """
    _require_label_and_teeth(label, wrong)

    def bounded(candidate: Any) -> bool:
        pairs = decide.paired_cases(smaller, candidate).values()
        return all(decide.never_above(a, b) for a, b in pairs)

    if not bounded(larger):
        return _failed(label, "exact inequality", "does not hold.")
    cases = len(decide.as_cases(smaller))
    symbols = len(decide.free_symbols(smaller) | decide.free_symbols(larger))
    proved = f"holds exactly{_count(cases, symbols)}: no coefficient of the gap is negative."
    return _with_teeth(label, "exact inequality", proved, wrong, {}, bounded, note)


def check_on_random_mdps(
    label: str, smaller: Any, larger: Any, wrong: Mapping[str, Any], note: str = ""
) -> Verdict:
    """Try smaller <= larger on many MDPs, in exact fractions. This is a test and not a proof.

    smaller, larger  [N] or [N,K] of `Fraction` or int; row n belongs to MDP n (see
                     `random_fractions.random_problems`), the K columns are cases such as times
    wrong            {name: a larger side that is too small}; at least one MDP must violate each
    ValueError if an entry is a float, if the shapes differ, or if there are fewer than 100 MDPs.
    Otherwise as `check`.
    """
    _require_label_and_teeth(label, wrong)
    method, small = "exact on random MDPs", _exact_rows("smaller", smaller)

    def violated(candidate: Any) -> np.ndarray:
        large = _exact_rows("larger", candidate)
        if large.shape != small.shape:
            raise ValueError(
                f"smaller has shape {small.shape} and larger {large.shape}; they should agree"
            )
        return (small > large).reshape(len(small), -1).any(axis=1)

    failures = np.flatnonzero(violated(larger))
    if len(failures):
        return _failed(label, method, f"is violated by MDP {failures[0]} of {len(small)}.")
    positive = [(s, b) for s, b in zip(small.flat, _exact_rows("", larger).flat, strict=True) if b]
    closest = max((float(s / b) for s, b in positive), default=0.0)
    proved = (
        f"holds in exact fractions in all {small.size} cases on {len(small)} MDPs: a test, not a "
        f"proof. The smaller side reaches {100 * closest:.1f} % of the larger."
    )
    return _with_teeth(label, method, proved, wrong, {}, lambda bad: not violated(bad).any(), note)


def _exact_rows(name: str, values: Any) -> np.ndarray:
    rows = np.array(values, dtype=object)
    if rows.ndim not in (1, 2) or len(rows) < 100:
        raise ValueError(f"{name} has shape {rows.shape}; a test needs at least 100 rows")
    for index in np.ndindex(rows.shape):
        if not isinstance(rows[index], Rational):
            raise ValueError(f"{name}{list(index)} is {rows[index]!r}, not a Fraction or an int")
    return rows


def check_at_random_points(
    label: str,
    left: Callable[[finite_field.FiniteFieldMDP], Any],
    right: Callable[[finite_field.FiniteFieldMDP], Any],
    degrees: Mapping[tuple[int, int], int],
    wrong: Mapping[str, Callable[[finite_field.FiniteFieldMDP], Any]],
    points: int = 2,
    extra: int = 0,
    seed: int = 0,
) -> Verdict:
    """Test left = right at random points of a finite field, for MDPs too large to expand.

    left, right  functions of an MDP (`finite_field.FiniteFieldMDP`); their values are numbers, or
                 arrays, lists or mappings of them
    degrees      {(n_states, n_actions): D} for each size: D bounds the total degree of the
                 numerator of left - right over a common denominator, and that of the product of
                 all denominators
    wrong        {name: a wrong right side}; each must differ from `left` at some point
    points       how many points to try for each size, and `extra` more numbers for each
    A point where a denominator of either side is 0 is drawn anew. So if the numerator is not 0
    modulo q = 2^61 - 1, all k points of one size pass with probability at most (D/(q - D))^k. A
    wrong version that differs at one point is wrong for sure. ValueError as for `check`.
    """
    _require_label_and_teeth(label, wrong)
    numbers = random.Random(seed)
    drawn = [
        _point_with_sides(size, numbers, extra, left, right)
        for size in degrees
        for _ in range(points)
    ]

    def agrees(candidate: Callable[[finite_field.FiniteFieldMDP], Any]) -> bool:
        return all(_same_at_point(one, candidate(point)) for point, one, _ in drawn)

    if not all(_same_at_point(one, other) for _, one, other in drawn):
        return _failed(label, "random points", "does not hold at a random point.")
    q = dual.PRIME
    exponent = max(points * math.log10(D / (q - D)) for D in degrees.values())
    sizes = " and ".join(f"{S} states with {A} actions" for S, A in degrees)
    proved = (
        f"holds at {points} random point{'s' if points > 1 else ''} modulo 2⁶¹ − 1 for {sizes}. "
        f"A false equation would pass with probability below 10{_raised(math.ceil(exponent))}."
    )
    return _with_teeth(label, "random points", proved, wrong, {}, agrees, "")


def _raised(exponent: int) -> str:
    return str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _point_with_sides(
    size: tuple[int, int],
    numbers: random.Random,
    extra: int,
    left: Callable[[finite_field.FiniteFieldMDP], Any],
    right: Callable[[finite_field.FiniteFieldMDP], Any],
) -> tuple[finite_field.FiniteFieldMDP, Any, Any]:
    while True:
        point = finite_field.random_point(*size, numbers, extra)
        try:
            return point, left(point), right(point)
        except ZeroDivisionError:  # probability about 1e-17
            continue


def _same_at_point(left: Any, right: Any) -> bool:
    return all(bool(a == b) for a, b in decide.paired_cases(left, right).values())


def check_mean(
    label: str,
    samples: np.ndarray,
    mean: Any,
    standard_deviation: Any,
    wrong: Mapping[str, np.ndarray],
    where: str,
    rows_are: str = "trajectories",
) -> Verdict:
    """Compare Monte Carlo with the exact mean, on the scale of the exact standard deviation.

    samples             [N] or [N,K], independent rows, one a trajectory unless `rows_are` differs
    mean                scalar or [K], exact
    standard_deviation  scalar or [K], exact, of one row
    wrong               {name: rows of a wrong estimator}, shape as `samples`
    where               the MDP the samples come from
    rows_are            what one row is, in the plural
    The statement passes if every coordinate of the sample mean lies within 5 exact standard errors
    sd/sqrt(N) of the exact mean (false alarm 5.7e-7 a coordinate). A coordinate with sd = 0 must
    agree to rounding. A wrong version must fail, and by a clear margin:
    N >= ((5 sd + 4 sd_wrong)/bias)^2 in some coordinate, or ValueError says which N it takes.
    """
    _require_label_and_teeth(label, wrong)
    rows, exact, sd = _rows_and_law(samples, mean, standard_deviation)
    n = len(rows)
    z = _z_scores(rows, exact, sd)
    if not z.max() <= Z_ALARM:
        k = int(z.argmax())
        found = f"{rows[:, k].mean():.4g} against the exact {exact[k]:.4g}"
        return _failed(
            label, "Monte Carlo", f"disagrees on {where}: {found} is {z[k]:.1f} standard errors."
        )
    for name, bad in wrong.items():
        bad_rows, _, _ = _rows_and_law(bad, mean, standard_deviation)
        bias = np.abs(bad_rows.mean(axis=0) - exact)
        spread = Z_ALARM * sd + Z_MISS * bad_rows.std(axis=0, ddof=1)
        with np.errstate(divide="ignore"):
            needed = np.where(bias > 0, (spread / np.where(bias > 0, bias, 1)) ** 2, np.inf).min()
        if _z_scores(bad_rows, exact, sd).max() > Z_ALARM and n < needed:
            raise ValueError(
                f"{n} {rows_are} may miss the wrong version “{name}”; "
                f"take at least {int(np.ceil(needed))}"
            )
    clear = np.where(sd > 0, np.abs(exact) / np.where(sd > 0, sd, 1.0), -1.0)
    k = int(clear.argmax())  # the clearest coordinate
    count = f"{n:,}".replace(",", "\u202f")
    error = sd[k] / np.sqrt(n)
    places = 4 if error == 0 else max(4, math.ceil(-math.log10(2 * error)))  # a digit of the error
    found = f"{_number(rows[:, k].mean(), places)} ± {error:.{places}f}"
    proved = (
        f"agrees with Monte Carlo on {where}: {count} {rows_are} give {found}, "
        f"exact {_number(exact[k], places)}"
        f"{f'; largest of {len(exact)} deviations' if len(exact) > 1 else '; deviation'} "
        f"{z.max():.1f} standard errors, 5 allowed."
    )
    return _with_teeth(
        label,
        "Monte Carlo",
        proved,
        wrong,
        {},
        lambda bad: bool(_z_scores(*_rows_and_law(bad, mean, standard_deviation)).max() <= Z_ALARM),
        "",
    )


def _rows_and_law(samples: Any, mean: Any, sd: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = np.asarray(samples, dtype=float)
    rows = rows[:, None] if rows.ndim == 1 else rows
    exact, scale = np.atleast_1d(np.asarray(mean, float)), np.atleast_1d(np.asarray(sd, float))
    if rows.ndim != 2 or exact.shape != scale.shape or rows.shape[1:] != exact.shape:
        raise ValueError(
            f"samples {rows.shape}, mean {exact.shape} and standard_deviation {scale.shape} do not "
            "fit; they should be [N,K], [K] and [K]"
        )
    if len(rows) < 100:
        raise ValueError(f"{len(rows)} trajectories; a check needs at least 100")
    for name, values in (("samples", rows), ("mean", exact), ("standard_deviation", scale)):
        if not np.isfinite(values).all():
            where = ", ".join(map(str, np.argwhere(~np.isfinite(values))[0]))
            raise ValueError(f"{name}[{where}] is not a finite number")
    if (scale < 0).any():
        raise ValueError(f"standard_deviation[{int(scale.argmin())}] is negative")
    return rows, exact, scale


def _z_scores(rows: np.ndarray, exact: np.ndarray, sd: np.ndarray) -> np.ndarray:
    gap = np.abs(rows.mean(axis=0) - exact)
    rounding = 1e-9 * np.maximum(1.0, np.abs(exact))
    certain = np.where(gap <= rounding, 0.0, np.inf)
    return np.where(sd > 0, gap * np.sqrt(len(rows)) / np.where(sd > 0, sd, 1.0), certain)


def _with_teeth(
    label: str,
    method: str,
    proved: str,
    wrong: Mapping[str, Any],
    equivalent: Mapping[str, Any],
    passes: Callable[[Any], bool],
    note: str,
) -> Verdict:
    """Called only once the statement itself has passed."""
    survivors = [name for name, candidate in wrong.items() if passes(candidate)]
    refused = [name for name, candidate in equivalent.items() if not passes(candidate)]
    rejected = tuple(name for name in wrong if name not in survivors)
    passed = tuple(name for name in equivalent if name not in refused)
    parts = [proved, note]
    if survivors:
        parts.append(f"But the check cannot tell it from: {'; '.join(survivors)}.")
    if refused:
        parts.append(f"But a version said to be equivalent fails: {'; '.join(refused)}.")
    parts.append(f"Rejected: {'; '.join(rejected)}." if rejected else "")
    parts.append(f"Also true: {'; '.join(passed)}." if passed else "")
    line = " ".join(part for part in parts if part)
    return Verdict(label, method, not (survivors or refused), line, rejected, passed).show()


def _failed(label: str, method: str, why: str) -> Verdict:
    line = f"{why} Its wrong versions were not tried: rejecting them would prove nothing."
    return Verdict(label, method, False, line).show()


def _require_label_and_teeth(label: str, wrong: Mapping[str, Any]) -> None:
    if not (isinstance(label, str) and label.startswith("eq:") and len(label) > 3):
        raise ValueError(
            f"label is {label!r}; it should be an equation's label such as 'eq:return'"
        )
    if not wrong:
        raise ValueError(f"{label} has no wrong version; a check must show what it rejects")


def _number(value: float, places: int = 4) -> str:
    return f"{value:.{places}f}".replace("-", "−")


def _at(case: Any) -> str:
    return "" if case == () else f" in case {case}"


def _count(cases: int, symbols: int) -> str:
    many = f" in all {cases} cases" if cases > 1 else ""
    free = f" for every value of its {symbols} free symbols" if symbols > 1 else ""
    return many + (", " if many and free else "") + free.strip(" " if many else "")
