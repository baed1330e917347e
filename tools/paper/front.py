"""What the paper editions say of themselves, in place of "How to read" on the first page."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paper.edition import Edition

TITLE = "The policy gradient theorem, line by line"
SUBTITLE = {"road": "The main road", "book": "The whole book"}
DESCRIPTION = (
    "A proof of the policy gradient theorem in which every line has its reason beside it and every "
    "numbered equation a check that a machine has run, with figures, exercises and solutions."
)
OPENING = "The theorem and its proof on a few pages"

HOLDS = {
    "road": "This is the main road of the book: text, statements, proofs and figures, without "
    "what is starred ★ or folded on its pages. Where the text refers to a part that is left out, "
    "it says “in the whole book”.",
    "book": "This is the whole book: the main road, and the sections with a star ★ for those who "
    "want it sharp. What is folded on the pages stands open here, except the code behind figures "
    "and checks. Four pages are left to the site: the proof map, the list of all figures, the "
    "library of functions, and how to run the chapters.",
}
FIGURES = (
    "Most figures move on the page. Here each stands as its first frame, and smaller ones show it "
    "at other positions of its controls. Where the text moves a slider or draws again, look along "
    "the smaller ones. "
)
LINKED = "A link below it leads to the figure that moves."
PREDICTIONS = (
    "A prediction is a question to answer before you read on. "
    '<a href="#answers">The replies</a> and <a href="#solutions">the solutions</a> of the '
    "exercises stand at the end."
)
CHECKS = (
    "Every numbered equation has at least one check that a machine has run. A line “Checked” "
    "below a proof says how: exact, by computer algebra; at random points or on random MDPs, in "
    "exact arithmetic; simulated, by sampling."
)
LEDGER = {
    "road": " The ledger, a page of the site, says how far each check reaches.",
    "book": ' <a href="#ledger">The ledger</a> says how far each check reaches.',
}

# What a section of exercises says of the page, to the end of its paragraph, and what replaces it.
ABOUT_EXERCISES = re.compile(
    r"(Work on paper first; each|On the page, type|Type into the box|Say what is wrong before).*",
    re.S,
)
EXERCISES = "Work on paper first. The solutions stand at the end."

CARDS = "Each row of the table on the page is a card here, with its columns one below the other."


def title_page(edition: Edition) -> str:
    """Title, author and version, as paragraphs."""
    imprint = edition.imprint
    return (
        f'<p class="title">{TITLE}</p><p class="subtitle">{SUBTITLE[edition.name]}</p>'
        f'<p class="imprint">{escape(imprint.author)}<br/>'
        f"Version {imprint.version}, {imprint.date}</p>"
    )


def cover(edition: Edition) -> str:
    """The cover, as an SVG in the proportions of a book."""
    first, _, second = TITLE.partition(", ")
    lines = (
        (420, 88, "bold", first.rpartition(" ")[0]),
        (530, 88, "bold", f"{first.rpartition(' ')[2]},"),
        (640, 88, "bold", second),
        (800, 56, "normal", SUBTITLE[edition.name]),
        (1450, 40, "normal", edition.imprint.author),
    )
    text = "".join(
        f'<text x="100" y="{y}" font-size="{size}" font-weight="{weight}">{escape(words)}</text>'
        for y, size, weight, words in lines
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="1600" '
        'viewBox="0 0 1200 1600"><rect width="1200" height="1600" fill="#0f3a63"/>'
        '<path d="M100 1240C330 1240 420 1000 600 1000S870 1120 1100 920" fill="none" '
        'stroke="#e8a33d" stroke-width="10"/>'
        f'<g fill="#fff" font-family="STIX Two Text, Georgia, serif">{text}</g></svg>'
    )


def about(edition: Edition) -> str:
    """The section "About this edition"."""
    address = escape(edition.imprint.address)
    where = f'The pages are at <a href="{address}">{address}</a>.' if address else ""
    paragraphs = (
        HOLDS[edition.name],
        FIGURES + (LINKED if address else ""),
        PREDICTIONS,
        CHECKS + LEDGER[edition.name],
        where,
    )
    body = "".join(f"<p>{text}</p>" for text in paragraphs if text)
    return f'<section id="about"><h1>About this edition</h1>{body}</section>'
