"""The main road of the book: what is neither starred nor folded. Here stands the rule.

A heading that begins with a star stars its section and all below it. Of the exercises those are on
the road that their chapter names after "On the road:"; the others are practice. The functions on
text read the sources of a chapter; the paper editions apply the rule of the headings to its page
(tools/paper/edition.py).
"""

from __future__ import annotations

import re

STAR = "★"
HEADING = re.compile(r"^(#{1,6}) +(.*)$", re.M)
FOLDED = re.compile(r"^(:{3,})\{(?:dropdown|solution)\}.*?^\1[ ]*$", re.S | re.M)
EXERCISE = re.compile(
    rf"^(:{{3,}})\{{exercise\}} (?P<star>{STAR} )?[○◐●] (?P<title>[^\n]*)\n.*?^\1[ ]*$", re.S | re.M
)
NAMED = re.compile(r"^On the road: (.*)\. The others are practice\.$", re.M)


def is_starred(title: str) -> bool:
    """Whether a section or an exercise of this title is for those who want it sharp."""
    return title.lstrip().startswith(STAR)


def sections(text: str) -> list[tuple[bool, str, str]]:
    """(is it starred, heading, text) of each section; what stands under a starred one is too."""
    found, above = [], {0: False}
    marks = list(HEADING.finditer(text))
    for mark, after in zip(marks, [*marks[1:], None], strict=True):
        level, title = len(mark[1]), mark[2]
        above = {k: star for k, star in above.items() if k < level}
        above[level] = any(above.values()) or is_starred(title)
        body = text[mark.end() : after.start() if after else len(text)]
        found.append((above[level], title, body))
    return found


def exercises_on_the_road(text: str) -> list[str]:
    """Titles of the exercises that a chapter names for a first reading."""
    named = NAMED.search(text)
    return re.findall(r"\*([^*]+)\*", named[1]) if named else []


def on_the_road(text: str) -> str:
    """The text without starred sections, without practice, and without what is folded."""
    open_ones = (f"{title}\n{body}" for star, title, body in sections(text) if not star)
    named = exercises_on_the_road(text)
    return EXERCISE.sub(
        lambda found: found[0] if found["title"].strip() in named else "",
        FOLDED.sub("", "\n".join(open_ones)),
    )
