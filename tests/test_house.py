"""The floor plan of `utils`: a folder imports only from folders below its own."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = (
    {"common"},
    {"model", "symbolic", "explorer"},
    {"exact", "sampling", "checks"},
    {"estimators"},
    {"continuous", "learning"},
    {"figures", "exercises", "predictions"},
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
FILES = sorted((ROOT / "utils").rglob("*.py"))


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path) for path in FILES}


def imports(path: Path) -> set[str]:
    """The modules of `utils` that a file imports, wherever in the file it does."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names} & MODULES
            found |= inner if inner else {node.module}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.split(".")[0] == "utils"}


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def test_nothing_stands_outside_a_room_but_the_public_face_and_the_face_for_chapters():
    assert {path.name for path in (ROOT / "utils").glob("*.py")} == {"__init__.py", "notebook.py"}
    rooms = {path.name for path in (ROOT / "utils").iterdir() if path.is_dir()}
    assert rooms - {"__pycache__"} == set(FLOOR)


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path.parent.name in FLOOR],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_a_file_imports_only_from_its_own_room_and_from_rooms_below(path):
    own = path.parent.name
    for module in imports(path):
        assert room_of(module) == own or FLOOR.get(room_of(module), 9) < FLOOR[own], module


def test_no_files_import_each_other_in_a_circle():
    tuple(TopologicalSorter({module_of(path): imports(path) for path in FILES}).static_order())


def test_the_public_face_loads_neither_sympy_nor_scipy_nor_matplotlib():
    heavy = "{'sympy', 'scipy', 'matplotlib', 'IPython'} & set(sys.modules)"
    program = f"import sys, utils; sys.exit(str({heavy}) if {heavy} else 0)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
