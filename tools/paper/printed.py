"""An edition as a PDF, printed by the browser that tools/browser.py finds.

The numbers of pages that the text names are known only after printing, so it is printed until they
stay as they are.
"""

from __future__ import annotations

from pathlib import Path

import browser as chromium
from pikepdf import Array, ObjectStreamMode, OutlineItem, Pdf
from playwright.sync_api import Page, sync_playwright

from paper import breaks
from paper.edition import Edition
from paper.sheet import TEXT_WIDTH, Unprintable, fit, lay_out
from paper.site import Site

FOOT = 95  # points from the lower edge of the page: a heading that begins below ends the page
PRINTINGS = 4
FILL = """(pages) => document.querySelectorAll("[data-of]").forEach((one) => {
    one.textContent = (one.className === "on-page" ? ", page " : "") + pages[one.dataset.of];
})"""


class LowHeading(Unprintable):
    """A heading stands at the foot of a page, its text on the next."""


def write(edition: Edition, site: Site, path: Path, folder: Path) -> int:
    """Print the edition to ``path``; the number of its pages."""
    source = lay_out(edition, site, folder)
    executable = chromium.find()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=executable, args=[*chromium.FLAGS, "--font-render-hinting=none"]
        )
        tab = started.new_page(viewport={"width": TEXT_WIDTH, "height": 900})
        tab.emulate_media(media="print")
        tab.goto(source.as_uri(), wait_until="load")
        fit(tab)
        breaks.mend(tab)
        print_until_settled(tab, path)
        started.close()
    with Pdf.open(path, allow_overwriting_input=True) as printed:
        if low := low_headings(printed):
            raise LowHeading(f"{path.name}: {low}")
        finish(printed, edition)
        printed.save(path, object_stream_mode=ObjectStreamMode.generate, deterministic_id=True)
        return len(printed.pages)


def print_until_settled(tab: Page, path: Path) -> None:
    """Print, fill in the numbers of the pages, and print again until they are right."""
    said: dict[str, int] = {}
    for _ in range(PRINTINGS):
        tab.pdf(
            path=path,
            prefer_css_page_size=True,
            tagged=True,
            outline=True,
            print_background=True,
        )
        with Pdf.open(path) as printed:
            numbers = page_numbers(printed)
        if numbers == said:
            return
        tab.evaluate(FILL, numbers)
        said = numbers
    raise RuntimeError(f"the page numbers of {path.name} do not settle")


def page_numbers(printed: Pdf) -> dict[str, int]:
    """{id: number of its page} of every place that a link leads to."""
    number = {page.objgen: count for count, page in enumerate(printed.pages, start=1)}
    return {
        name.removeprefix("/"): number[place[0].objgen]
        for name, place in printed.Root.Dests.items()
    }


def low_headings(printed: Pdf) -> list[str]:
    """The headings of the outline that begin too near to the foot of their page."""

    def walk(items: list[OutlineItem]) -> list[str]:
        return [
            title
            for item in items
            for title in [item.title] * is_low(item.destination) + walk(item.children)
        ]

    with printed.open_outline() as outline:
        return walk(outline.root)


def is_low(place: Array | None) -> bool:
    return place is not None and float(place[3]) < FOOT


def finish(printed: Pdf, edition: Edition) -> None:
    """Say what it is and whose; no time of printing, so that equal sources give equal bytes."""
    for name in ("/CreationDate", "/ModDate", "/Creator"):
        if name in printed.docinfo:
            del printed.docinfo[name]
    printed.docinfo["/Author"] = edition.imprint.author
