"""What helps a reader to plan: what the neighbours of a page bring."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from site_card import description
from sphinx.application import Sphinx
from whole_book import doctree_of

NEIGHBOUR = re.compile(
    r'(<a class="(?:left-prev|right-next)"\s+href="([^"#]*)".*?<p class="prev-next-title">.*?</p>)',
    re.S,
)


def say(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.name != "html":
        return
    out = Path(app.outdir)
    brings = {
        Path(app.builder.get_target_uri(page)).name: description(doctree_of(app.env, page))
        for page in app.env.found_docs
    }

    def neighbour(match: re.Match) -> str:
        words = brings.get(match[2].rpartition("/")[2], "")
        return f'{match[1]}<p class="prev-next-brings">{escape(words)}</p>' if words else match[1]

    for path in sorted((out / "book").glob("*.html")):
        page = NEIGHBOUR.sub(neighbour, path.read_text(encoding="utf-8"))
        path.write_text(page, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", say, priority=890)  # before the pages are made light
    return {"parallel_read_safe": True, "parallel_write_safe": True}
