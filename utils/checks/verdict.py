"""What one check of one labelled equation found, as fields; the words are made from the fields.

A check has teeth. Beside the statement it is given *wrong* versions of it, which the same procedure
must reject, and sometimes *equivalent* versions, which look wrong and must pass. A display of
several lines, or a vector, is several cases, and each case needs a wrong version that is rejected
*there*. Wrong versions count only if the statement itself holds: a procedure that refuses
everything proves nothing.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from html import escape
from typing import Any

MIME = "application/vnd.policy-gradient-book.verdict+json"
KINDS = ("definition", "identity", "inequality", "limit")
EVERY_CASE_NEEDS_A_TOOTH = True  # False only until the chapters have been brought over
GREEN, RED = "#00735a", "#b84c00"


@dataclass(frozen=True)
class Line:
    """One line of a display: how many cases (coordinates) it has, and where the teeth are.

    name      what the check calls the line; empty if the statement has one line
    cases     the number of cases in it
    bitten    the number of them in which at least one wrong version was rejected
    rejected  names of the wrong versions that were rejected in this line
    bare      the cases in which none was, in words
    excused   why the bare cases need none; empty if nothing excuses them
    """

    name: str
    cases: int
    bitten: int
    rejected: tuple[str, ...]
    bare: tuple[str, ...] = ()
    excused: str = ""

    @property
    def has_teeth(self) -> bool:
        """Whether each case has a tooth, or a reason to have none."""
        return not self.bare or bool(self.excused)


@dataclass(frozen=True)
class Scope:
    """How far a check reaches.

    world    sizes and policies ("2 states, 2 actions, any policy"), or the name of a world
    horizon  "T = 3", or empty where there is none
    cases    the number of cases decided; symbols: the number of free symbols in them
    words    anything else that limits the check ("three examples", "second line only")
    """

    world: str = ""
    horizon: str = ""
    cases: int = 1
    symbols: int = 0
    words: str = ""

    def __str__(self) -> str:
        return "; ".join(part for part in (self.world, self.horizon, self.words) if part)


@dataclass(frozen=True)
class Simulation:
    """The figures of a Monte Carlo check; the mean is the one of its clearest coordinate.

    A coordinate is resolved if its exact mean is more than 5 standard errors away from 0, or if a
    wrong version was told from the right one in it. The numbers are rounded as they are printed,
    so that a stored verdict is the same on every machine.
    """

    samples: int
    samples_are: str
    mean: float
    standard_error: float
    exact: float
    largest_deviation: float
    coordinates: int
    resolved: int


@dataclass(frozen=True)
class Verdict:
    """What one check of one labelled equation found.

    label       the equation's label
    kind        "definition", "identity", "inequality" or "limit"
    method      what decided it: "exact", "exact inequality", "exact on random MDPs",
                "random points" or "Monte Carlo"
    holds       whether the statement passed, every wrong version was rejected, every equivalent
                version passed, and every case has a tooth
    outcome     what was found of the statement itself, in words
    scope       how far the check reaches
    lines       where the teeth are
    of_display  the numbers of the display's lines that the check is about; empty if not stated
    rejected    names of the wrong versions that were rejected
    equivalent  names of the equivalent versions that passed
    survivors   names of the wrong versions that the check could not tell from the statement
    refused     names of the versions that were called equivalent and failed
    note        further words
    rests       what the check leaves to the proof alone
    simulation  the figures of a Monte Carlo check
    """

    label: str
    kind: str
    method: str
    holds: bool
    outcome: str
    scope: Scope = Scope()
    lines: tuple[Line, ...] = ()
    of_display: tuple[int, ...] = ()
    rejected: tuple[str, ...] = ()
    equivalent: tuple[str, ...] = ()
    survivors: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    note: str = ""
    rests: str = ""
    simulation: Simulation | None = None

    def bitten_lines(self, of: int) -> tuple[int, ...]:
        """The lines of a display of ``of`` lines in which this check has teeth.

        They are the lines that the check states. Where it states none, its named lines are those of
        the display if there are as many, and otherwise it is about the first line.
        """
        named = len(self.lines) == of and all(line.name for line in self.lines)
        numbers = self.of_display or (tuple(range(1, of + 1)) if named else (1,))
        if len(numbers) == len(self.lines):
            pairs = zip(numbers, self.lines, strict=True)
            return tuple(number for number, line in pairs if line.has_teeth)
        teeth = bool(self.lines) and all(line.has_teeth for line in self.lines)
        return numbers if teeth else ()

    @property
    def parts(self) -> tuple[str, ...]:
        """The verdict in words, one sentence or two each."""
        named = (
            ("But the check cannot tell it from: ", self.survivors, ""),
            ("But a version said to be equivalent fails: ", self.refused, ""),
            ("Rejected: ", self.rejected, self.teeth),
            ("Also true: ", self.equivalent, ""),
        )
        return tuple(
            part
            for part in (
                self.outcome,
                f"Scope: {self.scope}." if str(self.scope) else "",
                self.note,
                *(
                    f"{what}{'; '.join(names)}. {more}".strip()
                    for what, names, more in named
                    if names
                ),
                f"On the proof alone: {self.rests}." if self.rests else "",
            )
            if part
        )

    @property
    def line(self) -> str:
        """The verdict in words, without mark and label."""
        return " ".join(self.parts)

    @property
    def teeth(self) -> str:
        """In how many cases a wrong version was rejected; empty for a single case that has one."""
        cases, bitten = (sum(getattr(x, n) for x in self.lines) for n in ("cases", "bitten"))
        bare = [where for line in self.lines if not line.excused for where in line.bare]
        excused = [line for line in self.lines if line.excused]
        if cases == bitten:
            return f"At least one in each of {cases} cases." if cases > 1 else ""
        words = f"At least one in {bitten} of {cases} cases."
        if bare:
            more = f" and {len(bare) - 3} more" if len(bare) > 3 else ""
            words += f" But none in {'; '.join(bare[:3])}{more}."
        for line in excused:
            words += f" None is needed in {'; '.join(line.bare)}: {line.excused}."
        return words

    def __str__(self) -> str:
        return f"{'✓' if self.holds else '✗'} {self.label} {self.line}"

    def __repr__(self) -> str:
        return str(self)

    def as_html(self, number: str = "") -> str:
        """The verdict for a page. With its equation's number it reads "(1.7) ``eq:traj-score`` …".

        The colours stand in it, since JupyterLab does not have the book's style sheet. The link
        leads to the equation: jupyterlab-myst calls it ``eq-…``, the built book ``equation-eq-…``.
        """
        mood, colour, mark = ("holds", GREEN, "✓") if self.holds else ("fails", RED, "✗")
        anchor = re.sub(r"[^a-z0-9]+", "-", self.label.lower())  # as Sphinx does
        anchor = f"equation-{anchor}" if os.environ.get("BOOK_STATIC") else anchor
        name = f"<code>{escape(self.label)}</code>"
        link = f'<a href="#{anchor}">{f"({number})" if number else name}</a>'
        first, *others = map(escape, self.parts)
        small = "".join(f'<br><span class="verdict-teeth">{part}</span>' for part in others)
        return (
            f'<div class="verdict verdict-{mood}" style="border-left: 0.25rem solid {colour}">'
            f'<span class="verdict-mark" style="background: {colour}; color: #ffffff; '
            f'padding: 0 0.3em">{mark}</span> '
            f"{link}{f' {name}' if number else ''} {first}{small}</div>"
        )

    def as_facts(self) -> dict[str, Any]:
        """The fields that say something, ready for JSON."""
        return _facts(self)

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Verdict:
        """The verdict that ``as_facts`` wrote down."""
        inner: dict[str, Any] = {
            "scope": Scope(**facts.get("scope", {})),
            "lines": tuple(_read(Line, line) for line in facts.get("lines", ())),
        }
        if "simulation" in facts:
            inner["simulation"] = Simulation(**facts["simulation"])
        return _read(cls, {**facts, **inner})

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, Any]:
        return {"text/plain": str(self), "text/html": self.as_html(), MIME: self.as_facts()}

    def _ipython_display_(self) -> None:
        """Show nothing: the check showed its verdict when it ran, in a loop as in a last line."""

    def show(self) -> Verdict:
        """Print the line; in a notebook, publish it together with its machine-readable form."""
        ipython = sys.modules.get("IPython")  # a kernel has loaded it; it is not loaded for this
        if ipython is None or ipython.get_ipython() is None:
            print(self)
        else:
            ipython.display.publish_display_data(self._repr_mimebundle_())
        return self


def _facts(record: Any) -> dict[str, Any]:
    """The fields of a dataclass without those that have their default value."""
    found: dict[str, Any] = {}
    for field in fields(record):
        value = getattr(record, field.name)
        if value == field.default:
            continue
        if is_dataclass(value):
            value = _facts(value)
        elif isinstance(value, tuple):
            value = [_facts(entry) if is_dataclass(entry) else entry for entry in value]
        found[field.name] = value
    return found


def _read(kind: type, facts: Mapping[str, Any]) -> Any:
    return kind(**{n: tuple(v) if isinstance(v, list) else v for n, v in facts.items()})
