"""What helps a reader to plan: how long a chapter takes, and what its neighbours bring."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from site_card import description
from sphinx.application import Sphinx

WORDS_A_MINUTE = 200
FORMULAS_A_MINUTE = 12  # formulas in a line of text; a displayed one counts as three
LEFT_OUT = re.compile(r"<(script|style|svg|math|pre)\b.*?</\1>", re.S)
NEIGHBOUR = re.compile(
    r'(<a class="(?:left-prev|right-next)"\s+href="([^"#]*)".*?<p class="prev-next-title">.*?</p>)',
    re.S,
)
TITLE = re.compile(r"(<article\b.*?<h1>.*?</h1>)", re.S)


def main_road(body: str) -> str:
    """The chapter without its ★ sections, its exercises and its folds."""
    parts = re.split(r"(?=<h2\b)", body)
    kept = [
        part for part in parts if not re.match(r"<h2\b[^>]*>(?:<[^>]+>)*\s*(?:★|Exercises)", part)
    ]
    return re.sub(r"<details\b.*?</details>", "", "".join(kept), flags=re.S)


def minutes(body: str) -> int:
    """Minutes for the main road, to the nearest five."""
    road = main_road(body)
    displayed = road.count('<div class="formula"')
    formulas = road.count("<math") + 2 * displayed
    words = len(re.sub(r"<[^>]+>", " ", LEFT_OUT.sub(" ", road)).split())
    return max(5, 5 * round((words / WORDS_A_MINUTE + formulas / FORMULAS_A_MINUTE) / 5))


def say(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.name != "html":
        return
    out = Path(app.outdir)
    brings = {
        Path(app.builder.get_target_uri(page)).name: description(app.env.get_doctree(page))
        for page in app.env.found_docs
    }

    def neighbour(match: re.Match) -> str:
        words = brings.get(match[2].rpartition("/")[2], "")
        return f'{match[1]}<p class="prev-next-brings">{escape(words)}</p>' if words else match[1]

    for path in sorted((out / "book").glob("*.html")):
        page = NEIGHBOUR.sub(neighbour, path.read_text(encoding="utf-8"))
        if path.name[:2].isdigit():
            article = page[page.index("<article") : page.index("</article>")]
            time = minutes(article)
            line = (
                f'<p class="reading-time">About {time} minutes for the main road; '
                "★ sections, exercises and folds are extra.</p>"
            )
            page = TITLE.sub(lambda found, line=line: found[1] + line, page, count=1)
        path.write_text(page, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", say, priority=890)  # before the pages are made light
    return {"parallel_read_safe": True, "parallel_write_safe": True}
