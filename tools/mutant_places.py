"""Where `utils` can be changed in one place, and which of these changes are known to be harmless.

Cosmic Ray makes the changes. What computes nothing is left alone: annotations and decorators.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from functools import cache
from pathlib import Path

from cosmic_ray.ast import get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).resolve().parent.parent
EXPLAINED = ROOT / "tools" / "mutants_explained"
ROOMS = ("common", "model", "symbolic", "exact", "sampling", "checks", "estimators", "continuous")
ROOMS += ("learning", "exercises")
SKIPPED = ("RemoveDecorator", "Variable")  # the last want to be told a variable


@dataclass(frozen=True)
class Mutant:
    """One change of one file: the ``occurrence``-th place where an operator applies."""

    file: Path
    operator: str
    occurrence: int

    @property
    def room(self) -> str:
        return self.file.parts[1]

    def source(self) -> str:
        text = (ROOT / self.file).read_text(encoding="utf-8")
        return mutate_code(text, get_operator(self.operator)(), self.occurrence) or text

    def change(self) -> str:
        """The changed lines as they were and as they became, with the number of the first."""
        before = (ROOT / self.file).read_text(encoding="utf-8").splitlines()
        lines = unified_diff(before, self.source().splitlines(), lineterm="", n=0)
        return "\n".join(line for line in lines if line[:1] in "@+-" and line[:3] not in "+++---")

    def reason(self) -> str:
        """Why no test needs to notice it, if somebody has said so; else nothing."""
        lines = self.change().splitlines()
        was = " ".join(line[1:].strip() for line in lines if line[0] == "-")
        becomes = " ".join(line[1:].strip() for line in lines if line[0] == "+")
        for entry in explained(self.room):
            if (self.file.name, was) == (entry["file"], entry["line"]) and (
                becomes in entry.get("becomes", ()) or self.operator in entry.get("operators", ())
            ):
                return entry["reason"]
        return ""


@cache
def explained(room: str) -> list[dict]:
    """The changes of a room that a test need not notice: file, line, what it becomes, reason."""
    table = EXPLAINED / f"{room}.toml"
    if not table.exists():
        return []
    return tomllib.loads(table.read_text(encoding="utf-8"))["explained"]


def places(room: str) -> list[Mutant]:
    """Every mutant of a room."""
    found = []
    names = [name for name in operator_names() if not any(part in name for part in SKIPPED)]
    operators = {name: get_operator(name)() for name in names}
    for path in sorted((ROOT / "utils" / room).glob("*.py")):
        nodes = list(walk(get_ast(path.read_text(encoding="utf-8"))))
        for name, operator in operators.items():
            each = (works for node, works in nodes for _ in operator.mutation_positions(node))
            file = path.relative_to(ROOT)
            found += [Mutant(file, name, number) for number, works in enumerate(each) if works]
    return found


def walk(node, works: bool = True) -> Iterator[tuple]:
    """The nodes in Cosmic Ray's order, each with whether it computes anything."""
    yield node, works
    before = None
    for child in getattr(node, "children", ()):
        is_annotation = before == "->" or (before == ":" and node.type in ("tfpdef", "annassign"))
        before = getattr(child, "value", None)
        yield from walk(child, works and not is_annotation and child.type != "decorator")
