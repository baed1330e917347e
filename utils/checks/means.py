"""The check of an expectation by simulation, on the scale of the exact standard deviation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from utils.checks import claims
from utils.checks.claims import About
from utils.checks.verdict import Simulation, Verdict

Law = tuple[np.ndarray, np.ndarray, np.ndarray]  # rows [N,K], means [K], deviations [K]
Z_ALARM = 5.0  # a correct Monte Carlo estimate is refused with probability 5.7e-7 a coordinate
Z_MISS = 4.0  # a wrong one must miss the limit by four of its own standard errors


def check_mean(
    label: str,
    samples: Any,
    mean: Any,
    standard_deviation: Any,
    wrong: Mapping[str, Any],
    where: str,
    rows_are: str = "trajectories",
    note: str = "",
    **about: Unpack[About],
) -> Verdict:
    """Compare Monte Carlo with the exact mean, on the scale of the exact standard deviation.

    samples             [N] or [N, K], independent rows, one a trajectory unless ``rows_are`` says
                        otherwise; or {line: such rows}
    mean                scalar or [K], exact; {line: ...} if the samples are
    standard_deviation  scalar or [K], exact, of one row; {line: ...} if the samples are
    wrong               {name: rows of a wrong estimator, or {line: rows}}, shape as ``samples``
    where               the MDP the samples come from
    rows_are            what one row is, in the plural
    The statement passes if every coordinate of the sample mean lies within 5 exact standard errors
    sd/sqrt(N) of the exact mean (false alarm 5.7e-7 a coordinate). A coordinate with sd = 0 must
    agree to rounding. A wrong version must fail, and by a clear margin:
    N >= ((5 sd + 4 sd_wrong)/bias)^2 in some coordinate, or ValueError says which N it takes.
    A coordinate is resolved if its exact mean is further than 5 standard errors from 0, or if a
    wrong version fails in it. The verdict says how many are. If no coordinate with a mean other
    than 0 is further than 5 standard errors from 0, the check cannot tell the mean from 0, and says
    so. Each line of a display needs a coordinate in which a wrong version fails. Further arguments
    as for ``without_sampling.check``.
    """
    statement = claims.claim(label, "Monte Carlo", wrong, note, about, world=where)
    lines = claims.lines_of(samples)
    law = {
        name: _rows_and_law(*_of_line(name, samples, mean, standard_deviation)) for name in lines
    }
    cases, rows, exact, sd = _side_by_side(law)
    n = len(rows)
    z = _z_scores(rows, exact, sd)
    if not z.max() <= Z_ALARM:
        k = int(z.argmax())
        found = f"{rows[:, k].mean():.4g} against the exact {exact[k]:.4g}"
        return statement.failed(f"disagrees: {found} is {z[k]:.1f} standard errors.")
    bites = {
        name: _bitten(name, bad, law, samples, f"{n} {rows_are}") for name, bad in wrong.items()
    }
    bitten = set().union(*bites.values())
    away = np.abs(exact) * np.sqrt(n) > Z_ALARM * sd
    resolved = sum(bool(far) or case in bitten for far, case in zip(away, cases, strict=True))
    clear = np.where(sd > 0, np.abs(exact) / np.where(sd > 0, sd, 1.0), -1.0)
    k = int(clear.argmax())  # the clearest coordinate
    error = sd[k] / np.sqrt(n)
    places = 4 if error == 0 else max(4, math.ceil(-math.log10(2 * error)))  # a digit of the error
    figures = Simulation(
        samples=n,
        samples_are=rows_are,
        mean=round(float(rows[:, k].mean()), places),
        standard_error=round(float(error), places),
        exact=round(float(exact[k]), places),
        largest_deviation=round(float(z.max()), 1),
        coordinates=len(exact),
        resolved=resolved,
    )
    weak = exact.any() and not (away & (exact != 0)).any()
    return statement.judged(
        _in_words(figures, places),
        cases,
        bites,
        a_line_needs_one=True,
        simulation=figures,
        too_weak=f"But {n} {rows_are} do not tell the mean from 0." if weak else "",
    )


def _in_words(figures: Simulation, places: int) -> str:
    count = f"{figures.samples:,}".replace(",", "\u202f")
    many = figures.coordinates > 1
    return (
        f"agrees with a simulation: {count} {figures.samples_are} give "
        f"{_number(figures.mean, places)} ± {figures.standard_error:.{places}f}, "
        f"exact {_number(figures.exact, places)}"
        f"{f'; largest of {figures.coordinates} deviations' if many else '; deviation'} "
        f"{figures.largest_deviation:.1f} standard errors, 5 allowed"
        f"{f'; {figures.resolved} of {figures.coordinates} coordinates resolved' if many else ''}."
    )


def _of_line(name: str, *values: Any) -> list[Any]:
    """The entry of one line in each value; a value that is no mapping serves all lines."""
    return [value[name] if isinstance(value, Mapping) else value for value in values]


def _side_by_side(law: Mapping[str, Law]) -> tuple[list[claims.Case], *Law]:
    """The columns of all lines beside each other: their cases, rows, means, deviations."""
    cases = [case for name, (_, exact, _) in law.items() for case in _cases(name, len(exact))]
    sizes = {name: len(rows) for name, (rows, _, _) in law.items()}
    if len(set(sizes.values())) > 1:
        raise ValueError(f"the lines have {sizes} rows; they should have as many")
    rows, exact, sd = (np.concatenate(part, axis=-1) for part in zip(*law.values(), strict=True))
    return cases, rows, exact, sd


def _cases(line: str, n: int) -> list[claims.Case]:
    return [(line, k if n > 1 else ()) for k in range(n)]


def _bitten(
    name: str, bad: Any, law: Mapping[str, Law], samples: Any, rows: str
) -> set[claims.Case]:
    """The cases in which a wrong version fails. ValueError if that may be chance."""
    named = isinstance(samples, Mapping)
    parts = claims.lines_of(bad) if named else {"": bad}
    for line in parts.keys() - law.keys():
        raise ValueError(f"the wrong version “{name}” names line {line!r}, which has no samples")
    found: set[claims.Case] = set()
    needed, n = np.inf, 0
    for line, part in parts.items():
        bad_rows, exact, sd = _rows_and_law(part, *law[line][1:])
        z = _z_scores(bad_rows, exact, sd)
        bias = np.abs(bad_rows.mean(axis=0) - exact)
        spread = Z_ALARM * sd + Z_MISS * bad_rows.std(axis=0, ddof=1)
        with np.errstate(divide="ignore"):
            each = np.where(bias > 0, (spread / np.where(bias > 0, bias, 1)) ** 2, np.inf)
        needed, n = min(needed, each.min()), len(law[line][0])
        found |= {
            case for case, far in zip(_cases(line, len(exact)), z, strict=True) if far > Z_ALARM
        }
    if found and n < needed:
        raise ValueError(
            f"{rows} may miss the wrong version “{name}”; take at least {int(np.ceil(needed))}"
        )
    return found


def _rows_and_law(samples: Any, mean: Any, sd: Any) -> Law:
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


def _number(value: float, places: int = 4) -> str:
    return f"{value:.{places}f}".replace("-", "−")
