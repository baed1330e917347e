"""Every `explore(...)` call of every chapter, read from the notebooks."""

from __future__ import annotations

import ast
import importlib
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from utils.explorer import Picture
from utils.figures import ideas, worlds

BOOK = Path(__file__).resolve().parents[1] / "book"


@dataclass(frozen=True)
class Shown:
    """One explorer as its chapter calls it."""

    picture: Picture
    draws: int
    values: dict[str, list[float]]

    def corner(self, index: int) -> dict[str, float]:
        """The first (0) or the last (-1) value of each slider."""
        return {name: values[index] for name, values in self.values.items()}


def statements(path: Path) -> list[ast.AST]:
    """Every node of the code of a chapter."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return [node for text in code for node in ast.walk(ast.parse(text))]


def explorers(path: Path):
    nodes = statements(path)
    modules = {
        alias.asname or alias.name: alias.name
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module == "utils.figures"
        for alias in node.names
    }
    for node in nodes:
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "explore":
            module = importlib.import_module(f"utils.figures.{modules[node.args[0].value.id]}")
            options = {keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords}
            picture = getattr(module, node.args[0].attr)
            yield Shown(picture, options.pop("draws", 1), options)


EXPLORERS = [shown for path in sorted(BOOK.glob("*.ipynb")) for shown in explorers(path)]

# Pictures that no chapter needs to show; they keep the same rules.
GAMMAS = [0, 0.3, 0.5, 0.7, 0.9]
SHELF = [
    Shown(ideas.pairs, 1, {"form": [0, 1, 2]}),
    Shown(ideas.shrinking_rewards, 1, {"gamma": [0.5, 0.7, 0.8, 0.9], "horizon": [5, 10, 20]}),
    Shown(ideas.backups, 1, {"gamma": GAMMAS}),
    Shown(ideas.tower, 1, {"averaged": [0, 1, 2, 3], "gamma": GAMMAS}),
    Shown(ideas.stacked_visits, 1, {"gamma": GAMMAS}),
    *(Shown(world, 1, {}) for world in worlds.WORLDS),
]
NAMES = {shown.picture.name for shown in EXPLORERS}
ALL = EXPLORERS + [shown for shown in SHELF if shown.picture.name not in NAMES]
each_explorer = pytest.mark.parametrize("shown", ALL, ids=lambda s: s.picture.name, scope="module")
