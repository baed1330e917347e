"""What a check is told about its statement, how its cases are named, and how it is judged."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypedDict

import numpy as np

from utils.checks import decide, verdict
from utils.checks.verdict import KINDS, Line, Scope, Simulation, Verdict

Case = tuple[str, Hashable]  # (name of the line, place in it)


@dataclass(frozen=True)
class Claim:
    """What the reader is told about the statement beside the verdict itself; see ``check``."""

    label: str
    method: str
    kind: str = "identity"
    scope: Scope = Scope()
    lines: tuple[int, ...] = ()
    excused: Mapping[Any, str] = field(default_factory=dict)
    note: str = ""
    rests: str = ""

    def failed(self, why: str) -> Verdict:
        """The verdict on a statement that is false."""
        outcome = f"{why} Its wrong versions were not tried: rejecting them would prove nothing."
        return Verdict(
            self.label, self.kind, self.method, False, outcome, self.scope, of_display=self.lines
        ).show()

    def judged(
        self,
        outcome: str,
        cases: Iterable[Case],
        bites: Mapping[str, set[Case]],
        passes: Mapping[str, bool] | None = None,
        a_line_needs_one: bool = False,
        simulation: Simulation | None = None,
        too_weak: str = "",
    ) -> Verdict:
        """The verdict on a statement that has passed.

        bites             {wrong version: the cases in which it was rejected}
        passes            {equivalent version: whether it passed}
        a_line_needs_one  whether one case with a tooth is enough for a whole line
        too_weak          why the check says nothing, if it does not
        """
        by_line: dict[str, list[Case]] = {}
        for case in cases:
            by_line.setdefault(case[0], []).append(case)
        lines = tuple(self._line(*item, bites, a_line_needs_one) for item in by_line.items())
        survivors = tuple(name for name, where in bites.items() if not where)
        refused = tuple(name for name, passed in (passes or {}).items() if not passed)
        toothless = not all(line.has_teeth for line in lines) or bool(too_weak)
        return Verdict(
            self.label,
            self.kind,
            self.method,
            not (survivors or refused or (toothless and verdict.EVERY_CASE_NEEDS_A_TOOTH)),
            f"{outcome} {too_weak}".strip(),
            replace(self.scope, cases=sum(line.cases for line in lines)),
            lines,
            self.lines,
            tuple(name for name, where in bites.items() if where),
            tuple(name for name, passed in (passes or {}).items() if passed),
            survivors,
            refused,
            self.note,
            self.rests,
            simulation,
        ).show()

    def _line(
        self, name: str, cases: list[Case], bites: Mapping[str, set[Case]], one_is_enough: bool
    ) -> Line:
        bitten = set().union(*bites.values())
        bare = [case for case in cases if case not in bitten]
        rejected = tuple(wrong for wrong, where in bites.items() if where & set(cases))
        done = len(cases) - len(bare)
        if one_is_enough and done:
            return Line(name, len(cases), done, rejected)
        open_cases = [case for case in bare if not self._excuse(case)]
        reasons = dict.fromkeys(map(self._excuse, bare))
        return Line(
            name,
            len(cases),
            done,
            rejected,
            tuple(map(in_words, open_cases or bare)),
            "" if open_cases else "; ".join(reasons),
        )

    def _excuse(self, case: Case) -> str:
        for where in (case, case[1], case[0]):
            if isinstance(where, Hashable) and _plain(where) != () and where in self.excused:
                return self.excused[where]
        return ""


class About(TypedDict, total=False):
    """What a check is told about its statement; see ``without_sampling.check``."""

    kind: str
    scope: str
    horizon: int | str
    lines: int | tuple[int, ...]
    excused: Mapping[Any, str]
    rests_on_proof: str


def claim(
    label: str,
    method: str,
    wrong: Mapping[str, Any],
    note: str,
    about: About,
    kind: str = "identity",
    world: str = "",
    symbols: int = 0,
) -> Claim:
    """The claim with the arguments that all checks share; ``kind`` if ``about`` states none.

    ValueError for an unknown kind, a label that is none, or no wrong version at all; TypeError for
    an argument that no check takes.
    """
    if not (isinstance(label, str) and label.startswith("eq:") and len(label) > 3):
        raise ValueError(
            f"label is {label!r}; it should be an equation's label such as 'eq:return'"
        )
    if not wrong:
        raise ValueError(f"{label} has no wrong version; a check must show what it rejects")
    for name in about.keys() - About.__annotations__.keys():
        raise TypeError(
            f"a check takes no {name!r}; beside its own arguments it takes "
            f"{', '.join(About.__annotations__)}"
        )
    kind = about.get("kind", kind)
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}; it should be one of {', '.join(KINDS)}")
    horizon, lines = about.get("horizon", ""), about.get("lines", ())
    scope = Scope(
        world,
        f"T = {horizon}" if isinstance(horizon, int) else horizon,
        symbols=symbols,
        words=about.get("scope", ""),
    )
    numbers = tuple(range(1, lines + 1)) if isinstance(lines, int) else tuple(lines)
    rests = about.get("rests_on_proof", "")
    return Claim(label, method, kind, scope, numbers, about.get("excused", {}), note, rests)


def lines_of(value: Any) -> dict[str, Any]:
    """{line: its cases}: a mapping whose keys are words names the lines of a display."""
    if isinstance(value, Mapping) and value and all(isinstance(key, str) for key in value):
        return dict(value)
    return {"": value}


def paired(left: Any, right: Any) -> dict[Case, tuple[Any, Any]]:
    """{(line, case): (left, right)}; a single value serves every case that the other side has.

    ValueError names the first line or case that only one side has.
    """
    lefts, rights = lines_of(left), lines_of(right)
    if lefts.keys() != rights.keys():
        lefts = _spread(lefts, rights)
        rights = _spread(rights, lefts)
    for name in lefts.keys() ^ rights.keys():
        side = "left" if name in lefts else "right"
        raise ValueError(f"line {name or '1'} stands on the {side} side only; both sides need it")
    return {
        (name, case): pair
        for name in lefts
        for case, pair in decide.paired_cases(lefts[name], rights[name]).items()
    }


def _spread(side: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    alone = set(side) == {""} and set(decide.as_cases(side[""])) == {()}
    return dict.fromkeys(other, side[""]) if alone else side


def paired_with_wrong(left: Any, right: Any, candidate: Any) -> dict[Case, tuple[Any, Any]]:
    """The cases of left = candidate that a wrong version changes.

    A candidate is a whole right side, or a mapping of some of its lines or cases, which leaves the
    others as they are. ValueError if it names one that the statement does not have.
    """
    known = paired(left, right)
    names = {name for name, _ in known}
    by_case = names == {""} and {place for _, place in known} >= set(decide.as_cases(candidate))
    if not isinstance(candidate, Mapping) or (names == {""} and not by_case):
        return paired(left, candidate)
    parts = dict(candidate) if names != {""} else {"": candidate}
    for name in parts.keys() - names:
        raise ValueError(f"a wrong version names line {name!r}, which the statement does not have")
    pairs = {}
    for name, part in parts.items():
        lefts = {place: a for (line, place), (a, _) in known.items() if line == name}
        if isinstance(part, Mapping) and part.keys() <= lefts.keys():
            lefts = {place: lefts[place] for place in part}
        for place, pair in decide.paired_cases(lefts, part).items():
            pairs[name, place] = pair
    return pairs


def differing(pairs: Mapping[Case, tuple[Any, Any]], same: Callable[[Any, Any], bool]) -> set[Case]:
    """The cases in which two sides differ. ``Undecided`` only if no case is known to differ."""
    found, open_question = set(), None
    for case, (left, right) in pairs.items():
        try:
            if left is not right and not same(left, right):
                found.add(case)
        except decide.Undecided as undecided:
            open_question = undecided
    if not found and open_question is not None:
        raise open_question
    return found


def bites(
    left: Any, right: Any, versions: Mapping[str, Any], holds: Callable[[Any, Any], bool]
) -> dict[str, set[Case]]:
    """{name: the cases in which ``left`` and that version of the right side do not agree}."""
    return {
        name: differing(paired_with_wrong(left, right, version), holds)
        for name, version in versions.items()
    }


def in_words(case: Case) -> str:
    """ "line V, case 3"."""
    name, place = _plain(case)
    if isinstance(place, tuple) and len(place) == 1:
        place = place[0]
    where = "" if place == () else f"case {place}"
    line = f"line {name}" if name else ""
    return ", ".join(part for part in (line, where) if part) or "the statement"


def at(case: Case) -> str:
    """ " in line V, case 3", or nothing where there is one case."""
    return "" if _plain(case) == ("", ()) else f" in {in_words(case)}"


def _plain(place: Any) -> Any:
    """Without the type of a NumPy integer, which compares itself with () entry by entry."""
    if isinstance(place, tuple):
        return tuple(map(_plain, place))
    return place.item() if isinstance(place, np.generic) else place
