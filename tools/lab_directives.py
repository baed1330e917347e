"""What the book's own directives stand for, as Markdown that JupyterLab can show.

Sphinx fills these directives when the book is built. Here the same facts come straight from the
sources: the verdicts stored in the notebooks, the bibliography, the docstrings, the formal proof.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lab_pages import CHAPTER, PRF, Book, anchor, extension, header, markdown_of

FIGURES = Path(__file__).resolve().parent.parent / "utils/figures"
DIRECTIVE = re.compile(
    r"^```\{([\w-]+)\}(?P<argument>[^\n]*)\n(?P<options>(?::[\w-]+:[^\n]*\n)*)(?P<body>.*?)^```$",
    re.M | re.S,
)
TOTAL = re.compile(r"\{ledger-total\}`([\w-]+)`")
EQUATION = re.compile(r"\$\$\n((?:(?!\$\$).)+?)\n\$\$ \((eq:[^)\s]+)\)", re.S)


@dataclass(frozen=True)
class Directive:
    """One directive of a page; ``folder`` holds the pages."""

    argument: str
    options: str
    body: str
    folder: Path
    book: Book


def has_directive(text: str) -> bool:
    return any(match[1] in MEANINGS for match in DIRECTIVE.finditer(text)) or bool(
        TOTAL.search(text)
    )


def spelled_out(text: str, folder: Path, book: Book) -> str:
    """The page with each directive of the book replaced by what it stands for."""

    def meaning(match: re.Match) -> str:
        if match[1] not in MEANINGS:
            return match[0]
        parts = (match[name].strip() for name in ("argument", "options", "body"))
        return MEANINGS[match[1]](Directive(*parts, folder, book))

    text = DIRECTIVE.sub(meaning, text)
    if TOTAL.search(text):
        numbers = totals(folder)
        text = TOTAL.sub(lambda match: str(numbers[match[1]]), text)
    return re.sub(r"\]\((formal-axioms)\)", r"](#\1)", text)


def as_shown(text: str, file: Path, book: Book) -> str:
    """A page of text as JupyterLab is given it."""
    text = spelled_out(text, file.parent, book) if has_directive(text) else text
    return header(file.name) + book.shown(text, file.name)


def chapters(folder: Path) -> Iterator[tuple[str, dict]]:
    for file in sorted(folder.glob("*.ipynb")):
        if CHAPTER.fullmatch(file.name):
            yield file.name, json.loads(file.read_text(encoding="utf-8"))


def title_of(notebook: dict) -> str:
    return markdown_of(notebook).partition("\n")[0].removeprefix("# ")


def bibliography(of: Directive) -> str:
    from pybtex.backends.markdown import Backend
    from pybtex.database import parse_file
    from pybtex.style.formatting.alpha import Style

    works = Style().format_bibliography(parse_file(of.folder / "references.bib"))
    return "\n\n".join(
        f"({anchor(work.key)})=\n**{of.book.works[work.key].authors}, "
        f"{of.book.works[work.key].year}.** {plain(work.text.render(Backend()))}"
        for work in works
    )


def plain(rendered: str) -> str:
    """Without the escapes of marks that mean nothing here, and with addresses as links."""
    words = re.sub(r"\\([.\-()])", r"\1", rendered)
    return re.sub(r"\\+url (\S+?)(?=[.,]?(?:\s|$))", r"<\1>", words)


def glossary(of: Directive) -> str:
    """Sphinx indents what a word means; jupyterlab-myst wants a definition list."""
    entries = re.split(r"\n\n(?=\S)", of.body)
    items = []
    for entry in entries:
        words, _, meaning = entry.partition("\n  ")
        items.append("\n".join([*words.splitlines(), f": {' '.join(meaning.split())}"]))
    return "\n\n".join(items)


# The ledger.


@cache
def rows_at(folder: Path, changed: float) -> tuple:
    ledger, rules = extension("ledger_page"), importlib.import_module("utils.checks.verdict")
    rows = []
    for page, notebook in chapters(folder):
        bundles = [
            output.get("data", {})
            for cell in notebook["cells"]
            for output in cell.get("outputs", [])
        ]
        verdicts = [rules.Verdict.from_facts(b[rules.MIME]) for b in bundles if rules.MIME in b]
        for tex, label in EQUATION.findall(markdown_of(notebook)):
            equation = ledger.Equation(label, page, None, ledger.count_lines(tex))
            own = tuple(verdict for verdict in verdicts if verdict.label == label)
            rows.append(ledger.Row(None, page, equation, own))
    return tuple(rows)


def rows_of(folder: Path) -> tuple:
    changed = max((file.stat().st_mtime for file in folder.glob("*.ipynb")), default=0)
    return rows_at(folder, changed)


def totals(folder: Path) -> dict[str, int]:
    return extension("ledger_page").totals(list(rows_of(folder)))


def cell(text: str) -> str:
    return " ".join(text.replace("|", r"\|").split()) or "–"


def said(nodes: list) -> str:
    """The words of the ledger's cell, a list as "a; b"."""
    lists = [node for node in nodes if node.tagname == "bullet_list"]
    names = ["; ".join(item.astext() for item in one) for one in lists]
    words = [node.astext() for node in nodes if node not in lists]
    return " ".join([*words, *names])


