"""The main road of the book: what is neither starred nor folded. Here stands the rule.

A heading that begins with a star stars its section and all below it; an exercise is starred by its
title. The functions on text read the sources of a chapter; the paper editions apply the same rule
to its page (tools/paper/edition.py).
"""

from __future__ import annotations

import re

STAR = "★"
HEADING = re.compile(r"^(#{1,6}) +(.*)$", re.M)
FOLDED = re.compile(r"^(:{3,})\{(?:dropdown|solution)\}.*?^\1[ ]*$", re.S | re.M)
STARRED_EXERCISE = re.compile(rf"^(:{{3,}})\{{exercise\}} {STAR}.*?^\1[ ]*$", re.S | re.M)


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


def on_the_road(text: str) -> str:
    """The text without starred sections and exercises, and without what is folded."""
    open_ones = (f"{title}\n{body}" for star, title, body in sections(text) if not star)
    return STARRED_EXERCISE.sub("", FOLDED.sub("", "\n".join(open_ones)))
