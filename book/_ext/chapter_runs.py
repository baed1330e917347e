"""The page of a chapter waits for its run; the other pages are read meanwhile.

`tools/run_chapters.py` runs the chapters beside this build, and leaves a file for each that is done
in the folder that BOOK_READY names. Without that name nothing runs, and nothing waits.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

LOOK_AGAIN = 0.05  # seconds


def is_run(env: BuildEnvironment, name: str) -> bool:
    return Path(env.doc2path(name)).suffix == ".ipynb"


def read_chapters_last(app: Sphinx, env: BuildEnvironment, names: list[str]) -> None:
    names.sort(key=lambda name: (is_run(env, name), name))


def wait_for_run(app: Sphinx, name: str, source: list[str]) -> None:
    if (folder := os.environ.get("BOOK_READY")) and is_run(app.env, name):
        ready = Path(folder) / Path(name).name
        while not ready.exists():
            time.sleep(LOOK_AGAIN)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("env-before-read-docs", read_chapters_last, priority=900)
    app.connect("source-read", wait_for_run)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