def ledger(of: Directive) -> str:
    page, kernel = extension("ledger_page"), extension("kernel_column")
    rows = rows_of(of.folder)
    heads = ("Equation", "Kind", "What decided it", "Scope", "Lines with teeth")
    heads += ("On the proof alone", "Kernel")
    parts = [page.in_one_sentence(page.totals(list(rows))).astext()]
    for name, notebook in chapters(of.folder):
        own = [row for row in rows if row.page == name]
        if not own:
            continue
        lines = [f"| {' | '.join(heads)} |", f"|{':--|' * len(heads)}"]
        for row in own:
            behind = kernel.sources.entries().get(row.equation.label)
            names = ", ".join(f"`{n}`" for n in behind.names) if behind else "–"
            if behind and behind.part:
                names += f" ({behind.part})"
            about = [cell(said(page.on_the_proof(row))), cell(names)]
            for k, verdict in enumerate(row.verdicts):
                decided = f"{'✓' if verdict.holds else '✗'} **{verdict.method}:** "
                also = f" Also true: {'; '.join(verdict.equivalent)}." if verdict.equivalent else ""
                decided += f"{verdict.outcome} {verdict.note}".rstrip() + also
                first = [f"{{eq}}`{row.equation.label}`", page.kind_of(row.verdicts).capitalize()]
                entries = [
                    *(first if k == 0 else ["", ""]),
                    cell(decided),
                    cell(said(page.scope(verdict, row))),
                    cell(said(page.teeth(verdict, row))),
                    *(about if k == 0 else ["", ""]),
                ]
                lines.append(f"| {' | '.join(entries)} |")
        parts += [f"## {chapter_name(name, notebook)}", "\n".join(lines)]
    return "\n\n".join(parts)


def chapter_name(page: str, notebook: dict) -> str:
    return f"{int(CHAPTER.fullmatch(page)[1])}. {title_of(notebook)}"


# The proof map.


@dataclass
class Statement:
    """A statement with what its text and its proof refer to."""

    label: str
    title: str
    labels: set[str]
    references: set[str]


def statements_of(text: str) -> Iterator[Statement]:
    """The statements of a chapter; what follows up to the next heading's end may be its proof."""
    block = re.compile(
        rf"^(?P<fence>:::+)\{{(?:{PRF}|prf:proof|dropdown)\}}(?P<title>[^\n]*)\n(?P<body>.*?)^(?P=fence)$"
        r"|^#+ [^\n]*$",
        re.M | re.S,
    )
    current = None
    for match in block.finditer(text):
        body = match["body"]
        if body is None:  # a heading
            if current:
                yield current
            current = None
            continue
        references = set(re.findall(r"\{(?:eq|prf:ref)\}`([^`]+)`", body))
        label = re.search(r"^:label: *(\S+)", body, re.M)
        if match[2] and label:
            if current:
                yield current
            inside = set(re.findall(r"\$\$ \((eq:[^)\s]+)\)", body))
            current = Statement(label[1], match["title"].strip(), inside | {label[1]}, references)
        elif current:
            current.references |= references
    if current:
        yield current


def proof_map(of: Directive) -> str:
    """The references by name; the built page also finds definitions by the words they define."""
    by_chapter = {
        chapter_name(page, notebook): list(statements_of(markdown_of(notebook)))
        for page, notebook in chapters(of.folder)
    }
    everything = [one for group in by_chapter.values() for one in group]
    owner = {label: one.label for one in everything for label in one.labels}
    uses = {
        one.label: [
            other.label
            for other in everything
            if other is not one and other.label in {owner.get(name) for name in one.references}
        ]
        for one in everything
    }
    lines = [
        "*The built page draws the arrows. Here stands, for each statement, what its text and its "
        "proof refer to by name, and where it is referred to.*"
    ]

    def named(labels: list[str]) -> str:
        return ", ".join(f"{{prf:ref}}`{label}`" for label in labels)

    for name, group in by_chapter.items():
        if group:
            lines.append(f"**{name}**")
        items = []
        for one in group:
            users = [label for label, used in uses.items() if one.label in used]
            words = f"- {named([one.label])}{f', {one.title}' if one.title else ''}."
            words += f" Refers to {named(uses[one.label])}." if uses[one.label] else ""
            words += f" Referred to by {named(users)}." if users else ""
            items.append(words)
        lines.append("\n".join(items))
    return "\n\n".join(filter(None, lines))


