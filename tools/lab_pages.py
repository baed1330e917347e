"""The pages as JupyterLab shows them, and back.

jupyterlab-myst resolves a reference inside one notebook only, knows no bibliography, and numbers
equations from (1) on in every chapter. So what a page says of other pages becomes plain links when
the page is opened, with the numbers of the built book, and what it was when the page is saved:

    {eq}`eq:traj-score`                 [(1.7)](01-trajectory-likelihood.ipynb#eq-traj-score)
    {prf:ref}`thm:pgt`                  [Theorem 4.1](04-the-theorem.ipynb#thm-pgt)
    {ref}`Counts <ex:score-of-counts>`  [Counts](01-trajectory-likelihood.ipynb#ex-score-of-counts)
    [the table](#the-table)             [the table](09-language-models.ipynb#the-table)
    {cite:t}`williams1992simple`        Williams \\[[1992](bibliography.md#williams1992simple)\\]
    {cite:p}`glynn1990likelihood`       \\[[Glynn, 1990](bibliography.md#glynn1990likelihood)\\]

A header numbers the chapter, a labelled display says that it has a number, and a cell whose code or
output the built page hides is shut. All of it is undone to the letter when the page is saved.
"""

from __future__ import annotations

import importlib
import json
import platform
import re
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tidy import NOTEBOOK_METADATA

EXTENSIONS = Path(__file__).resolve().parent.parent / "book/_ext"
CHAPTER = re.compile(r"(\d+)-.*\.ipynb")
PRF = r"prf:(?!proof\b)(\w+)"
LABEL = re.compile(
    r"\$\$ \((?P<equation>eq:[^)\s]+)\)"
    rf"|^:::+\{{{PRF}\}}[^\n]*\n(?: *:(?!label)[\w-]+:[^\n]*\n)*:label: *(?P<statement>\S+)",
    re.M,
)
ROLE = re.compile(r"\{(eq|prf:ref|ref|cite:p|cite:t)\}`([^`\n]+)`")
EXERCISE = re.compile(r"^:label: *(ex:\S+)", re.M)
NAMED = re.compile(r"([^<`]+) <(ex:[^>`]+)>")
PLACE = re.compile(r"^\(([\w-]+)\)=$", re.M)
PLACE_LINK = re.compile(r"\]\(([\w-]+\.ipynb)?#([\w-]+)\)")
NAMED_LINK = re.compile(r"\[([^\[\]\n]+)\]\(([\w-]+\.ipynb)#(ex-[\w-]+)\)")
WORKS = "bibliography.md"
WORK = rf"\[[^\[\]\n]+\]\({re.escape(WORKS)}#([^()\s]+)\)"
SEVERAL_WORKS = re.compile(rf"\\\[{WORK}(?:, {WORK})+\\\]")
# What JupyterLab writes into a notebook when its kernel answers. If it stands there already,
# the notebook does not count as changed as soon as it is opened.
KERNEL = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
        "version": platform.python_version(),
    },
}
SHUT = {
    "hide-input": ("source_hidden",),
    "remove-input": ("source_hidden",),
    "hide-output": ("outputs_hidden",),
    "remove-output": ("outputs_hidden",),
    "hide-cell": ("source_hidden", "outputs_hidden"),
    "remove-cell": ("source_hidden", "outputs_hidden"),
}


def extension(name: str):
    """A module of `book/_ext`, loaded when a page asks for it: Sphinx takes its time."""
    if str(EXTENSIONS) not in sys.path:
        sys.path.insert(0, str(EXTENSIONS))
    return importlib.import_module(name)


@dataclass(frozen=True)
class Target:
    """What a label names: on which page, and how the built book calls it, such as "(1.7)"."""

    page: str
    anchor: str
    words: str


def anchor(label: str) -> str:
    """The id that jupyterlab-myst gives to what carries this label."""
    return re.sub(r"[^a-z0-9-]+", "-", label.lower()).strip("-")


def markdown_of(notebook: dict) -> str:
    return "\n\n".join(
        "".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown"
    )


