"""Write the book for paper and for e-readers, from the built pages: `make paper`.

Four files in _build/paper: the main road and the whole book, each as PDF and as EPUB. Links to the
pages need the address at which they are published: ``BOOK_URL`` in the environment, as for the
pages themselves. Without it the words stand without a link.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import yaml
from browser import NoBrowser
from paper import edition, epub
from paper.sheet import Unprintable
from paper.site import Site, reading_order

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("road", "book")


def address() -> str:
    """Of the published pages, with a slash at the end; empty if it is not known."""
    given = os.environ.get("BOOK_URL", "").rstrip("/")
    return f"{given}/" if given else ""


def editions(html: Path) -> tuple[Site, list[edition.Edition]]:
    """Both editions of a built book."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    author = cited["authors"][0]["name"]
    imprint = edition.Imprint(author, cited["version"], cited["date-released"], address())
    site, pages = Site(html), reading_order(ROOT)
    return site, [edition.make(site, pages, name, imprint) for name in NAMES]


def build(output: Path) -> None:
    """The four files in ``output``/paper, from the pages in ``output``/html."""
    from paper import printed  # what it reads PDFs with is not there for the tests of the rest

    if not address():
        print("BOOK_URL is not set, so nothing links to the published pages.")
    start = time.perf_counter()
    site, made = editions(output / "html")
    folder = output / "paper"
    folder.mkdir(parents=True, exist_ok=True)
    for one in made:
        book, pdf = folder / f"{one.name}.epub", folder / f"{one.name}.pdf"
        epub.write(one, site, book)
        print(f"{book.name}: {book.stat().st_size / 1e6:.1f} MB", flush=True)
        pages = printed.write(one, site, pdf, output / f".paper/{one.name}")
        print(f"{pdf.name}: {pages} pages, {pdf.stat().st_size / 1e6:.1f} MB", flush=True)
    print(f"They are in {folder}, after {time.perf_counter() - start:.0f} s.")


if __name__ == "__main__":
    try:
        build(ROOT / "_build")
    except (NoBrowser, Unprintable) as problem:
        sys.exit(f"The paper editions were NOT written: {problem}")
