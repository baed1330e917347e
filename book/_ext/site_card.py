"""How the book shows itself elsewhere: descriptions, cards, canonical addresses, sitemap, 404.

The address of the published book is known only where it is published: ``BOOK_URL`` in the
environment. Without it, what needs an address is left out.
"""

from __future__ import annotations

import os
from html import escape
from pathlib import Path

from docutils import nodes
from formulas import plain_text
from sphinx.application import Sphinx
from sphinx.config import Config

BOOK = "A proof of the policy gradient theorem, line by line, with every line checked by machine."
LONGEST = 155  # letters of a description that a search page shows
CARD = "_static/card.png"

NOT_FOUND = """<section><h1>This page is not here</h1>
<p>The book begins at <a href="{home}">its first page</a>.
The list at the left leads to every chapter.</p>
</section>"""


def read_address(app: Sphinx, config: Config) -> None:
    config.html_baseurl = os.environ.get("BOOK_URL", "").rstrip("/")
    if config.html_baseurl:
        config.html_baseurl += "/"


def letters(paragraph: nodes.Element) -> str:
    parts = []
    for child in paragraph.children:
        if isinstance(child, nodes.math):
            parts.append(plain_text(child.astext()))
        elif isinstance(child, nodes.Element) and child.children:
            parts.append(letters(child))
        else:
            parts.append(child.astext())
    return "".join(parts)


def description(doctree: nodes.document | None) -> str:
    """The first sentences of the page, as far as a search page shows them."""
    for paragraph in doctree.findall(nodes.paragraph) if doctree else ():
        inside_box = not isinstance(paragraph.parent, (nodes.section, nodes.document))
        words = " ".join(letters(paragraph).split())
        if inside_box or len(words) < 40:
            continue
        if len(words) <= LONGEST:
            return words
        whole = words[:LONGEST].rfind(". ")
        return words[: whole + 1] if whole > 60 else words[:LONGEST].rsplit(" ", 1)[0] + " …"
    return BOOK


def describe(app: Sphinx, page: str, template: str, context: dict, doctree: object) -> None:
    words = escape(description(doctree), quote=True)
    title = escape(context.get("title", "") or app.config.html_title, quote=True)
    tags = [
        f'<meta name="description" content="{words}">',
        f'<meta property="og:title" content="{title}">',
        f'<meta property="og:description" content="{words}">',
        '<meta property="og:type" content="article">',
        '<meta name="twitter:card" content="summary_large_image">',
    ]
    base = app.config.html_baseurl
    if base:
        tags += [
            f'<meta property="og:url" content="{base}{page}.html">',
            f'<meta property="og:image" content="{base}{CARD}">',
        ]
    context["metatags"] = "\n".join([context.get("metatags", ""), *tags])
    if page == app.config.root_doc:
        context["title"] = context["docstitle"] = "The policy gradient theorem, line by line"
        context["titlesuffix"] = ""


def extra_pages(app: Sphinx):
    home = app.config.html_baseurl or ""
    body = NOT_FOUND.format(home=home + app.builder.get_target_uri(app.config.root_doc))
    yield "404", {"title": "Not found", "body": body}, "page.html"


def draw_card(path: Path) -> None:
    """1200 by 630 pixels: the name of the book and its theorem."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    theorem = r"$\nabla J=\frac{1}{1-\gamma}\sum_s d_\gamma(s)\sum_a\nabla\pi_\theta(a|s)\,Q(s,a)$"
    style = {"mathtext.fontset": "stix", "font.family": "STIXGeneral"}
    import matplotlib

    with matplotlib.rc_context(style):
        figure = Figure(figsize=(12, 6.3), dpi=100, facecolor="#14466b")
        FigureCanvasAgg(figure)
        figure.text(0.07, 0.74, "The policy gradient theorem,", size=44, color="white")
        figure.text(0.07, 0.61, "line by line", size=44, color="white")
        figure.text(0.07, 0.3, theorem, size=34, color="#ffd9a0")
        figure.text(
            0.07, 0.1, "Every line proved, and checked by machine", size=22, color="#cfe0ee"
        )
        figure.savefig(path, facecolor=figure.get_facecolor(), metadata={"Software": None})


def finish(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.name != "html":
        return
    out, base = Path(app.outdir), app.config.html_baseurl
    draw_card(out / CARD)
    first = app.builder.get_target_uri(app.config.root_doc)
    canonical = f'<link rel="canonical" href="{base}{first}">\n' if base else ""
    (out / "index.html").write_text(
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>The policy gradient theorem, line by line</title>\n"
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="description" content="{BOOK}">\n{canonical}'
        f'<meta http-equiv="refresh" content="0; url={first}">\n</head>\n'
        f'<body><p><a href="{first}">The policy gradient theorem, line by line</a></p></body>\n'
        f"</html>\n",
        encoding="utf-8",
    )
    if base:
        pages = "".join(
            f"<url><loc>{base}{app.builder.get_target_uri(page)}</loc></url>\n"
            for page in sorted(app.env.found_docs)
        )
        (out / "sitemap.xml").write_text(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{pages}</urlset>\n',
            encoding="utf-8",
        )
        (out / "robots.txt").write_text(
            f"User-agent: *\nAllow: /\nSitemap: {base}sitemap.xml\n", encoding="utf-8"
        )


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", read_address)
    app.connect("html-page-context", describe, priority=960)
    app.connect("html-collect-pages", extra_pages)
    app.connect("build-finished", finish, priority=950)  # after the pages have been made light
    return {"parallel_read_safe": True, "parallel_write_safe": True}
