"""An edition as one HTML document for paper, and how it is made to fit between the margins.

A formula or table that is too wide is set smaller; what is too wide all the same is an error.
"""

from __future__ import annotations

import re
import shutil
from html import escape
from pathlib import Path

from playwright.sync_api import Page

from paper import front
from paper.edition import Edition, Part, inner
from paper.site import Site

HERE = Path(__file__).resolve().parent
STATIC = HERE.parents[1] / "book/_static"
TEXT_WIDTH = 582  # px, 154 mm: a page of A4 less the margins in paper.css
SMALLEST = 0.7  # of the size of the text

FIT = """(smallest) => {
    const right = document.documentElement.clientWidth;
    const limits = new Map();
    document.querySelectorAll(".formula").forEach((one) => limits.set(one, 0));
    document.querySelectorAll("table, div.text_latex").forEach((one) => limits.set(one, right));
    const sizes = new Map();
    const excess = ([box, limit]) => {
        const own = box.getBoundingClientRect();
        const reach = Math.max(...[...box.querySelectorAll("*")]
            .map((one) => one.getBoundingClientRect().right));
        return [box, (reach - own.left) / ((limit || own.right) - own.left)];
    };
    for (let round = 0; round < 8; round += 1) {
        const wide = [...limits].map(excess).filter(([, ratio]) => ratio > 1.002);
        wide.forEach(([box, ratio]) => {
            sizes.set(box, Math.max(smallest, (sizes.get(box) ?? 1) / ratio - 0.005));
            box.style.fontSize = `${sizes.get(box)}em`;
        });
    }
    return [...document.body.querySelectorAll("*")]
        .filter((one) => {
            const box = one.getBoundingClientRect();
            return box.width && (box.right > right + 1 || box.left < -1);
        })
        .map((one) => `${one.tagName} in ${one.closest("article, nav")?.id}: ${one.textContent}`)
        .map((text) => text.replace(/\\s+/g, " ").slice(0, 120));
}"""
# In the contents.
WITHOUT_SECTIONS = {"notation", "faq", "ledger", "bibliography", "answers", "solutions"}
AT_THE_END = re.compile(r'(<a class="at-the-end" href="#([^"]+)">[^<]*)</a>')
ON_PAGE = r'\1<span class="on-page" data-of="\2">, page 000</span></a>'


class Unprintable(RuntimeError):
    """A page cannot stand as it is; the message says where and why."""


class TooWide(Unprintable):
    """Something reaches over the edge of the text, even set as small as may be."""


def document(edition: Edition, site: Site) -> str:
    """The HTML that is printed: title, contents, parts; a running head for each part."""
    heads = "".join(
        f'@page {part.slug} {{ @top-left {{ content: "{quoted(part.title)}" }} }}\n'
        f"#part-{part.slug} {{ page: {part.slug} }}\n"
        for part in edition.parts
    )
    body = "".join(
        f'<article id="part-{part.slug}">{part.tree}</article>\n' for part in edition.parts
    )
    return site.filled(
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(edition.title)}</title>"
        '<link rel="stylesheet" href="formulas.css">'
        f'<link rel="stylesheet" href="paper.css"><style>{heads}</style></head><body>'
        f'<div class="title-page">{front.title_page(edition)}</div>'
        f"{contents(edition)}{AT_THE_END.sub(ON_PAGE, body)}</body></html>"
    )


def quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def contents(edition: Edition) -> str:
    rows = "".join(
        f'<li><a href="#{place}">{words}</a><span class="page" data-of="{place}">000</span>'
        f"{'' if part.slug in WITHOUT_SECTIONS else sections(part)}</li>"
        for part in edition.parts
        for place, words in [(part.slug, inner(part.tree.h1))]
    )
    return f'<nav id="contents"><h1>Contents</h1><ol>{rows}</ol></nav>'


def sections(part: Part) -> str:
    rows = "".join(
        f'<li><a href="#{section["id"]}">{inner(section.h2)}</a>'
        f'<span class="page" data-of="{section["id"]}">000</span></li>'
        for section in part.tree.find_all("section")
        if section.find("h2", recursive=False)
    )
    return f"<ol>{rows}</ol>" if rows else ""


def lay_out(edition: Edition, site: Site, folder: Path) -> Path:
    """All that the browser needs, in one folder."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "figures").mkdir(parents=True)
    shutil.copytree(STATIC / "fonts", folder / "fonts")
    shutil.copy(STATIC / "formulas.css", folder)
    shutil.copy(HERE / "paper.css", folder)
    for file, svg in edition.pictures.items():
        (folder / file).write_text(svg, encoding="utf-8")
    page = folder / "index.html"
    page.write_text(document(edition, site), encoding="utf-8")
    return page.resolve()


def fit(tab: Page) -> None:
    """Make what is too wide smaller; `TooWide` names what reaches over the edge all the same."""
    tab.evaluate("async () => { await document.fonts.ready; }")
    if left := tab.evaluate(FIT, SMALLEST):
        raise TooWide("\n".join(left[:20]))
