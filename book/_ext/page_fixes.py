"""Mends what the theme and its companions write into a page against the rules of this book."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx

# Roles that were withdrawn from the standard, or that stand where a list expects its items.
ROLES = {
    ' role="doc-biblioentry"': ' role="listitem"',
    ' role="doc-backlink"': "",
}


def drop_thebe_settings(app: Sphinx, doctree: nodes.document, page: str) -> None:
    for raw in list(doctree.findall(nodes.raw)):
        if "x-thebe-config" in raw.astext() or "kernelName =" in raw.astext():
            raw.parent.remove(raw)


# The same id on every proof and every solution of a page.
REPEATED = re.compile(r' id="(?:proof|proof-content|solution-content)"')
# A fold is opened by its title; a link there would lead away instead.
SOLUTION = re.compile(
    r'(<div class="solution[^>]*>\s*<p class="admonition-title">)(.*?)<a [^>]*>(.*?)</a>', re.S
)
FOLD = re.compile(
    r'<summary aria-label="Toggle hidden content">\s*<p class="collapsed admonition-title">.*?</p>'
    r'\s*<p class="expanded admonition-title">.*?</p>\s*</summary>(.*?)</details>',
    re.S,
)
STATEMENT = re.compile(
    r'(<div class="(?:proof (?!admonition")|exercise )[^"]*" id="([^"]+)">\s*'
    r'<p class="admonition-title">)(.*?)</p>',
    re.S,
)


SETS_UP = '<span class="nn">utils.notebook</span>'  # the imports of a chapter


def name_fold(match: re.Match) -> str:
    """What is folded, instead of one name for all."""
    inside = match.group(1)
    words = set(re.findall(r'<span class="n">(\w+)</span>', inside[:20_000]))
    name = "The code"
    if "cell_output" in inside[:400]:
        name = "The output"
    elif SETS_UP in inside and 'explore</span><span class="p">(' not in inside:
        name = "Set-up"
    elif "explore" in words or "show_figure" in words:
        name = "Code of the figure"
    elif words & {"check", "simulate", "check_simulation"}:
        name = "Code of the check"
    return f'<summary><p class="admonition-title">{name}</p></summary>{inside}</details>'


def add_permalink(match: re.Match) -> str:
    start, anchor, title = match.groups()
    name = re.sub(r"<math.*?</math>|<[^>]+>", "", title, flags=re.S).split("(")[0].strip()
    link = f'<a class="headerlink" href="#{anchor}" title="Link to {name}">#</a>'
    return f"{start}{title}{link}</p>"


def head_proofs(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """The columns of a proof have names; inside a proof they are heard and not seen."""
    for head in doctree.findall(nodes.thead):
        names = [entry.astext().strip() for entry in head.findall(nodes.entry)]
        if names != ["", *NAMES[1:]]:
            continue
        first = next(head.findall(nodes.entry))
        first.children = []
        first += nodes.paragraph("", NAMES[0])


NAMES = ("no.", "line", "reason")


def mend(app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document) -> None:
    # The scripts of Thebe name another host, declare a constant twice and serve nothing here.
    for files in ("script_files", "css_files"):
        context[files] = [
            file
            for file in context[files]
            if "thebe" not in f"{file} {getattr(file, 'attributes', '')}".lower()
        ]
    body = context.get("body", "")
    for old, new in ROLES.items():
        body = body.replace(old, new)
    body = SOLUTION.sub(r"\1\2\3", REPEATED.sub("", body))
    context["body"] = STATEMENT.sub(add_permalink, FOLD.sub(name_fold, body))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-resolved", drop_thebe_settings, priority=900)
    app.connect("doctree-resolved", head_proofs)
    app.connect("html-page-context", mend, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
