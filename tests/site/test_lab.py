"""A real JupyterLab: a slider and a prediction by key, and a chapter that reads as its page."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import lab_pages
import pytest
from playwright.sync_api import Page
from reading import ROOT, Site

START = 90  # seconds for the server
PATIENCE = 120_000  # milliseconds for a page, a kernel, a drawing
DRAWING = "document.querySelector('.jp-OutputArea-output figure.explorer svg')?.outerHTML"
CELL = """\
from utils.explorer import explore
from utils.figures import trajectory

explore(trajectory.truncation, gamma=[0.5, 0.7, 0.9], draws=2)"""


PREDICTION = """\
from utils.notebook import predict

predict("1-twenty-steps")"""


def code_cell(name: str, source: str) -> dict:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": {},
        "outputs": [],
        "source": source,
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def lab(tmp_path):
    """The server of `make lab` on a directory of its own: (address, token, directory)."""
    chapters = tmp_path / "chapters"
    chapters.mkdir()
    (tmp_path / "settings").mkdir()
    for source in (ROOT / "book").glob("[!.]*.*"):
        shutil.copy(source, chapters)
    port, token = free_port(), secrets.token_hex(16)
    command = [str(Path(sys.executable).parent / "jupyter"), "lab", "--no-browser"]
    command += [f"--config={ROOT / 'tools/jupyter_server_config.py'}", "--allow-root"]
    command += [f"--ServerApp.root_dir={chapters}", f"--ServerApp.port={port}"]
    command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"]
    own = {"HOME": tmp_path, "JUPYTERLAB_SETTINGS_DIR": tmp_path / "settings"}
    own |= {"JUPYTERLAB_WORKSPACES_DIR": tmp_path / "workspaces"}
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "BOOK_"))}
    environment |= {name: str(path) for name, path in own.items()}
    with open(tmp_path / "log", "w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START
        while True:
            try:
                urlopen(f"{address}/api?token={token}", timeout=5).close()
                break
            except (URLError, OSError):
                alive = server.poll() is None and time.monotonic() < deadline
                assert alive, (tmp_path / "log").read_text()
                time.sleep(0.2)
        yield address, token, chapters
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(timeout=20)
        shutil.rmtree(tmp_path / "settings", ignore_errors=True)


def test_equations_and_statements_have_the_numbers_of_the_built_pages(site: Site):
    """What the links between chapters say in JupyterLab is counted there, not read from here."""
    for label, target in lab_pages.book_in(ROOT / "book").targets.items():
        page = (site.html / "book" / target.page).with_suffix(".html").read_text(encoding="utf-8")
        if label.startswith("eq:"):
            number = rf'{re.escape(target.words)}<a [^>]*href="#equation-{target.anchor}"'
            assert re.search(number, page), label
        else:
            opening = page.index(f'id="{label}"')
            assert re.search(rf">{target.words}\b", page[opening : opening + 400]), label


ROLE = r"\{(eq|prf:ref|cite:.)\}"
# Said of a reference whose target stands further down, while that is not set yet; in the end none
# is broken.
AHEAD = "Cross reference target was not found|No target for internal reference"
READS = """() => {
  const all = (query) => [...document.querySelectorAll(".jp-Notebook .myst " + query)];
  const numbered = all("[id^='eq-']").filter((e) => e.querySelector(".katex"));
  return {
    title: all("h1")[0].innerText,
    numbers: numbered.map((e) => /\\(\\d+\\.\\d+\\)\\s*$/.exec(e.innerText)?.[0].trim()),
    warned: all("[class*='text-red'], [class*='text-orange'], .error").length,
    broken: all("a[href^='#']").filter(
      (a) => !document.getElementById(a.hash.slice(1))).map((a) => a.hash),
    changed: document.querySelectorAll(".jp-mod-dirty").length,
    asks: document.querySelectorAll(".jp-Dialog, .Toastify__toast").length,
  };
}"""


def test_slider_prediction_and_saved_file_and_a_chapter_reads_as_its_page(lab, chrome):
    address, token, chapters = lab
    notebook = {
        "cells": [code_cell("figure", CELL), code_cell("prediction", PREDICTION)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    file = chapters / "live.ipynb"
    file.write_text(json.dumps(notebook))
    context = chrome.new_context(viewport={"width": 1200, "height": 1000})
    tab = context.new_page()
    tab.set_default_timeout(PATIENCE)
    tab.goto(f"{address}/lab/tree/live.ipynb?token={token}", wait_until="domcontentloaded")
    wait_for_kernel(tab, f"{address}/api/sessions?token={token}")
    tab.locator(".jp-CodeCell .cm-content").first.click()
    tab.keyboard.press("Shift+Enter")

    tab.wait_for_function(f"Boolean({DRAWING})")
    slider = tab.get_by_role("slider", name="discount γ")
    before, value = tab.evaluate(DRAWING), slider.get_attribute("aria-valuetext")
    slider.focus()
    tab.keyboard.press("ArrowRight")
    tab.wait_for_function(f"old => {DRAWING} !== old", arg=before)
    assert (value, slider.get_attribute("aria-valuetext")) == ("0.7", "0.9")

    before = tab.evaluate(DRAWING)
    tab.get_by_role("button", name="Draw again").last.click()
    tab.wait_for_function(f"old => {DRAWING} !== old", arg=before)

    # The figure of a prediction waits until the reader commits.
    tab.locator(".jp-CodeCell .cm-content").nth(1).click()
    tab.keyboard.press("Shift+Enter")
    tab.wait_for_selector(".predict[data-live]")
    assert not tab.locator("figure.explorer svg").first.is_visible()
    field = tab.locator(".predict input")
    field.fill("12 %")
    field.press("Enter")
    assert tab.locator(".predict-reply").inner_text().startswith("✓ Right.")
    assert tab.locator("figure.explorer svg").first.is_visible()

    tab.locator(".jp-CodeCell .cm-content").first.click()
    tab.keyboard.press("Control+s")
    deadline = time.monotonic() + PATIENCE / 1000
    outputs: list[dict] = []
    while not outputs and time.monotonic() < deadline:
        outputs = json.loads(file.read_text())["cells"][0]["outputs"]
        tab.wait_for_timeout(200)
    chapter_reads_as_its_page(tab, f"{address}/lab/tree/05-baselines.ipynb?token={token}&reset")
    context.close()
    stored = [set(output["data"]) for output in outputs if "data" in output]
    assert stored == [{"text/plain", "image/png"}]
    assert file.stat().st_size < 60_000


def wait_for_kernel(tab: Page, sessions: str) -> None:
    """JupyterLab drops, without a word, what is run before its kernel is there: ask the server."""
    deadline = time.monotonic() + PATIENCE / 1000
    while True:
        with urlopen(sessions, timeout=PATIENCE / 1000) as answer:
            kernels = [session["kernel"] for session in json.load(answer)]
        if kernels and kernels[0]["connections"] and kernels[0]["execution_state"] == "idle":
            return
        assert time.monotonic() < deadline, kernels
        tab.wait_for_timeout(200)


def chapter_reads_as_its_page(tab: Page, address: str) -> None:
    messages: list[str] = []
    tab.on("console", lambda m: m.type in ("error", "warning") and messages.append(m.text))
    tab.goto(address, wait_until="domcontentloaded")
    tab.wait_for_selector("#ex-mend-batch", state="attached")
    # Cells are set one after the other, each at first as the text it is. To read all of it lays
    # all of it out, so it is read seldom.
    unset = f"!/{ROLE}/.test(document.querySelector('.jp-Notebook').innerText)"
    tab.wait_for_function(unset, polling=2_000)
    found = tab.evaluate(READS)
    assert found == {
        "title": "Baselines and advantages",
        "numbers": [f"(5.{k})" for k in range(1, 10)],
        "warned": 0,
        "broken": [],
        "changed": 0,
        "asks": 0,
    }
    assert [message for message in messages if not re.search(AHEAD, message)] == []

    # A reference to another chapter opens it at the equation.
    theorem = lab_pages.book_in(ROOT / "book").targets["eq:pgt-infinite"].words
    tab.locator(".myst a", has_text=theorem).first.click()
    tab.wait_for_selector("#eq-pgt-infinite >> visible=true")
