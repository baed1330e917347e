"""Which pages there are, where they are served, and how to wait for one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup
from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]


def contents() -> list[str]:
    """The pages named in the table of contents, in reading order."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    chapters = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    return [toc["root"], *chapters]


# Every page a reader can reach: the book's own and those that Sphinx adds.
PAGES = [f"{name}.html" for name in contents()] + ["search.html", "genindex.html"]
CHAPTERS = [f"{name}.html" for name in contents() if name.split("/")[-1][:2].isdigit()]

each_page = pytest.mark.parametrize("page", PAGES)
each_chapter = pytest.mark.parametrize("page", CHAPTERS)


@dataclass(frozen=True)
class Site:
    html: Path
    url: str

    def address(self, page: str) -> str:
        return f"{self.url}/{page}"


@cache
def soup(path: Path) -> BeautifulSoup:
    """A built page, read once a worker."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def settle(tab: Page) -> None:
    """Wait until the fonts are there and the page has laid itself out."""
    tab.evaluate("async () => { await document.fonts.ready; }")
    rest(tab)


def rest(tab: Page) -> None:
    """Let the page lay itself out and answer: two frames."""
    tab.evaluate("() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")


def show_what_waits(tab: Page) -> None:
    """Show the figures and texts that wait for a prediction."""
    tab.evaluate(
        "() => document.querySelectorAll('.waits').forEach(one => { one.dataset.seen = ''; })"
    )
    rest(tab)


def lay_out(tab: Page) -> None:
    """Lay out what is far off too: a browser leaves it until a reader comes near."""
    tab.evaluate(
        """() => document.querySelectorAll("article section")
            .forEach(section => { section.style.contentVisibility = "visible"; })"""
    )
    rest(tab)


def unfold(tab: Page) -> None:
    """Open every folded proof and solution: all of the page is looked at."""
    show_what_waits(tab)
    lay_out(tab)
    tab.evaluate(
        """() => {
            document.querySelectorAll("article details").forEach(d => { d.open = true; });
            document.querySelectorAll("article .toggle-hidden > .admonition-title")
                .forEach(title => title.click());
        }"""
    )
    rest(tab)
    faded_in(tab)


def faded_in(tab: Page) -> None:
    """Wait for what fades in: on the way its colours are not those that a reader sees."""
    tab.evaluate(
        """() => Promise.all(document.getAnimations()
            .filter(one => one.effect.getComputedTiming().endTime < Infinity)
            .map(one => one.finished.catch(() => null)))"""
    )