def targets_of(page: str, text: str) -> dict[str, Target]:
    """The numbered equations and the statements of a chapter, counted as the built book counts."""
    chapter = CHAPTER.fullmatch(page)
    counts: Counter[str] = Counter()
    found = {}
    for match in LABEL.finditer(text):
        kind = match[2] or "eq"
        counts[kind] += 1
        number = f"{int(chapter[1])}.{counts[kind]}" if chapter else str(counts[kind])
        label = match["equation"] or match["statement"]
        words = f"{kind.title()} {number}" if match[2] else f"({number})"
        found[label] = Target(page, anchor(label), words)
    return found


@dataclass(frozen=True)
class Work:
    """How the text calls a work of the bibliography."""

    key: str
    authors: str
    year: str

    def link(self, words: str) -> str:
        return f"[{words}]({WORKS}#{anchor(self.key)})"


def works_of(file: Path) -> dict[str, Work]:
    if not file.is_file():
        return {}
    from pybtex.database import parse_file

    found = {}
    for key, entry in parse_file(file).entries.items():
        people = [
            " ".join(str(name) for name in person.rich_prelast_names + person.rich_last_names)
            for person in entry.persons.get("author", entry.persons.get("editor", []))
        ]
        authors = f"{people[0]} et al." if len(people) > 2 else " and ".join(people)
        title = re.sub(r"[{}]", "", entry.fields["title"])
        found[key] = Work(key, authors or title, entry.fields["year"])
    return found


@dataclass(frozen=True)
class Book:
    """All labels and works to which a page may refer, and the title of each page."""

    targets: dict[str, Target] = field(default_factory=dict)
    works: dict[str, Work] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    exercises: dict[str, str] = field(default_factory=dict)  # label -> its page
    places: dict[str, str] = field(default_factory=dict)  # named place -> its page

    @cached_property
    def links(self) -> dict[str, tuple[str, str]]:
        """role -> (page of its target, link)."""
        found = {}
        for label, target in self.targets.items():
            role = "eq" if label.startswith("eq:") else "prf:ref"
            link = f"[{target.words}]({target.page}#{target.anchor})"
            found[f"{{{role}}}`{label}`"] = (target.page, link)
        for key, work in self.works.items():
            found[f"{{cite:p}}`{key}`"] = ("", self.cited([work]))
            named = f"{work.authors} \\[{work.link(work.year)}\\]"
            found[f"{{cite:t}}`{key}`"] = ("", named)
        return found

    @staticmethod
    def cited(works: Iterable[Work]) -> str:
        return f"\\[{', '.join(work.link(f'{work.authors}, {work.year}') for work in works)}\\]"

    def shown(self, text: str, page: str) -> str:
        """The text with a link for each reference that leads to another page."""

        def link(role: re.Match) -> str:
            named = NAMED.fullmatch(role[2]) if role[1] == "ref" else None
            if named and named[2] in self.exercises:
                return f"[{named[1]}]({self.exercises[named[2]]}#{anchor(named[2])})"
            where, shown = self.links.get(role[0], (page, ""))
            if role[1] == "cite:p" and "," in role[2]:
                works = [self.works.get(key) for key in role[2].split(",")]
                return self.cited(works) if all(works) else role[0]
            return role[0] if where == page else shown

        def place(link: re.Match) -> str:
            where = self.places.get(link[2], page)
            return link[0] if link[1] or where == page else f"]({where}#{link[2]})"

        return counted(PLACE_LINK.sub(place, ROLE.sub(link, text)))

    def stored(self, text: str, page: str) -> str:
        """The text with its references, as `shown` was given it."""

        def role(link: re.Match) -> str:
            anchors = re.findall(WORK, link[0])
            keys = [key for name in anchors for key in self.works if anchor(key) == name]
            same = self.cited(map(self.works.__getitem__, keys)) == link[0]
            return f"{{cite:p}}`{','.join(keys)}`" if same else link[0]

        def exercise(link: re.Match) -> str:
            of = [ex for ex, at in self.exercises.items() if (at, anchor(ex)) == link.groups()[1:]]
            return f"{{ref}}`{link[1]} <{of[0]}>`" if of else link[0]

        def place(link: re.Match) -> str:
            return f"](#{link[2]})" if link[1] and self.places.get(link[2]) == link[1] else link[0]

        text = NAMED_LINK.sub(exercise, SEVERAL_WORKS.sub(role, text))
        text = PLACE_LINK.sub(place, text)
        for written, (where, link) in self.links.items():
            if where != page and link in text:
                text = text.replace(link, written)
        return uncounted(text)


