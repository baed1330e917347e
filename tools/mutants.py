"""Would the tests notice? Change `utils` in one place at a time and run the tests of the room.

`make mutants` draws places at random, the same ones for the same seed, as many as fit the time it
is given, in turn from each room. A mutant that no test of its room notices is a survivor: it is
printed with its change, to be killed by a test or to be explained in `mutants_explained/`.
The figures are looked at in other ways, and are left out.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from itertools import zip_longest
from math import sqrt
from multiprocessing import get_context
from pathlib import Path

from mutant_places import ROOMS, ROOT, Mutant, places
from warm_tests import run

COPIED = ("utils", "tests", "tools", "book", "benchmarks", "policy_gradient_book", "pyproject.toml")
PATIENCE = 300  # processor seconds for one file of tests as it stands
SLOWER, SLACK = 3, 10  # a mutant may take so many times as long, and so many seconds more

Z = 1.959964  # of a normal law, 95 % lies within so many standard deviations

copy: Path  # of the book, one for each worker
end: float  # of the time that is given


def begin(folder: str, until: float) -> None:
    """A worker makes itself a copy of the book."""
    global copy, end
    copy, end = Path(tempfile.mkdtemp(dir=folder)), until
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, copy / name, ignore=ignored)
        else:
            shutil.copy2(source, copy)


def measure(test: str) -> tuple[bool, float]:
    return run([test], copy, PATIENCE)


def attempt(task: tuple[Mutant, list[str], list[str], float]) -> tuple[Mutant, bool | None]:
    """Whether a test of the room fails with this one change; None if there is no time left."""
    mutant, nearest, others, limit = task
    if time.monotonic() > end:
        return mutant, None
    target = copy / mutant.file
    for compiled in target.parent.glob(f"__pycache__/{target.stem}.*"):
        compiled.unlink()
    target.write_text(mutant.source(), encoding="utf-8")
    survives = all(run(tests, copy, limit)[0] for tests in (nearest, others) if tests)
    shutil.copy2(ROOT / mutant.file, target)
    return mutant, not survives


def by_nearness(file: Path, costs: dict[str, float]) -> tuple[list[str], list[str], float]:
    """The tests of its room that name the changed module, the others, and a limit of seconds."""
    room = file.parts[1]
    own = sorted((test for test in costs if test.split("/")[1] == room), key=costs.get)
    name = re.compile(rf"\b{file.stem}\b")
    nearest = [test for test in own if name.search((ROOT / test).read_text(encoding="utf-8"))]
    others = [test for test in own if test not in nearest]
    return nearest, others, SLACK + SLOWER * sum(map(costs.get, own))


def draw(rooms: dict[str, list[Mutant]], seed: int) -> list[Mutant]:
    """The mutants in the order in which they are tried: one of each room in turn."""
    rng = random.Random(seed)
    for mutants in rooms.values():
        rng.shuffle(mutants)
    return [mutant for turn in zip_longest(*rooms.values()) for mutant in turn if mutant]


def wilson(part: int, whole: int) -> tuple[float, float]:
    """Wilson's interval for a probability, of which ``part`` of ``whole`` trials came true."""
    middle = (part + Z**2 / 2) / (whole + Z**2)
    half = Z / (whole + Z**2) * sqrt(part * (whole - part) / whole + Z**2 / 4)
    return middle - half, middle + half


def report(sizes: dict[str, int], results: dict[str, Counter]) -> str:
    """A row for each room, and the total, in which a room counts by its number of places."""
    lines = [f"{'room':12}{'places':>8}{'tried':>7}{'noticed':>9}{'explained':>11}  score"]
    tried = {room: result for room, result in results.items() if result}
    for room, result in tried.items():
        n, k = result.total(), result["noticed"]
        low, high = wilson(k, n)
        row = f"{room:12}{sizes[room]:8}{n:7}{k:9}{result['explained']:11}"
        lines.append(f"{row}  {k / n:.1%} ({low:.1%} to {high:.1%})")
    whole = sum(sizes[room] for room in tried)
    shares = {room: sizes[room] / whole for room in tried}
    scores = {room: result["noticed"] / result.total() for room, result in tried.items()}
    variance = sum(
        shares[room] ** 2 * scores[room] * (1 - scores[room]) / tried[room].total()
        for room in tried
    )
    total = sum(shares[room] * scores[room] for room in tried)
    lines.append(f"weighted by places: {total:.1%} ± {Z * sqrt(variance):.1%}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rooms", nargs="*", default=ROOMS, help="rooms of utils; all by default")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--file", help="only changes of this file of utils")
    arguments = parser.parse_args()
    until = time.monotonic() + 60 * arguments.minutes
    rooms = {room: places(room) for room in arguments.rooms}
    if arguments.file:
        rooms = {room: [m for m in rooms[room] if str(m.file) == arguments.file] for room in rooms}
    tests = [
        str(path.relative_to(ROOT))
        for room in arguments.rooms
        for path in sorted((ROOT / "tests" / room).glob("test_*.py"))
    ]
    results = {room: Counter() for room in rooms}
    context = get_context("fork")
    with (
        tempfile.TemporaryDirectory() as folder,
        context.Pool(arguments.workers, begin, (folder, until)) as pool,
    ):
        measured = dict(zip(tests, pool.map(measure, tests, chunksize=1), strict=True))
        if failing := [test for test, (passes, _) in measured.items() if not passes]:
            sys.exit(f"These fail without any change: {', '.join(failing)}")
        costs = {test: cost for test, (_, cost) in measured.items()}
        drawn = draw(rooms, arguments.seed)
        near = {file: by_nearness(file, costs) for file in {mutant.file for mutant in drawn}}
        tasks = ((mutant, *near[mutant.file]) for mutant in drawn)
        for mutant, noticed in pool.imap_unordered(attempt, tasks):
            if noticed is None:
                continue
            reason = "" if noticed else mutant.reason()
            verdict = "noticed" if noticed else "explained" if reason else "survives"
            results[mutant.room][verdict] += 1
            if not noticed:
                print(f"{verdict}: {mutant.file} {mutant.operator} {reason}", flush=True)
                print(mutant.change(), flush=True)
    print(report({room: len(mutants) for room, mutants in rooms.items()}, results))


if __name__ == "__main__":
    main()
