"""What JupyterLab is given of each page, and what it gives back."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections import Counter
from pathlib import Path

import lab_directives
import lab_pages
import pytest
from lab_contents import BookContents
from tornado.web import HTTPError

BOOK = Path(__file__).resolve().parents[1] / "book"
CHAPTERS = sorted(file.name for file in BOOK.glob("[0-9][0-9]-*.ipynb"))
PAGES = sorted(file.name for file in BOOK.glob("*.md"))
LINK = re.compile(r"\]\(((?:[\w-]+\.(?:md|ipynb))?)#([^()\s]+)\)")


@pytest.fixture(scope="module")
def contents(tmp_path_factory) -> BookContents:
    """The files of the book as `make lab` hands them out, in a folder of their own."""
    folder = tmp_path_factory.mktemp("book")
    for name in (*CHAPTERS, *PAGES, "references.bib"):
        shutil.copy(BOOK / name, folder)
    return BookContents(root_dir=str(folder))


@pytest.fixture(scope="module")
def shown(contents) -> dict[str, str]:
    """page -> the Markdown that JupyterLab is given."""
    models = {name: asyncio.run(contents.get(name)) for name in (*CHAPTERS, *PAGES)}
    return {
        name: lab_pages.markdown_of(model["content"])
        if model["type"] == "notebook"
        else model["content"]
        for name, model in models.items()
    }


def labels_in(text: str) -> set[str]:
    return set(re.findall(r"^:label: *(\S+)", text, re.M))


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_opened_and_saved_is_the_same_to_the_byte(name, contents):
    model = asyncio.run(contents.get(name))
    assert model["content"]["cells"][0]["source"].startswith("---\nnumbering:\n")
    asyncio.run(contents.save({"type": "notebook", "content": model["content"]}, name))
    assert (Path(contents.root_dir) / name).read_bytes() == (BOOK / name).read_bytes()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opened_and_saved_is_the_same_or_cannot_be_saved(name, contents):
    model = asyncio.run(contents.get(name))
    saved = {"type": "file", "format": "text", "content": model["content"]}
    if model["writable"]:
        asyncio.run(contents.save(saved, name))
    else:
        with pytest.raises(HTTPError):
            asyncio.run(contents.save(saved, name))
    assert (Path(contents.root_dir) / name).read_bytes() == (BOOK / name).read_bytes()


@pytest.mark.parametrize("name", [*CHAPTERS, *PAGES])
def test_every_role_and_directive_is_one_that_jupyterlab_shows(name, shown):
    """A reference by role stays on its page; directives of the book and citations are gone."""
    text = shown[name]
    for role, target in re.findall(r"(?<!`)\{([a-z:-]+)\}`([^`\n]+)`", text):
        assert role in ("eq", "prf:ref"), (role, target)
        assert target in labels_in(text), target
    own = set(lab_directives.MEANINGS) | {"ledger-total"}
    assert own.isdisjoint(re.findall(r"^[`:]{3,}\{([\w-]+)\}", text, re.M))


@pytest.mark.parametrize("name", [*CHAPTERS, *PAGES])
def test_every_link_into_a_page_meets_something_there(name, shown):
    for page, anchor in LINK.findall(shown[name]):
        there = shown[page or name]
        labels = labels_in(there) | set(re.findall(r"^\(([\w:-]+)\)=$", there, re.M))
        headings = {
            re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")
            for heading in re.findall(r"^#+ (.+)$", there, re.M)
        }
        assert anchor in {lab_pages.anchor(label) for label in labels} | headings, (page, anchor)


def test_proofs_and_unlabelled_displays_are_not_counted(shown):
    for name in CHAPTERS:
        text = shown[name]
        proofs = re.findall(r"^:::+\{prf:proof\}[^\n]*\n(.*)$", text, re.M)
        assert set(proofs) <= {":enumerated: false"}
        assert not re.findall(r"\$\$ \(eq:", text)
        assert "\n  equation: false\n" in text


def test_what_the_page_hides_is_shut_in_jupyterlab(contents):
    seen = Counter()
    for name in CHAPTERS:
        for cell in asyncio.run(contents.get(name))["content"]["cells"]:
            for tag in cell["metadata"].get("tags", ()):
                for part in lab_pages.SHUT.get(tag, ()):
                    assert cell["metadata"]["jupyter"][part] is True
                    seen[part] += 1
    assert seen["source_hidden"] > 50 and seen["outputs_hidden"] > 0


def test_a_reference_written_in_jupyterlab_is_stored_as_it_is_written(contents):
    book = lab_pages.book_in(BOOK)
    text = "By {eq}`eq:traj-score` and {cite:p}`williams1992simple`, in [a link](run.md)."
    assert book.stored(text, "09-language-models.ipynb") == text
    assert book.stored(book.shown(text, "run.md"), "run.md") == text


def test_ledger_in_jupyterlab_has_a_row_for_every_stored_check(shown):
    checks = sum(
        "application/vnd.policy-gradient-book.verdict+json" in output.get("data", {})
        for name in CHAPTERS
        for cell in json.loads((BOOK / name).read_text(encoding="utf-8"))["cells"]
        for output in cell.get("outputs", [])
    )
    rows = [line for line in shown["ledger.md"].splitlines() if re.match(r"\| .*[✓✗] \*\*", line)]
    assert len(rows) == checks > 200
    assert not [row for row in rows if "✗" in row]
