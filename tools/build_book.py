"""Build the HTML of the book, and only when something it is made of has changed.

`run_chapters` runs the notebooks that need it, side by side, while the other pages are read. The
pages are always written together: each carries the table of contents and the numbers of all others.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

try:
    import fcntl
except ImportError:  # native Windows
    sys.exit("On Windows, build the book inside WSL (`wsl --install`), where make and git are.")

import page_python
import policy
import portable
import wheel

ROOT = Path(__file__).resolve().parent.parent

# Everything a page is made of.
SOURCES = ("utils", "requirements.txt", "_config.yml", "_toc.yml", "book", "formal", "tools")
SOURCES += ("policy_gradient_book", "pyproject.toml", "README.md", "LICENSE")  # of the wheel
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


def environment(output: Path) -> dict[str, str]:
    """What a build sees of its surroundings: nothing of the person's own settings and caches.

    HOME may be missing or unwritable, and a style file or kernel found there would change pages.
    """
    own = output / ".own"
    own.mkdir(parents=True, exist_ok=True)
    folders = {
        "MPLCONFIGDIR": "matplotlib",
        "IPYTHONDIR": "ipython",
        "JUPYTER_CONFIG_DIR": "jupyter/config",
        "JUPYTER_DATA_DIR": "jupyter/data",
        "JUPYTER_RUNTIME_DIR": "jupyter/runtime",
        "XDG_CACHE_HOME": "cache",
    }
    for folder in folders.values():
        (own / folder).mkdir(parents=True, exist_ok=True)
    return (
        os.environ
        | {name: str(own / folder) for name, folder in folders.items()}
        | {
            "HOME": str(own),
            "BOOK_STATIC": "1",  # figures give their static face only
            "BOOK_READY": str(output / ".ready"),  # a page waits for the run of its chapter
            "JUPYTER_PREFER_ENV_PATH": "1",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONHASHSEED": "0",
            "OMP_NUM_THREADS": "1",  # sums in one order, whatever the number of cores
            "OPENBLAS_NUM_THREADS": "1",
        }
    )


def find_fonts(surroundings: dict[str, str]) -> None:
    """Let Matplotlib look for fonts once; its announcement would count as a warning of a page."""
    looked = Path(surroundings["MPLCONFIGDIR"]) / f"looked-{version('matplotlib')}"
    if not looked.exists():
        command = [sys.executable, "-c", "import matplotlib.font_manager"]
        subprocess.run(command, stderr=subprocess.DEVNULL, env=surroundings)
        looked.touch()


def run_and_write(output: Path, surroundings: dict[str, str]) -> None:
    """Run the chapters, and write the pages beside it: that of a chapter once its run is stored."""
    runner = [sys.executable, str(Path(__file__).with_name("run_chapters.py")), str(output)]
    writer = [sys.executable, str(Path(__file__).with_name("write_pages.py")), "build", str(ROOT)]
    writer += ["--path-output", str(output.parent), "-n", "-W", "--keep-going", "--all"]
    with subprocess.Popen(writer, cwd=ROOT, env=surroundings) as pages:
        if failed := subprocess.run(runner, cwd=ROOT, env=surroundings).returncode:
            pages.terminate()  # it would wait for ever for the chapter that failed
    if failed or pages.returncode:
        raise SystemExit("The book was NOT built: mend the warnings and errors above.")


def build(parent: Path = ROOT) -> Path:
    """Build into `parent`/_build/html; return the first page, or raise SystemExit."""
    output = parent / "_build"
    output.mkdir(parents=True, exist_ok=True)
    with open(output / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _build(output)


def _build(output: Path) -> Path:
    first_page, built_stamp = output / "html" / "index.html", output / ".built"
    everything = digest(SOURCES)
    if first_page.is_file() and built_stamp.is_file() and built_stamp.read_text() == everything:
        return first_page
    built_stamp.unlink(missing_ok=True)
    for leftover in ("html", "jupyter_execute", ".doctrees", ".ready"):
        shutil.rmtree(output / leftover, ignore_errors=True)

    surroundings = environment(output)
    find_fonts(surroundings)
    with ThreadPoolExecutor() as beside:
        if page_python.is_asked_for():
            beside.submit(page_python.make, page_python.store(output))
        run_and_write(output, surroundings)
    if not first_page.is_file():
        raise SystemExit(f"The book was NOT built: {first_page} is missing.")
    page_python.lay_into(output / "html", output)
    wheel.lay_into(output / "html")
    portable.lay_into(output / "html", ROOT / "book", output)
    shutil.copytree(ROOT / "tools/lite/start", output / "html/lite")
    (output / "html/_headers").write_text(policy.header_file(output / "html"))
    built_stamp.write_text(everything)
    return first_page


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--into", type=Path, default=ROOT, help="parent of the _build directory")
    arguments = parser.parse_args()
    print(f"The book is at {build(arguments.into.resolve()).as_uri()}")