def all_figures(of: Directive) -> str:
    """Each figure's number, message and caption; the pictures are drawn in their chapters."""
    from utils.explorer.numbering import figures_of

    parts = []
    for page, notebook in chapters(of.folder):
        chapter = int(CHAPTER.fullmatch(page)[1])
        items = []
        for place, (module, variable) in enumerate(figures_of(of.folder / page), 1):
            number = f"{chapter}.{place}" if chapter else str(place)
            said = words_of_picture(module, variable) if module else ""
            items.append(f"- [Figure {number}]({page}){said}")
        if items:
            parts += [f"### {chapter_name(page, notebook)}", "\n".join(items)]
    return "\n\n".join(parts)


def picture_of(of: Directive) -> str:
    """Nothing: the figure itself is one link away."""
    return ""


def button(of: Directive) -> str:
    """A plain link: jupyterlab-myst has no buttons."""
    return f"[{of.body}]({of.argument}.ipynb)"


def words_of_picture(module: str, variable: str) -> str:
    """Title and caption as they stand in the source: to import all figures takes seconds."""
    for node in figure_module(module).body:
        if getattr(node, "name", None) == variable:
            calls = node.decorator_list
        elif isinstance(node, ast.AnnAssign) and node.target.id == variable:
            calls = [node.value]
        else:
            continue
        said = {k.arg: k.value for call in calls for k in getattr(call, "keywords", ())}
        return f": {ast.literal_eval(said['title'])}. {literal(said['caption'])}".rstrip()
    return ""


def literal(node: ast.expr) -> str:
    """The text of a constant; of a text with something added to it, the text."""
    return ast.literal_eval(node.left if isinstance(node, ast.BinOp) else node)


@cache
def figure_module(name: str) -> ast.Module:
    return ast.parse((FIGURES / f"{name}.py").read_text(encoding="utf-8"))


# The library.

MODULE = re.compile(r"^\.\. automodule:: (\S+)\n(?:   :members:([^\n]*)\n?)?", re.M)


def docstrings(of: Directive) -> str:
    return "\n\n".join(
        part for name, members in MODULE.findall(of.body) for part in documented(name, members)
    )


def documented(name: str, members: str) -> Iterator[str]:
    module = importlib.import_module(name)
    chosen = [part.strip() for part in members.split(",") if part.strip()]
    yield f"**`{name}`**" + (f": {inspect.getdoc(module)}" if inspect.getdoc(module) else "")
    for member in chosen or [key for key in vars(module) if not key.startswith("_")]:
        value = getattr(module, member)
        own = getattr(value, "__module__", None) == name and (
            inspect.isclass(value) or inspect.isfunction(value)
        )
        if own and inspect.getdoc(value):
            try:
                signature = str(inspect.signature(value))
            except ValueError:
                signature = ""
            yield f"```text\n{member}{signature}\n\n{inspect.getdoc(value)}\n```"


# The formal proof.


def formal_beside(of: Directive) -> str:
    block = extension("formal_page").formal_text(of.argument.split(), ":context:" in of.options)
    return f"{of.body}\n\n```coq\n{block.astext()}\n```"


def formal_axioms(of: Directive) -> str:
    (entries,) = extension("formal_page").FormalAxioms.run(None)
    return "\n".join(f"- {entry.astext()}" for entry in entries)


def formal_size(of: Directive) -> str:
    (sentence,) = extension("formal_page").FormalSize.run(None)
    return sentence.astext()


def formal_proof(of: Directive) -> str:
    sources = extension("formal_sources")
    stored = sources.stored_goals()
    proof = sources.items()[stored["theorem"]].proof
    reasons = ["This is the statement, with its hypotheses above the line."]
    reasons += [sentence.comment for sentence in proof]
    return "\n\n".join(
        f"`{step['tactic']}`\n\n{reason}\n\n```text\n{step['goals']}\n```"
        for step, reason in zip(stored["steps"], reasons, strict=True)
    )


MEANINGS: dict[str, Callable[[Directive], str]] = {
    "bibliography": bibliography,
    "glossary": glossary,
    "ledger": ledger,
    "proof-map": proof_map,
    "all-figures": all_figures,
    "picture-of": picture_of,
    "button-ref": button,
    "eval-rst": docstrings,
    "formal-beside": formal_beside,
    "formal-proof": formal_proof,
    "formal-axioms": formal_axioms,
    "formal-size": formal_size,
}
