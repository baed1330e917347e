"""A downloaded chapter in anybody's folder: its first cell finds the book's own `utils`."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from test_notebooks import CHAPTERS, cells

ROOT = Path(__file__).resolve().parents[1]
FOREIGN = "raise SystemExit('the utils of somebody else')\n"


def first_cell(chapter: Path) -> str:
    return "".join(cells(chapter, "code")[0]["source"])


FIRST = first_cell(CHAPTERS[0])


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The wheel, unpacked as pip does it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(program: str, folder: Path, *places: Path) -> subprocess.CompletedProcess:
    """Run a program in a folder, as Jupyter does: what lies there comes first.

    Then come the ``places``, then the packages that the book needs, without the book's own tree.
    """
    (folder / "cell.py").write_text(program)
    packages = [*map(str, places), sysconfig.get_path("purelib")]
    return subprocess.run(
        [sys.executable, "-S", "cell.py"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(packages)},
        capture_output=True,
        text=True,
    )


USES = f"{FIRST}\nfrom utils.model.mdp import FiniteMDP\nprint(FiniteMDP.__module__)"


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_each_chapter_begins_with_the_same_cell(chapter):
    assert first_cell(chapter) == FIRST


def test_without_the_package_the_first_cell_says_what_is_missing_and_how_to_get_it(tmp_path):
    done = run(USES, tmp_path)
    assert done.returncode != 0
    assert "No module named 'policy_gradient_book'" in done.stderr
    assert 'two lines of the page "Run it yourself" install it' in done.stderr
    assert (ROOT / "book/run.md").read_text().startswith("# Run it yourself\n")


@pytest.mark.parametrize("file", ["", "utils.py", "utils/__init__.py", "utils/other.py"])
def test_a_chapter_finds_its_package_in_an_empty_folder_and_beside_another_utils(
    installed, tmp_path, file
):
    if file:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(FOREIGN)
    done = run(USES, tmp_path, installed)
    assert (done.returncode, done.stdout) == (0, "utils.model.mdp\n"), done.stderr


def test_a_chapter_finds_its_package_where_a_foreign_utils_is_installed(installed, tmp_path):
    foreign, folder = tmp_path / "foreign", tmp_path / "folder"
    (foreign / "utils").mkdir(parents=True)
    (foreign / "utils/__init__.py").write_text(FOREIGN)
    folder.mkdir()
    done = run(USES, folder, foreign, installed)
    assert (done.returncode, done.stdout) == (0, "utils.model.mdp\n"), done.stderr


def test_a_foreign_utils_that_was_imported_before_is_named(installed, tmp_path):
    (tmp_path / "utils.py").touch()
    done = run(f"import utils\n{FIRST}", tmp_path, installed)
    assert "another utils" in done.stderr and str(tmp_path / "utils.py") in done.stderr
    assert "restart the kernel" in done.stderr


def test_the_first_cell_may_run_twice_and_changes_nothing_in_the_tree_of_the_book(tmp_path):
    done = run(f"{USES}\n{FIRST}\n{USES}", tmp_path, ROOT)
    assert done.stdout == "utils.model.mdp\n" * 2, done.stderr


def test_pip_overwrites_no_utils_and_a_plain_import_still_works(installed, tmp_path):
    assert not (installed / "utils").exists() and not (installed / "utils.py").exists()
    plain = f"import site; site.addsitedir({str(installed)!r}); from utils import FiniteMDP"
    done = run(plain, tmp_path)
    assert done.returncode == 0, done.stderr
