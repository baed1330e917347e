"""The search of the book: Pagefind's index, with a record for each thing that can be found.

Pagefind would index whole pages. Here each section, statement, question and word is handed to it
as a small page of its own, whose address is the place in the book (`search_records`).
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from html import escape
from pathlib import Path

import yaml
from pagefind_bin import get_executable
from search_records import Record, records_of, spelled
from sphinx.application import Sphinx
from whole_book import reading_order

HERE = Path(__file__).resolve().parent.parent / "_search"
# Pages made from the whole book: what they list is found where it stands.
HEADS_ONLY = {"ledger", "library", "proof-map", "figures", "genindex"}
NAMES = {"section": "Section", "term": "Glossary", "exercise": "Exercise"}
ALIAS_WEIGHT = 9  # chosen by hand for what is typed, so before words that merely occur
LEFTOVERS = ("searchindex.js", "_static/searchtools.js", "_static/language_data.js")
UNUSED = ("pagefind-*ui.*", "pagefind-highlight.js", "wasm.unknown.pagefind")

BODY = """<section id="search">
<h1>Search</h1>
<noscript><p>The search needs JavaScript. The <a href="genindex.html">index</a> and the
<a href="book/glossary.html">glossary</a> do without.</p></noscript>
<form id="find" role="search" hidden><label for="find-words">Words or a formula, such as
<kbd>gamma^t</kbd></label>
<input type="search" id="find-words" name="q" autocomplete="off" spellcheck="false"></form>
<p id="find-count" role="status"></p>
<ol id="find-hits"></ol>
</section>
<script type="module" src="pagefind/search.js"></script>"""


def kind_of(page: str, record: Record) -> str:
    if page == "faq" and record.kind == "section" and record.name.endswith("?"):
        return "Question"
    return NAMES.get(record.kind, record.kind.capitalize())


def lead_of(record: Record) -> str:
    """The first words of the record, with their formulas, without marks of what was cut."""
    return re.sub(r"\s+", " ", "".join(record.lead)).strip()


def small_page(address: str, page: str, chapter: str, record: Record, aliases: str) -> str:
    """What Pagefind reads: words with their weights, and what a hit shows."""
    title, words = escape(record.name), escape(" ".join("".join(record.words).split()))
    kind = kind_of(page, record)
    weight = 3 if kind == "Section" else 5  # a statement or a word before the section around it
    shown = {
        "address": address,
        "html": "".join(record.title).strip(),
        "lead": lead_of(record),
        "kind": kind,
        "name": record.name,
    }
    shown["chapter"] = chapter if record.name != chapter else ""
    metas = "".join(
        f'<meta data-pagefind-meta="{name}[content]" content="{escape(text, quote=True)}">'
        for name, text in shown.items()
    )
    return (
        f'<!DOCTYPE html><html lang="en"><head>{metas}</head><body data-pagefind-body>'
        f'<h1 data-pagefind-weight="{weight}">{title}</h1>'
        f'<p data-pagefind-weight="{ALIAS_WEIGHT}">{escape(aliases)} '
        f"{escape(spelled(record.name))}</p><p>{words}</p></body></html>"
    )


def all_records(app: Sphinx) -> list[str]:
    """A small page for everything that can be found, in reading order."""
    aliases = yaml.safe_load((HERE / "aliases.yml").read_text(encoding="utf-8"))
    out, found = Path(app.outdir), []
    for docname in reading_order(app.env):
        page = docname.rpartition("/")[2]
        address = app.builder.get_target_uri(docname)
        records = records_of((out / address).read_text(encoding="utf-8"))
        chapter = records[0].name if records else ""
        for number, record in enumerate(records):
            if page in HEADS_ONLY and number:
                break
            if page in HEADS_ONLY:
                record.words.clear()
            more = aliases.pop(f"{page}#{record.anchor}", "")
            place = f"{address}#{record.anchor}"
            found.append(small_page(place, page, chapter, record, more))
    if aliases:
        raise ValueError(f"aliases.yml leads to places that are not there: {sorted(aliases)}")
    return found


def index(records: list[str], folder: Path) -> Path:
    """Write the small pages into ``folder`` and let Pagefind index them."""
    for number, page in enumerate(records):
        (folder / f"{number:04}.html").write_text(page, encoding="utf-8")
    made = folder / "index"
    command = [get_executable(), "--site", str(folder), "--output-path", str(made), "--quiet"]
    subprocess.run([*command, "--force-language", "en"], check=True)
    for pattern in UNUSED:
        for path in made.glob(pattern):
            path.unlink()
    return made


def write_index(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.name != "html":
        return
    out = Path(app.outdir)
    with tempfile.TemporaryDirectory() as folder:
        made = index(all_records(app), Path(folder))
        shutil.rmtree(out / "pagefind", ignore_errors=True)
        shutil.copytree(made, out / "pagefind")
    shutil.copy(HERE / "search.js", out / "pagefind")
    for leftover in LEFTOVERS:
        (out / leftover).unlink(missing_ok=True)


def without_sphinx(app: Sphinx) -> None:
    if app.builder.format == "html":
        app.builder.search = False  # no index of whole pages, and no page for it


def search_page(app: Sphinx):
    yield "search", {"title": "Search", "body": BODY}, "page.html"


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", without_sphinx)
    app.connect("html-collect-pages", search_page)
    app.connect("build-finished", write_index, priority=960)  # after the pages are made light
    return {"parallel_read_safe": True, "parallel_write_safe": True}
