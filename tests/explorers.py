"""Every `explore(...)` call of every chapter, read from the notebooks."""

from __future__ import annotations

import ast
import importlib
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from utils.explorer import Picture

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


def calls(path: Path):
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        for node in ast.walk(ast.parse("".join(cell["source"]))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "explore":
                yield node


def shown(call: ast.Call) -> Shown:
    module, name = call.args[0].value.id, call.args[0].attr
    options = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    picture = getattr(importlib.import_module(f"utils.figures.{module}"), name)
    return Shown(picture, options.pop("draws", 1), options)


EXPLORERS = [shown(call) for path in sorted(BOOK.glob("*.ipynb")) for call in calls(path)]
each_explorer = pytest.mark.parametrize("shown", EXPLORERS, ids=lambda s: s.picture.name)
