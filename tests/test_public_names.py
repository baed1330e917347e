"""What is public in `utils`: each name is tested, and documented in one dialect."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "utils").rglob("*.py"))
PUBLIC = (ast.FunctionDef, ast.ClassDef)
# Single backticks, a shape without spaces, a section with a rule below it, a label in plain text.
DIALECTS = {
    "code in single backticks": r"(?<!`)`[^`\n]+`(?!`)",
    "a shape without spaces": r"\[[A-Z0-9]+(?: ?[-+*] ?\d)?,\S",
    "a section of another style": r"^ *(?:Parameters|Returns|Raises|Notes|Args) *:?\n *(?:-{3,})?",
    "a label outside double backticks": r"(?<!``)\b(?:eq|lem|def|thm|prop):[a-zA-Z][\w-]*",
}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT / "utils").as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def public(body: list[ast.stmt]) -> list[ast.FunctionDef | ast.ClassDef]:
    return [node for node in body if isinstance(node, PUBLIC) and not node.name.startswith("_")]


def names_in(path: Path) -> set[str]:
    """Every name that a file uses, with the names it reaches by a dot or imports."""
    nodes = list(ast.walk(parsed(path)))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    names |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return names | {
        alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names
    }


def names_in_checks(notebook: Path) -> set[str]:
    """Every name that the check cells of a chapter use: nbval runs them and compares."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    checks = [c for c in cells if "nbval-check-output" in c["metadata"].get("tags", [])]
    nodes = [node for c in checks for node in ast.walk(ast.parse("".join(c["source"])))]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


TESTED = set().union(
    *map(names_in, (ROOT / "tests").rglob("*.py")),
    *map(names_in_checks, (ROOT / "book").glob("*.ipynb")),
)


def is_picture(node: ast.FunctionDef) -> bool:
    return any("picture" in ast.unparse(decorator) for decorator in node.decorator_list)


# What tests run as a whole: a picture, an explorer, a check, an exercise, a prediction, a learner.
# A function of such a room may be a part of the whole, used in the room itself.
WHOLES = ("figures", "explorer", "checks", "exercises", "predictions", "learning")
# These functions are exhibits: a reader is shown them as they would be found.
EXHIBITS = ROOT / "utils/learning/patients.py"


@cache
def parts_of(room: Path) -> set[str]:
    nodes = [node for path in room.glob("*.py") for node in ast.walk(parsed(path))]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_public_function_is_found_in_some_test(path):
    functions = [f for f in public(parsed(path).body) if isinstance(f, ast.FunctionDef)]
    known = TESTED | (parts_of(path.parent) if path.parent.name in WHOLES else set())
    assert [f.name for f in functions if f.name not in known and not is_picture(f)] == []


@pytest.mark.parametrize("path", [path for path in FILES if path != EXHIBITS], ids=name_of)
def test_docstrings_are_there_and_speak_one_dialect(path):
    module = parsed(path)
    documented: list[ast.AST] = [module]
    for node in public(module.body):
        documented.append(node)
        if isinstance(node, ast.ClassDef):
            documented += public(node.body)
    # A method that is documented in one class of a file says the same in the others.
    classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
    methods = [node for owner in classes for node in public(owner.body)]
    said = {node.name for node in methods if ast.get_docstring(node)}
    wrong = []
    for node in documented:
        name, text = getattr(node, "name", "the module"), ast.get_docstring(node)
        is_drawn = isinstance(node, ast.FunctionDef) and is_picture(node)
        if text is None and name not in said and not is_drawn:
            wrong.append(f"{name}: no docstring")
        wrong += [
            f"{name}: {what}: {found.group()!r}"
            for what, pattern in DIALECTS.items()
            for found in re.finditer(pattern, text or "", re.MULTILINE)
        ]
    assert wrong == []
