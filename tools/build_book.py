"""Build the HTML of the book, and only when something it is made of has changed.

Jupyter Book keeps the result of every notebook and asks only whether the notebook's own code has
changed. The notebooks also run the code in `utils/` under pinned packages, so this script empties
that store when either of them changes. The pages themselves are always written together: each
carries the table of contents and the numbers of all the others.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# What runs when a notebook runs, and everything else a page is made of.
CODE = ("utils", "requirements.txt")
PAGES = ("_config.yml", "_toc.yml", "book", "tools/build_book.py")
IGNORED = {"__pycache__", ".ipynb_checkpoints", "_build"}


def files_under(names: Iterable[str]) -> list[Path]:
    found = []
    for name in names:
        path = ROOT / name
        found += [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    return sorted(p for p in found if not IGNORED & set(p.relative_to(ROOT).parts))


def digest(names: Iterable[str]) -> str:
    total = hashlib.sha256(sys.version.encode())
    for path in files_under(names):
        total.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def stored(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def build(parent: Path = ROOT) -> Path:
    """Build into `parent`/_build/html; return the first page, or raise SystemExit."""
    output = parent / "_build"
    output.mkdir(parents=True, exist_ok=True)
    with open(output / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _build(output)


def _build(output: Path) -> Path:
    first_page = output / "html" / "index.html"
    code_stamp, built_stamp = output / ".code", output / ".built"
    code, everything = digest(CODE), digest(CODE + PAGES)
    if first_page.is_file() and stored(built_stamp) == everything:
        return first_page

    built_stamp.unlink(missing_ok=True)
    if stored(code_stamp) != code:
        shutil.rmtree(output / ".jupyter_cache", ignore_errors=True)
        code_stamp.write_text(code)
    for leftover in ("html", "jupyter_execute", ".doctrees"):
        shutil.rmtree(output / leftover, ignore_errors=True)

    command = [str(Path(sys.executable).parent / "jupyter-book"), "build", str(ROOT)]
    command += ["--path-output", str(output.parent), "-n", "-W", "--keep-going", "--all"]
    environment = os.environ | {
        "BOOK_STATIC": "1",  # figures give their static face only
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",  # sums in one order, whatever the number of cores
        "OPENBLAS_NUM_THREADS": "1",
    }
    # Matplotlib may announce its first look for fonts; that would count as a warning of a page.
    subprocess.run(
        [sys.executable, "-c", "import matplotlib.font_manager"], stderr=subprocess.DEVNULL
    )
    status = subprocess.run(command, cwd=ROOT, env=environment).returncode
    if status or not first_page.is_file():
        raise SystemExit("The book was NOT built: mend the warnings and errors above.")
    built_stamp.write_text(everything)
    return first_page


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--into", type=Path, default=ROOT, help="parent of the _build directory")
    arguments = parser.parse_args()
    print(f"The book is at {build(arguments.into.resolve()).as_uri()}")