def book_in(folder: Path) -> Book:
    """The book whose pages lie in this folder."""
    targets, titles, exercises, places = {}, {}, {}, {}
    for file in sorted(folder.glob("*.ipynb")):
        if CHAPTER.fullmatch(file.name):
            text = markdown_of(json.loads(file.read_text(encoding="utf-8")))
            targets |= targets_of(file.name, text)
            titles[file.name] = text.partition("\n")[0]
            exercises |= dict.fromkeys(EXERCISE.findall(text), file.name)
            places |= dict.fromkeys(PLACE.findall(text), file.name)
    return Book(targets, works_of(folder / "references.bib"), titles, exercises, places)


def header(page: str) -> str:
    """Chapter 2 counts from (2.1) and Theorem 2.1; a display without a label gets no number."""
    chapter = CHAPTER.fullmatch(page)
    prefix = f"  enumerator: {int(chapter[1])}.%s\n" if chapter and int(chapter[1]) else ""
    return f"---\nnumbering:\n{prefix}  equation: false\n---\n\n"


def in_letters(title: str) -> str:
    """A title without formulas: jupyterlab-myst would show their source."""
    if "$" not in title:
        return title
    plain = extension("formulas").plain_text
    return re.sub(r"\$([^$]+)\$", lambda formula: plain(formula[1]), title)


def counted(text: str) -> str:
    """A labelled display says that it has a number, a proof that it has none."""
    text = re.sub(
        r"^\$\$\n((?:(?!\$\$).)+?)\n\$\$ \((eq:[^)\s]+)\)$",
        r"```{math}\n:label: \2\n:enumerated: true\n\1\n```",
        text,
        flags=re.M | re.S,
    )
    return re.sub(r"^(:::+\{prf:proof\}[^\n]*\n)", r"\1:enumerated: false\n", text, flags=re.M)


def uncounted(text: str) -> str:
    text = re.sub(
        r"^```\{math\}\n:label: (eq:\S+)\n:enumerated: true\n(.+?)\n```$",
        r"$$\n\2\n$$ (\1)",
        text,
        flags=re.M | re.S,
    )
    return re.sub(r"^(:::+\{prf:proof\}[^\n]*\n):enumerated: false\n", r"\1", text, flags=re.M)


def hidden_parts(cell: dict) -> set[str]:
    tags = cell["metadata"].get("tags", ())
    return {part for tag in tags for part in SHUT.get(tag, ())}


def show_notebook(notebook: dict, page: str, book: Book) -> None:
    """Change a notebook that was read into one to be looked at."""
    cells = notebook["cells"]
    for cell in cells:
        if cell["cell_type"] == "markdown":
            cell["source"] = book.shown("".join(cell["source"]), page)
        elif parts := hidden_parts(cell):
            cell["metadata"]["jupyter"] = dict.fromkeys(sorted(parts), True)
    if cells and cells[0]["cell_type"] == "markdown":
        source = cells[0]["source"]
        title = book.titles.get(page, "")
        if source.startswith(title):
            source = in_letters(title) + source.removeprefix(title)
        cells[0]["source"] = header(page) + source
    notebook["metadata"] |= KERNEL


def store_notebook(notebook: dict, page: str, book: Book) -> None:
    """Change a notebook that was looked at into one to be kept; undoes `show_notebook`."""
    cells = notebook["cells"]
    for cell in cells:
        if cell["cell_type"] == "markdown":
            cell["source"] = book.stored("".join(cell["source"]), page)
        elif hidden_parts(cell):
            cell["metadata"].pop("jupyter", None)
    if cells and cells[0]["cell_type"] == "markdown":
        source = cells[0]["source"].removeprefix(header(page))
        title = book.titles.get(page, "")
        if source.startswith(in_letters(title)):
            source = title + source.removeprefix(in_letters(title))
        cells[0]["source"] = source
    if notebook["metadata"].get("kernelspec", {}).get("name") == KERNEL["kernelspec"]["name"]:
        notebook["metadata"] |= NOTEBOOK_METADATA
