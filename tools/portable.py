"""The chapters as a reader downloads them: to be read in any viewer, and run where the package is.

The button at the top of a page gives the file in `_sources`. There each chapter is laid once more,
with its words in plain Markdown (`portable_text`) and with what its cells gave when the book was
built: a figure as its first frame, number and caption; a verdict with the number of its equation;
the choices of a question, without the answer.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from html import unescape
from itertools import count as count_from
from pathlib import Path

from lab_directives import plain
from lab_pages import CHAPTER, KERNEL, Book, book_in, hidden_parts, in_letters, markdown_of
from portable_text import Chapter, headings_of, keys_of, plain_text, solutions_of

from utils.checks.verdict import MIME as VERDICT
from utils.checks.verdict import Verdict
from utils.explorer.still import DOTS_PER_INCH
from utils.explorer.still import MIME as STILL
from utils.predictions import prediction_named, question_named

ASKED = re.compile(r'(predict|ask)\("([^"]+)"\)')
CAPTION = re.compile(r'<figcaption class="explorer-caption">.*?</a> ?(.*?)</figcaption>', re.S)
LINK = re.compile(r"<a [^>]*>(.*?)</a>")
KERNEL_OF_ANY_VERSION = {
    "kernelspec": KERNEL["kernelspec"],
    "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
}


def lay_into(html: Path, book: Path, output: Path) -> None:
    """Write each chapter of ``book``, as it ran in ``output``, for the button of its page."""
    for source in sorted(book.glob("*.ipynb")):
        if CHAPTER.fullmatch(source.name):
            ran = json.loads((output / ".executed" / source.name).read_text(encoding="utf-8"))
            written = json.loads(source.read_text(encoding="utf-8"))
            chapter = portable(written, ran, source)
            text = json.dumps(chapter, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
            (html / "_sources/book" / source.name).write_text(text, encoding="utf-8")


def portable(written: dict, ran: dict, source: Path) -> dict:
    """The chapter of ``source`` for any viewer; ``ran`` has its code cells with their outputs."""
    book = book_in(source.parent)
    text = markdown_of(written)
    of = Chapter(book, headings_of(text), titles_in(source.parent))
    outputs = (cell["outputs"] for cell in ran["cells"] if cell["cell_type"] == "code")
    figures = figure_numbers(source.name)
    cells, count = [], 0
    for cell in written["cells"]:
        if cell["cell_type"] == "markdown":
            words = plain_text("".join(cell["source"]), of)
            if words:
                cells.append(words_cell(cell["id"], words))
            continue
        count += 1
        shown = [
            output
            for given in next(outputs)
            for output in portable_output(given, cell, figures, book, count)
        ]
        cells.append(code_cell(cell, shown, count))
    cells[0]["source"] = with_plain_title(cells[0]["source"])
    if solutions := solutions_of(text, of):
        cells.append(words_cell("solutions", "\n\n".join(["## Solutions", *solutions])))
    if cited := works_cited(keys_of(text), source.parent, book):
        cells.append(words_cell("works-cited", cited))
    return {"cells": cells, "metadata": KERNEL_OF_ANY_VERSION, "nbformat": 4, "nbformat_minor": 5}


def titles_in(folder: Path) -> dict[str, str]:
    """page -> its title."""
    pages = {page.name: page.read_text(encoding="utf-8") for page in folder.glob("*.md")}
    return {name: text.partition("\n")[0].removeprefix("# ") for name, text in pages.items()}


def with_plain_title(words: str) -> str:
    title, newline, rest = words.partition("\n")
    return in_letters(title) + newline + rest


def words_cell(name: str, words: str) -> dict:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": words}


def code_cell(cell: dict, outputs: list[dict], count: int) -> dict:
    metadata = {}
    # The first code cell says how to get the package, so it is shown.
    if "remove-cell" not in cell["metadata"].get("tags", ()):
        parts = sorted(hidden_parts(cell))
        metadata = {"jupyter": dict.fromkeys(parts, True)} if parts else {}
    return {
        "cell_type": "code",
        "execution_count": count,
        "id": cell["id"],
        "metadata": metadata,
        "outputs": outputs,
        "source": "".join(cell["source"]),
    }


def figure_numbers(page: str) -> Iterator[str]:
    """The numbers of the figures of a chapter: 3.1, 3.2 and so on; in chapter 0 they are 1, 2."""
    chapter = int(CHAPTER.fullmatch(page)[1])
    return (f"{chapter}.{place}" if chapter else str(place) for place in count_from(1))


def portable_output(
    given: dict, cell: dict, figures: Iterator[str], book: Book, count: int
) -> list[dict]:
    """What stands under the cell for one output of its run."""
    data = {kind: joined(value) for kind, value in given.get("data", {}).items()}
    if asked := ASKED.fullmatch("".join(cell["source"]).strip()):
        named = prediction_named if asked[1] == "predict" else question_named
        question = named(asked[2])
        is_number = question.kind in ("number", "point")
        choices = f"{'Your answer: ' if is_number else ''}{question!r}"
        return [result({"text/markdown": as_list(choices), "text/plain": choices}, count)]
    if STILL in data:
        caption = unescape(CAPTION.search(data["text/html"])[1])
        words = {
            "text/markdown": f"**Figure {next(figures)}.** {caption}",
            "text/plain": caption,
        }
        picture = {"image/png": data[STILL], "text/plain": data["text/plain"]}
        size = {"image/png": {"width": screen_width(b64decode(data[STILL]))}}
        return [result(picture, count, size), display(words)]
    if VERDICT in data:
        verdict = Verdict.from_facts(data[VERDICT])
        number = book.targets[verdict.label].words.strip("()")
        html = LINK.sub(r"\1", verdict.as_html(number))  # the equation has no address here
        words = str(verdict).replace(verdict.label, f"({number}) {verdict.label}", 1)
        return [display({"text/html": html, "text/plain": words})]
    if given["output_type"] == "execute_result":
        return [result(data, count)]
    return [given]


def joined(value: object) -> object:
    return "".join(value) if isinstance(value, list) else value


def as_list(choices: str) -> str:
    """One choice a line; a line break of Markdown is a backslash at its end."""
    return choices.replace("\n", "\\\n")


def display(data: dict) -> dict:
    return {"output_type": "display_data", "data": data, "metadata": {}}


def result(data: dict, count: int, metadata: dict | None = None) -> dict:
    output = display(data) | {"output_type": "execute_result", "execution_count": count}
    return output | {"metadata": metadata or {}}


def screen_width(png: bytes) -> int:
    """The width of a picture in CSS pixels, of which an inch has 96; a dense screen has more."""
    return round(int.from_bytes(png[16:20], "big") * 96 / DOTS_PER_INCH)


def works_cited(keys: list[str], folder: Path, book: Book) -> str:
    """The works that a chapter cites, as a list below a heading; empty if there are none."""
    from pybtex.backends.markdown import Backend
    from pybtex.database import parse_file
    from pybtex.style.formatting.alpha import Style

    if not keys:
        return ""
    works = Style().format_bibliography(parse_file(folder / "references.bib"), citations=keys)
    entries = sorted(
        f"- **{book.works[work.key].authors}, {book.works[work.key].year}.** "
        f"{plain(work.text.render(Backend()))}"
        for work in works
    )
    return "\n".join(["## Works cited", "", *entries])
