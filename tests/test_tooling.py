"""The commands themselves: what they refuse, what they rebuild, what they write."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import browser
import build_book
import check_links
import page_python
import pytest
import tidy
import yaml

from utils.checks.verdict import MIME, Line, Verdict

ROOT = Path(__file__).resolve().parents[1]
CODE = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
TAGS = ["keep_output", "nbval-check-output"]


def markdown(*lines: str) -> dict:
    return {"cell_type": "markdown", "metadata": {}, "source": "\n".join(lines)}


def code(*lines: str) -> dict:
    return CODE | {"source": "\n".join(lines), "outputs": []}


def verdict(label: str, holds: bool = True, rejected: tuple[str, ...] = ("no sign",)) -> dict:
    lines = (Line("", 1, len(rejected[:1]), rejected),)
    one = Verdict(label, "identity", "exact", holds, "It holds.", lines=lines, rejected=rejected)
    bundle = {"text/plain": label, MIME: one.as_facts()}
    return code("from IPython.display import display", f"display({bundle!r}, raw=True)")


def equation(name: str) -> dict:
    return markdown(f"$$x = x$$ (eq:{name})")


def theorem(name: str, other: str) -> dict:
    reference = f"It follows from {{prf:ref}}`thm:{other}`."
    return markdown(f":::{{prf:theorem}} {name}", f":label: thm:{name}", "", reference, ":::")


TITLE = markdown("# A chapter", "", "## Its statement")
CHECKED = [TITLE, equation("same"), verdict("eq:same")]
PLOT = code("import matplotlib.pyplot as plt", "_ = plt.figure()")  # it looks for a cache of fonts


@pytest.fixture
def small_book(tmp_path):
    """A book of one chapter under the real configuration: `small_book(*cells)` builds it.

    Its path has a space and letters beyond ASCII, and HOME is a file: nothing can be written below
    it. Keywords change the environment; INTO is the folder to build into, if it is not the book's
    own. `small_book.run()` runs the chapters that changed, as a build does, and stops there.
    """
    home = tmp_path / "home"
    home.touch()
    tmp_path = tmp_path / "ein Büchlein"
    for name in ("tools", "book/_ext", "book/_search", "book/_static"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("_config.yml", "requirements.txt", "book/references.bib"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "book/_search/aliases.yml").write_text("{}\n")
    (tmp_path / "utils").mkdir()
    # What the pages need of utils and this small one lacks comes from the book's own.
    (tmp_path / "utils/__init__.py").write_text(f"__path__.append({str(ROOT / 'utils')!r})\n")
    (tmp_path / "book/ledger.md").write_text("# Ledger\n\n```{ledger}\n```\n")
    (tmp_path / "book/proof-map.md").write_text("# Map\n\n```{proof-map}\n```\n")
    counted = "# A book\n\n## Nothing\n\n{ledger-total}`checks` of {ledger-total}`lines`.\n"
    (tmp_path / "book/index.md").write_text(counted)
    chapters = [{"file": f"book/{name}"} for name in ("chapter", "ledger", "proof-map")]
    parts = [{"caption": "One", "numbered": 1, "chapters": chapters}]
    toc = {"format": "jb-book", "root": "book/index", "parts": parts}
    (tmp_path / "_toc.yml").write_text(yaml.safe_dump(toc))

    def build(*cells: dict, **changes: str | None) -> subprocess.CompletedProcess:
        if cells:
            (tmp_path / "book/chapter.ipynb").write_text(tidy.normal_form({"cells": list(cells)}))
        command = [sys.executable, str(tmp_path / "tools/build_book.py")]
        command += ["--into", into] if (into := changes.pop("INTO", None)) else []
        environment = os.environ | {"PYTHONPATH": str(tmp_path), "HOME": str(home)} | changes
        kept = {name: value for name, value in environment.items() if value is not None}
        return subprocess.run(command, capture_output=True, text=True, env=kept)

    def run() -> subprocess.CompletedProcess:
        output = tmp_path / "_build"
        command = [sys.executable, str(tmp_path / "tools/run_chapters.py"), str(output)]
        environment = build_book.environment(output) | {"PYTHONPATH": str(tmp_path)}
        return subprocess.run(command, capture_output=True, text=True, env=environment)

    build.path, build.run = tmp_path, run
    return build


def test_a_failing_notebook_fails_the_build_every_time(small_book):
    first = small_book(*CHECKED, code("1 / 0"))
    assert first.returncode != 0 and "ZeroDivisionError" in first.stderr + first.stdout
    assert small_book().returncode != 0


def test_an_untrue_ledger_or_reference_fails_the_build(small_book):
    names = ("unchecked", "failing", "toothless")
    built = small_book(
        TITLE,
        *map(equation, names),
        verdict("eq:failing", holds=False),
        verdict("eq:toothless", rejected=()),
        verdict("eq:stray"),
        markdown("{eq}`eq:gone`"),
        theorem("one", "two"),
        theorem("two", "one"),
    )
    assert built.returncode != 0
    for complaint in (
        "equation eq:unchecked has no check",
        "the check of eq:failing fails",
        "the checks of eq:toothless reject no wrong version",
        "eq:stray, which no equation carries",
        "equation not found: eq:gone",
        "a circle of proofs: Theorem 1.1, Theorem 1.2",
    ):
        assert complaint in built.stderr


def test_only_what_changed_is_run_again(small_book):
    runs, utils = small_book.path / "runs", small_book.path / "utils"
    (utils / "used.py").write_text("number = 1\n")
    count = code(
        "from utils import used", "with open('../runs', 'a') as file:", "    file.write('x')"
    )
    built = small_book(*CHECKED, count, PLOT)
    assert built.returncode == 0, built.stderr
    ledger = (small_book.path / "_build/html/book/ledger.html").read_text()
    assert "1 numbered equation in 1 line, 1 check, 1 wrong version rejected" in ledger
    assert "1 of 1." in (small_book.path / "_build/html/book/index.html").read_text()
    assert "(1.1)" in ledger and "Its statement" in ledger and "no sign" in ledger
    assert runs.read_text() == "x", built.stdout
    page = small_book.path / "_build/html/book/chapter.html"
    written = page.stat().st_mtime_ns

    assert small_book().returncode == 0
    assert page.stat().st_mtime_ns == written, "nothing changed, yet the page was written"

    (small_book.path / "book/index.md").write_text("# A book\n\n## Nothing\n\nAnother word.\n")
    (utils / "unused.py").write_text("changed = True\n")
    assert small_book().returncode == 0
    assert "Another word" in (small_book.path / "_build/html/book/index.html").read_text()
    assert runs.read_text() == "x", "a notebook that did not change was run again"

    (utils / "used.py").write_text("number = 2\n")
    assert small_book.run().returncode == 0
    assert runs.read_text() == "xx", "a change in a module it uses did not run the notebook again"


def test_a_run_that_warned_is_not_kept(small_book):
    warns = code(
        "import os, sys", "if os.path.exists('../loud'):", "    sys.stderr.write('a cache')"
    )
    (small_book.path / "loud").touch()
    first = small_book(*CHECKED, warns)
    assert first.returncode != 0 and "a cache" in first.stderr
    (small_book.path / "loud").unlink()
    mended = small_book.run()
    assert mended.returncode == 0 and "Running chapter" in mended.stdout, mended.stderr


def everything_below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}


def test_a_build_needs_no_home_and_writes_only_where_it_is_told(small_book, tmp_path):
    before = everything_below(small_book.path)
    elsewhere = small_book(*CHECKED, PLOT, HOME=None, INTO=str(tmp_path / "elsewhere"))
    assert elsewhere.returncode == 0, elsewhere.stderr
    assert (tmp_path / "elsewhere/_build/html/book/chapter.html").is_file()
    assert everything_below(small_book.path) == before | {small_book.path / "book/chapter.ipynb"}


def test_tidy_is_idempotent_and_strips_what_nobody_wrote():
    stream = {"output_type": "stream", "name": "stdout", "text": ["1\n"]}
    live = {"data": {"text/html": "<p>", tidy.WIDGET_VIEW: {}}, "metadata": {"x": 1}}
    live |= {"output_type": "execute_result", "execution_count": 3}
    plain = code("print(1)  ") | {"execution_count": 7, "outputs": [stream]}
    kept = code("show()") | {"outputs": [live], "metadata": {"tags": TAGS, "collapsed": True}}
    once = tidy.normal_form({"cells": [plain, kept, plain, code("")]})
    notebook = json.loads(once)
    assert tidy.normal_form(notebook) == once
    first, second, third = notebook["cells"]
    assert first["outputs"] == [] and first["execution_count"] is None
    assert first["source"] == ["print(1)"]
    assert second["outputs"][0]["data"] == {"text/html": "<p>"}
    assert second["outputs"][0]["execution_count"] == second["execution_count"] == 1
    assert second["metadata"] == {"tags": TAGS}
    assert len({first["id"], second["id"], third["id"]}) == 3


def test_tidy_keeps_the_ids_that_cells_already_have():
    cells = [markdown("a") | {"id": "first"}, markdown("b") | {"id": "second"}]
    notebook = json.loads(tidy.normal_form({"cells": cells}))
    assert [cell["id"] for cell in notebook["cells"]] == ["first", "second"]


@pytest.fixture
def bare_machine(monkeypatch):
    """A machine without a browser, on which no attempt to get one succeeds: the attempts made."""
    made = []
    monkeypatch.setattr(browser, "NAMES", ())
    monkeypatch.setattr(browser, "MACOS", ())
    monkeypatch.setattr(browser, "playwright_browser", lambda: None)
    monkeypatch.setattr(browser, "attempt", lambda reason, *command: made.append(command) or "")
    monkeypatch.delenv("CHROMIUM", raising=False)
    return made


@pytest.mark.parametrize("user", [0, 1000])
def test_missing_browser_is_a_failure_that_names_the_command_to_type(
    bare_machine, monkeypatch, user
):
    monkeypatch.setattr(browser.os, "geteuid", lambda: user)
    monkeypatch.setattr(browser.shutil, "which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(browser.NoBrowser, match="Type `sudo apt-get install chromium`"):
        browser.install()
    assert not any("sudo" in command for command in bare_machine)
    assert any("apt-get" in command for command in bare_machine) == (user == 0)


def test_playwright_runs_on_the_node_of_the_book_which_needs_nothing_of_the_machine():
    assert os.environ["PLAYWRIGHT_NODEJS_PATH"] == str(page_python.node_program())


def test_a_browser_that_is_named_but_absent_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "none"))
    with pytest.raises(browser.NoBrowser, match="which is no file"):
        browser.find()


def test_a_browser_that_does_not_start_counts_as_absent(monkeypatch, tmp_path):
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\necho libnss3.so is missing >&2\nexit 127\n")
    broken.chmod(0o755)
    monkeypatch.setattr(browser, "NAMES", (str(broken),))
    monkeypatch.setattr(browser, "MACOS", ())
    monkeypatch.setattr(browser, "playwright_browser", lambda: None)
    monkeypatch.delenv("CHROMIUM", raising=False)
    with pytest.raises(browser.NoBrowser, match="status 127: libnss3.so is missing"):
        browser.find()
    monkeypatch.setenv("CHROMIUM", str(broken))
    with pytest.raises(browser.NoBrowser, match="which does not start"):
        browser.find()


@pytest.mark.parametrize("rule", [["check"], ["format", "--check"]], ids=" ".join)
def test_code_is_formatted_and_lints_clean(rule):
    written = ["utils", "policy_gradient_book", "tests", "tools", "book"]
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *rule, *written], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_make_alone_lists_every_command():
    listed = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in "book serve paper lite test lab tidy verdicts pins bench clean".split():
        assert re.search(rf"make {target}\s+\w", listed.stdout), target


def test_a_python_that_is_not_supported_is_refused_before_anything_is_made(tmp_path):
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    shutil.copy(ROOT / "Makefile", tmp_path)
    command = ["make", "-s", "-C", str(tmp_path), ".venv/bin/python"]
    for python, complaint in ((str(old), "is none of them"), ("", "none was found")):
        done = subprocess.run([*command, f"PYTHON={python}"], capture_output=True, text=True)
        assert done.returncode != 0 and complaint in done.stdout
        assert not (tmp_path / ".venv").exists()


def test_a_publisher_who_turns_robots_away_has_not_lost_the_page():
    def answer(status: str, info: str = "") -> dict:
        return {"status": status, "info": info}

    assert check_links.is_lost(answer("broken", "404 Client Error: Not Found for url: x"))
    assert check_links.is_lost(answer("broken", "Name or service not known"))
    assert not check_links.is_lost(answer("broken", "403 Client Error: Forbidden for url: x"))
    assert not check_links.is_lost(answer("working"))
    assert check_links.configuration()["execute"] == {"execute_notebooks": "off"}


def test_native_windows_is_told_what_to_use():
    done = subprocess.run(["make", "OS=Windows_NT"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0 and "inside WSL" in done.stderr


def test_ci_runs_make_test_and_stops_at_the_first_error():
    script = (ROOT / ".ci/run").read_text()
    assert "set -euo pipefail" in script
    assert script.rstrip().endswith("make test")


@pytest.mark.parametrize("name", ["book", "test", "bench", "mutants", "paper", "lite"])
def test_each_direct_dependency_gives_its_reason_and_is_pinned(name):
    pins = ROOT / ("requirements.txt" if name == "book" else f"requirements/{name}.txt")
    pinned = dict(
        line.split(" ")[0].split("==")
        for line in pins.read_text().splitlines()
        if line and line[0].isalnum()
    )
    for line in (ROOT / f"requirements/{name}.in").read_text().splitlines():
        if line and line[0].isalnum():
            requirement, _, reason = line.partition("#")
            assert reason.strip(), line
            assert re.split(r"[\[=<> ]", requirement)[0] in pinned, line
    assert all(re.fullmatch(r"[\w.+!-]+", version) for version in pinned.values())


def test_inputs_of_the_book_are_found():
    names = {
        path.relative_to(ROOT).as_posix() for path in build_book.files_under(["utils", "book"])
    }
    assert {"utils/__init__.py", "book/_ext/ledger_page.py"} <= names
    assert not any("__pycache__" in name for name in names)


def test_one_version_stands_in_every_file_that_names_it():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    newest = re.search(r"^## (\S+) \((\S+)\)$", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert (project, citation["date-released"]) == newest.groups()
    assert citation["version"] == project
    assert set(re.findall(r"policy_gradient_book-([\d.]+)-py3", RUN)) == {project}


RUN = (ROOT / "book/run.md").read_text()
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_of_others_are_pinned_by_digest(path):
    for use in re.findall(r"uses: (\S+)", path.read_text()):
        assert use.startswith("./") or re.search(r"@[0-9a-f]{40}$", use), use


def test_pages_are_published_only_after_the_tests_and_only_the_last_job_may_deploy():
    jobs = yaml.safe_load((ROOT / ".github/workflows/publish.yml").read_text())["jobs"]
    assert jobs["build"]["needs"] == "test" and jobs["deploy"]["needs"] == "build"
    assert [name for name, job in jobs.items() if "permissions" in job] == ["deploy"]
