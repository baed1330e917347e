"""Build the book on plain Sphinx, the newest, and hold its pages to those of Jupyter Book.

Jupyter Book 1.x holds Sphinx below 8 and is only maintained. This takes the configuration that it
makes of `_config.yml` and `_toc.yml` and leaves Jupyter Book itself out. The newest Sphinx and
theme (`requirements/ahead.in`) read the same sources with the stored runs of the chapters. What the
two books say and number must be the same (`same_book`). No notebook runs.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from pprint import pformat

import leave_out  # noqa: F401

# isort: split
import build_book
from jupyter_book.config import get_final_config

sys.path.append(str(build_book.ROOT / "book/_ext"))
from same_book import compare

ROOT = build_book.ROOT
LEFT_OUT = {"jupyter_book", "sphinx_jupyterbook_latex"}
THEIR_SETTINGS = {"use_jupyterbook_latex", "use_multitoc_numbering", "latex_engine"}
# Paths that Sphinx would count from the folder of conf.py.
FROM_THE_ROOT = ("html_logo", "html_favicon", "html_static_path", "bibtex_bibfiles")

CONF = '''\
"""Made by tools/build_ahead.py from _config.yml and _toc.yml."""

import sys

from myst_nb.core.execute import cache

sys.path[:0] = {paths!r}


def refuse(*arguments, **options):
    raise RuntimeError("the stored run of a chapter was not found, and none is to run here")


cache.single_nb_execution = refuse
globals().update({settings})
'''


def from_root(value: str | list[str]) -> str | list[str]:
    return [from_root(one) for one in value] if isinstance(value, list) else str(ROOT / value)


def plain(settings: dict, store: Path) -> dict:
    """The settings of Jupyter Book as Sphinx takes them from a conf.py that lies elsewhere."""
    kept = {name: value for name, value in settings.items() if name not in THEIR_SETTINGS}
    kept["extensions"] = [name for name in kept["extensions"] if name not in LEFT_OUT]
    kept["nb_execution_cache_path"] = str(store)
    return kept | {name: from_root(kept[name]) for name in FROM_THE_ROOT}


def write_conf(folder: Path, store: Path) -> None:
    settings, _ = get_final_config(
        user_yaml=ROOT / "_config.yml",
        sourcedir=ROOT,
        cli_config={"latex_individualpages": False},
    )
    paths = [str(ROOT / "book/_ext"), str(ROOT)]
    folder.mkdir(parents=True, exist_ok=True)
    text = CONF.format(paths=paths, settings=pformat(plain(settings, store)))
    (folder / "conf.py").write_text(text, encoding="utf-8")


def build(python: Path, output: Path) -> Path:
    """Build with the Sphinx of this Python; return the folder of the pages."""
    ahead = output / "ahead"
    for leftover in ("html", "jupyter_execute", ".doctrees"):
        shutil.rmtree(ahead / leftover, ignore_errors=True)
    write_conf(ahead / "conf", output / ".jupyter_cache")
    surroundings = build_book.environment(ahead)
    del surroundings["BOOK_READY"]  # the chapters have run
    command = [str(python), "-m", "sphinx", "-b", "html", "-n", "-W", "-q", "-E", "-a"]
    command += ["-c", str(ahead / "conf"), "-d", str(ahead / ".doctrees")]
    command += [str(ROOT), str(ahead / "html")]
    if subprocess.run(command, cwd=ROOT, env=surroundings).returncode:
        raise SystemExit("Plain Sphinx did NOT build the book: see the warnings above.")
    return ahead / "html"


def report(differing: dict[str, list[str]]) -> str:
    return "\n".join(f"{page}\n  " + "\n  ".join(lines) for page, lines in differing.items())


if __name__ == "__main__":
    output = ROOT / "_build"
    pages = build(Path(sys.argv[1]), output)
    if differing := compare(output / "html", pages):
        print(report(differing))
        sys.exit(f"Pages that differ on plain Sphinx: {len(differing)} (- missing, + instead).")
    first_page = (pages / "index.html").as_uri()
    print(f"Plain Sphinx says and numbers the same on every page: {first_page}")
