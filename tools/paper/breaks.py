"""Where the pages of a printed edition break, decided before printing.

Each article is laid out in columns of the size of a page, which the browser breaks as it breaks
pages. Two things are mended there that no rule of style mends: a title whose text would begin on
the next page goes there too, and a figure that would leave a good part of a page blank is set
smaller, or comes after the paragraphs that follow it.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

SCRIPT = Path(__file__).with_suffix(".js")
SETTINGS = {
    "width": 582.05,  # px, 154 mm by 248 mm: the text on a page of A4, as in paper.css
    "height": 937.3,
    "blank": 0.2,  # of a page: what a figure may leave above it
    "smaller": (0.9, 0.8, 0.7),  # of its width, if it fits so
    "pulled": 4,  # paragraphs, at most, that come before a figure instead of after it
}


def mend(tab: Page) -> dict[str, dict[str, list]]:
    """Mend the breaks; {slug: {"blank": share of each page but the last, "lone": titles}}."""
    return tab.evaluate(SCRIPT.read_text(encoding="utf-8"), SETTINGS)
