"""Run the chapters that changed, side by side, into the store from which Jupyter Book takes them.

A chapter is run again when its code has changed, or a file of `utils` that it used when it ran, or
the pinned packages, or Python. What it used is read off the kernel at the end of the run, so that a
module loaded late counts too. Only a clean run is stored: a chapter that failed, or printed a
warning, is run again by the next build.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import leave_out  # noqa: F401

# isort: split
import nbformat
from jupyter_cache import get_cache
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

CELL_TIMEOUT = 300  # seconds
USED = """\
import json as _json, sys as _sys
print(_json.dumps(sorted(
    module.__file__ for name, module in _sys.modules.items()
    if name.split(".")[0] == "utils" and getattr(module, "__file__", None)
)))"""


class Failed(Exception):
    """A chapter that did not run cleanly; the text says where and why."""


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def code_of(notebook: dict) -> str:
    """A digest of the code cells, with their metadata: the store finds a run by these."""
    cells = [
        ("".join(cell["source"]), cell["metadata"])
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]
    return sha(json.dumps(cells, sort_keys=True).encode())


def with_data(modules: list[str], root: Path) -> dict[str, str]:
    """{file: digest} of the modules below ``root`` and of the data files beside them."""
    paths = [Path(name) for name in modules if Path(name).is_relative_to(root)]
    folders = {path.parent for path in paths}
    beside = [p for f in folders for p in f.iterdir() if p.is_file() and p.suffix != ".py"]
    return {p.relative_to(root).as_posix(): sha(p.read_bytes()) for p in sorted({*paths, *beside})}


def ground(root: Path) -> str:
    """A digest of what every chapter stands on: Python and the pinned packages."""
    return sha(sys.version.encode() + (root / "requirements.txt").read_bytes())


def is_fresh(chapter: Path, stamp: Path, root: Path) -> bool:
    """Whether the stored run of a chapter is still what a new run would give."""
    try:
        then = json.loads(stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    now = json.loads(chapter.read_text(encoding="utf-8"))
    if then["ground"] != ground(root) or then["code"] != code_of(now):
        return False
    files = {name: root / name for name in then["uses"]}
    if not all(path.is_file() for path in files.values()):
        return False
    modules = [str(path) for path in files.values() if path.suffix == ".py"]
    return with_data(modules, root) == then["uses"]


@contextmanager
def running(
    chapter: Path, order: Callable[[list[dict]], list[dict]] = list
) -> Iterator[NotebookClient]:
    """The kernel of a chapter after all of its cells have run; its outputs are in ``client.nb``.

    ``order`` says in which order they run. `Failed` if a cell raises or writes to stderr.
    """
    notebook = nbformat.read(chapter, as_version=4)
    cells, notebook.cells = notebook.cells, order(notebook.cells)
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        record_timing=False,  # it would become part of what a run is found by
        kernel_name="python3",
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        resources={"metadata": {"path": str(chapter.parent)}},
    )
    with client.setup_kernel():
        try:
            client.execute(cleanup_kc=False)  # the kernel lives on for the caller
        except CellExecutionError as error:
            raise Failed(f"{chapter.name}: {error}") from None
        notebook.cells = cells
        for number, cell in enumerate(notebook.cells):
            for output in cell.get("outputs", []):
                if output.get("name") == "stderr":
                    raise Failed(f"{chapter.name}, cell {number} warns: {output['text']}")
        yield client


def used_files(client: NotebookClient, root: Path) -> dict[str, str]:
    """{file: digest} of what the kernel has loaded from ``root``."""
    client.nb.cells.append(nbformat.v4.new_code_cell(USED))
    client.execute_cell(client.nb.cells[-1], len(client.nb.cells) - 1)
    return with_data(json.loads(client.nb.cells.pop().outputs[0].text), root)


def stamp_of(client: NotebookClient, chapter: Path, root: Path) -> dict:
    """What the run depends on: as long as this is the same, a new run would give the same."""
    code = code_of(json.loads(chapter.read_text(encoding="utf-8")))
    return {"ground": ground(root), "code": code, "uses": used_files(client, root)}


def executed_in(output: Path, chapter: Path) -> Path:
    """Where the run of a chapter is written."""
    (output / ".executed").mkdir(parents=True, exist_ok=True)
    return output / ".executed" / chapter.name


def stamp_in(output: Path, chapter: Path) -> Path:
    """Where it is written what that run depends on."""
    (output / ".chapters").mkdir(parents=True, exist_ok=True)
    return output / ".chapters" / f"{chapter.stem}.json"


def ready_in(output: Path, chapter: str) -> Path:
    """A file that is there once the page of a chapter can be written, in this build."""
    (output / ".ready").mkdir(parents=True, exist_ok=True)
    return output / ".ready" / chapter


def run(chapter: Path, executed: Path, root: Path) -> dict:
    """Run one chapter in its own folder, write it to ``executed``, and say what it used."""
    with running(chapter) as client:
        stamp = stamp_of(client, chapter, root)
        nbformat.write(client.nb, executed)
    return stamp


def attempt(chapter: Path, executed: Path, root: Path) -> dict | str:
    try:
        return run(chapter, executed, root)
    except Failed as failure:
        return str(failure)


def run_changed(root: Path, output: Path) -> list[str]:
    """Bring the store in ``output`` up to date; the texts of what failed, none if all is well."""
    chapters = sorted((root / "book").glob("*.ipynb"))
    stale = [c for c in chapters if not is_fresh(c, stamp_in(output, c), root)]
    for chapter in stale:
        stamp_in(output, chapter).unlink(missing_ok=True)
    for chapter in chapters:
        if chapter not in stale:
            ready_in(output, chapter.stem).touch()
    if not stale:
        return []
    workers = min(len(stale), os.cpu_count() or 1)
    print(f"Running {', '.join(c.stem for c in stale)}, {workers} at a time", flush=True)
    targets = [executed_in(output, c) for c in stale]
    failures = []
    with ProcessPoolExecutor(workers) as pool:
        results = pool.map(attempt, stale, targets, [root] * len(stale))
        for chapter, result in zip(stale, results, strict=True):
            if isinstance(result, str):
                failures.append(result)
            else:
                store(chapter, result, output)
                ready_in(output, chapter.stem).touch()
    return failures


def store(chapter: Path, stamp: dict, output: Path) -> None:
    """Hand a clean run, as written below ``output``, to the store of Jupyter Book."""
    cache = get_cache(output / ".jupyter_cache")
    cache.change_cache_limit(10_000)
    run_of_it = executed_in(output, chapter)
    cache.cache_notebook_file(run_of_it, uri=str(chapter), check_validity=False, overwrite=True)
    stamp_in(output, chapter).write_text(json.dumps(stamp), encoding="utf-8")


if __name__ == "__main__":
    problems = run_changed(Path(__file__).resolve().parent.parent, Path(sys.argv[1]))
    sys.exit("\n".join(problems) or 0)
