"""Would the tests notice? Change `utils` in one place at a time and run the tests of the room.

`make mutants` draws places at random, the same ones for the same seed, as many as fit the time it
is given, in turn from each room. A mutant that no test of its room notices is a survivor: it is
printed with its change, to be killed by a test or to be explained. Cosmic Ray makes the changes.
The figures are looked at in other ways, and are left out.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import unified_diff
from itertools import chain, zip_longest
from pathlib import Path
from queue import Queue

from cosmic_ray.ast import get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("common", "model", "symbolic", "exact", "sampling", "checks", "estimators", "continuous")
ROOMS += ("learning", "exercises")
COPIED = ("utils", "tests", "tools", "book", "benchmarks", "policy_gradient_book", "pyproject.toml")
# Unions of types, decorators, and two operators that want to be told a variable.
SKIPPED = ("BinaryOperator_BitOr", "Decorator", "Variable")
LONGEST = 300  # seconds of processor for one room; a mutant that loops for ever is noticed


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
        before = (ROOT / self.file).read_text(encoding="utf-8").splitlines()
        lines = unified_diff(before, self.source().splitlines(), lineterm="", n=0)
        return "\n".join(line for line in lines if line[:1] in "@+-" and line[:3] not in "+++---")


def places(room: str) -> list[Mutant]:
    """Every mutant of a room; a changed annotation is none, as it computes nothing."""
    found = []
    for path in sorted((ROOT / "utils" / room).glob("*.py")):
        tree = get_ast(path.read_text(encoding="utf-8"))
        for name in operator_names():
            if any(part in name for part in SKIPPED):
                continue
            operator = get_operator(name)()
            count = sum(len(list(operator.mutation_positions(node))) for node in nodes(tree))
            file = path.relative_to(ROOT)
            found += [Mutant(file, name, number) for number in range(count)]
    return found


def nodes(tree: object) -> list:
    return [tree, *chain.from_iterable(map(nodes, getattr(tree, "children", ())))]


def tests_pass(room: str, copy: Path) -> bool:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n0", "-p", "no:cacheprovider"]
    # The limit counts the time of the processor, so that a busy machine gives the same answer.
    limited = ["sh", "-c", f'ulimit -t {LONGEST}; exec "$@"', "sh", *command, f"tests/{room}"]
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    return not subprocess.run(limited, cwd=copy, env=environment, capture_output=True).returncode


def is_noticed(mutant: Mutant, copy: Path) -> bool:
    """Whether a test of the room fails in a copy of the book with this one change."""
    target = copy / mutant.file
    target.write_text(mutant.source(), encoding="utf-8")
    noticed = not tests_pass(mutant.room, copy)
    shutil.copy(ROOT / mutant.file, target)
    return noticed


def draw(rooms: list[str], seed: int) -> list[Mutant]:
    """The mutants in the order in which they are tried: one of each room in turn."""
    rng = random.Random(seed)
    every = [places(room) for room in rooms]
    for mutants in every:
        rng.shuffle(mutants)
    return [mutant for turn in zip_longest(*every) for mutant in turn if mutant]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rooms", nargs="*", default=ROOMS, help="rooms of utils; all by default")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    end = time.monotonic() + 60 * arguments.minutes
    tried: dict[str, list[bool]] = {room: [] for room in arguments.rooms}
    with tempfile.TemporaryDirectory() as folder:
        copies: Queue[Path] = Queue()
        for number in range(arguments.workers):
            copies.put(copy_of_the_book(Path(folder) / str(number)))
        for room in arguments.rooms:
            if not tests_pass(room, Path(folder) / "0"):
                sys.exit(f"The tests of {room} fail without any change: mend them first.")

        def attempt(mutant: Mutant) -> None:
            if time.monotonic() > end:
                return
            copy = copies.get()
            noticed = is_noticed(mutant, copy)
            copies.put(copy)
            tried[mutant.room].append(noticed)
            if not noticed:
                print(f"survives: {mutant.file} {mutant.operator}\n{mutant.change()}", flush=True)

        with ThreadPoolExecutor(arguments.workers) as pool:
            list(pool.map(attempt, draw(list(arguments.rooms), arguments.seed)))
    for room, results in tried.items():
        print(f"{room}: {sum(results)} of {len(results)} noticed")


def copy_of_the_book(target: Path) -> Path:
    target.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return target


if __name__ == "__main__":
    main()
