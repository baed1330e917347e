"""The words of a chapter in plain Markdown, for viewers that know nothing of the book.

What the book writes in MyST becomes what Jupyter, VS Code, GitHub and nbconvert all show: a number
inside its formula, a reference as that number, a citation as name and year, a box or a fold as a
quotation below its title. The solutions stand at the end, as nothing folds everywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lab_pages import NAMED, PLACE, ROLE, Book, Work

OPENS = re.compile(r"(:{3,})\{([\w:-]+)\} ?([^\n]*)")
OPTION = re.compile(r":([\w-]+): *([^\n]*)")
DISPLAY = re.compile(r"^( *)\$\$\n((?:(?!\$\$).)+?)\n *\$\$ \((eq:[^)\s]+)\)$", re.M | re.S)
LINK = re.compile(r"(?<!\\)\[([^\[\]\n]+)\]\(([^)\s]+)\)")
LABELLED_HEADING = re.compile(r"^\(([\w-]+)\)=\n+#+ +([^\n]+)$", re.M)
PROOF = re.compile(r"^\| *\| line \| reason \|\n\|[-:| ]+\|\n((?:\|[^\n]*\|(?:\n|\Z))+)", re.M)
ROW = re.compile(r"\| *([^|]*?) *\| *([^|]*?) *\| *([^|]*?) *\|")
HEADING = re.compile(r"#+ ")
# The font of a PDF that nbconvert makes has formulas and letters, and no signs.
SIGNS = {"★": "$\\star$", "○": "$\\circ$", "◐": "$\\odot$", "●": "$\\bullet$"}
SHOWN = re.compile(r"\$\$.*?\$\$", re.S)
EXERCISE = re.compile(r"^:::\{exercise\} ?([^\n]*)\n:label: *(\S+)$", re.M)
SOLUTION = re.compile(r"^:::\{solution\} *(\S+)\n(?::[^\n]*\n)*(.*?)^:::$", re.M | re.S)
END_OF_PROOF = "$\\blacksquare$"


@dataclass(frozen=True)
class Chapter:
    """What the words of one chapter refer to.

    headings  named place -> the heading that stands there
    titles    other page -> its title
    """

    book: Book
    headings: dict[str, str]
    titles: dict[str, str]


def headings_of(text: str) -> dict[str, str]:
    return dict(LABELLED_HEADING.findall(text))


def keys_of(text: str) -> list[str]:
    """The works that a text cites, each once, in its order."""
    cited = (role[2].split(",") for role in ROLE.finditer(text) if role[1].startswith("cite"))
    return list(dict.fromkeys(key for keys in cited for key in keys))


def plain_text(text: str, of: Chapter) -> str:
    """The text of one cell."""
    text = DISPLAY.sub(lambda found: numbered(found, of.book), text)
    text = PLACE.sub("", text)
    text = LINK.sub(lambda link: without_address(link, of), text)
    text = ROLE.sub(lambda role: named(role, of.book), text)
    text = PROOF.sub(in_lines, text)
    lines = "\n".join(map(without_signs, unboxed(text.splitlines(), of.book)))
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def in_lines(proof: re.Match) -> str:
    """The lines of a proof as a list: a table of long formulas is too wide for many viewers."""
    rows = ROW.findall(proof[1])
    return "".join(f"{number}. {line}\\\n   *Reason:* {why}\n" for number, line, why in rows)


def without_signs(line: str) -> str:
    """A line of text whose signs are formulas; a heading keeps its own."""
    if HEADING.match(line):
        return line
    return "".join(SIGNS.get(sign, sign) for sign in line)


def numbered(display: re.Match, book: Book) -> str:
    """A display with its number in it, as TeX has it: ``\\tag{1.7}``."""
    indent, formula, label = display.groups()
    number = book.targets[label].words.strip("()")
    return f"{indent}$$\n{formula} \\tag{{{number}}}\n{indent}$$"


def named(role: re.Match, book: Book) -> str:
    """A reference as what it refers to is called."""
    kind, content = role.groups()
    if kind == "ref":
        return NAMED.fullmatch(content)[1]
    if kind in ("eq", "prf:ref"):
        return book.targets[content].words
    works = [book.works[key] for key in content.split(",")]
    return in_brackets(works) if kind == "cite:p" else " and ".join(map(in_sentence, works))


def in_sentence(work: Work) -> str:
    return f"{work.authors} ({work.year})"


def in_brackets(works: list[Work]) -> str:
    return f"({'; '.join(f'{work.authors}, {work.year}' for work in works)})"


def without_address(link: re.Match, of: Chapter) -> str:
    """A link to a place of this chapter leads there; another page is not at hand, it has a name."""
    words, address = link.groups()
    if address.startswith("https:"):
        return link[0]
    if address.startswith("#"):
        heading = of.headings.get(address[1:])
        place = heading and heading.replace(" ", "-")
        return f"[{words}](#{place})" if place and re.fullmatch(r"[\w,-]+", place) else words
    title = of.titles.get(address, "")
    if address.endswith(".md") and words.lower() not in title.lower():
        return f"{words} [page *{title}* of the book]"
    return words


def unboxed(lines: list[str], book: Book) -> list[str]:
    """The lines without fences; a box may stand in a box, whose fence is then the longer one."""
    found: list[str] = []
    place = 0
    while place < len(lines):
        opens = OPENS.fullmatch(lines[place])
        if not opens:
            found.append(lines[place])
            place += 1
            continue
        end = lines.index(opens[1], place)
        inside, options = lines[place + 1 : end], {}
        while inside and (option := OPTION.fullmatch(inside[0])):
            options[option[1]] = option[2]
            inside = inside[1:]
        inside = unboxed(inside, book)
        found += box(opens[2], opens[3].strip(), options, "\n".join(inside).strip(), book)
        place = end + 1
    return found


def box(kind: str, title: str, options: dict[str, str], inside: str, book: Book) -> list[str]:
    """One box as lines of Markdown. A solution is nobody's box: it waits for the end."""
    if kind == "solution":
        return []
    if kind == "exercise":
        return ["", f"**Exercise. {title}**", "", inside, ""]
    if kind == "prf:proof":
        head, inside = f"*Proof{f' {title}' if title else ''}.*", f"{inside}\n\n{END_OF_PROOF}"
    elif kind.startswith("prf:"):
        name = book.targets[options["label"]].words
        head = f"**{name}{f' ({title})' if title else ''}.**"
    elif kind in ("admonition", "dropdown"):
        head = f"**{title}**"
    else:
        raise ValueError(f"a box of the kind {kind!r} has no form in plain Markdown")
    return ["", *quoted(f"{head}\n\n{inside}"), ""]


def quoted(text: str) -> list[str]:
    """A quotation, with each display on one line: a ``>`` at its second would become part of it."""
    text = SHOWN.sub(lambda display: " ".join(display[0].split()), text)
    return [f"> {line}".rstrip() for line in text.splitlines()]


def solutions_of(text: str, of: Chapter) -> list[str]:
    """The solutions in a text, in its order, each below the title of its exercise."""
    titles = {label: title for title, label in EXERCISE.findall(text)}
    return [
        f"### {titles[label]}\n\n{plain_text(inside, of)}"
        for label, inside in SOLUTION.findall(text)
    ]
