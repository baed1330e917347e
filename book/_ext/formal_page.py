"""Directives for the page about the formal proof. All they show is read from `formal/`.

`{formal} name ...` shows the text of definitions and theorems as it stands in the sources; with
the option `:context:` also what their section supposes.
`{formal-beside} name ...` puts the text beside its content: the book's words on the left.
`{formal-proof}` steps through the stored proof, with the goals after each line.
`{formal-axioms}` lists the main theorems by the axioms behind them.
`{formal-size}` says how large the formal proof is.
"""

from __future__ import annotations

from html import escape

import formal_sources as sources
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

SHORT = {
    "ClassicalDedekindReals.sig_not_dec": "decide a negation",
    "ClassicalDedekindReals.sig_forall_dec": "search the natural numbers",
    "FunctionalExtensionality.functional_extensionality_dep": "equal functions",
    "Classical_Prop.classic": "excluded middle",
}


def formal_text(names: list[str], context: bool = False) -> nodes.literal_block:
    """The source text of these items, one below the other, with what their section supposes."""
    known = sources.items()
    missing = [name for name in names if name not in known]
    if missing:
        raise ValueError(f"the formal proof has no {', '.join(missing)}")
    supposed = ["\n".join(known[names[0]].context)] if context else []
    text = "\n\n".join([*supposed, *(known[name].text for name in names)])
    block = nodes.literal_block(text, text, classes=["formal-text"])
    block["language"] = "coq"
    return block


class Formal(SphinxDirective):
    required_arguments = 1
    optional_arguments = 12
    option_spec = {"context": directives.flag}

    def run(self) -> list[nodes.Node]:
        return [formal_text(self.arguments, "context" in self.options)]


class FormalBeside(SphinxDirective):
    has_content = True
    required_arguments = 1
    optional_arguments = 12
    option_spec = {"context": directives.flag}

    def run(self) -> list[nodes.Node]:
        words = nodes.container(classes=["formal-words"])
        self.state.nested_parse(self.content, self.content_offset, words)
        text = formal_text(self.arguments, "context" in self.options)
        return [nodes.container("", words, text, classes=["formal-beside"])]


def step_html(number: int, tactic: str, reason: str, goals: str) -> str:
    said = f"<p>{escape(reason)}</p>"
    shown = f'<pre class="formal-goals">{escape(goals)}</pre>'
    line = f"<p><code>{escape(tactic)}</code></p>"
    return f'<li class="formal-step" value="{number}">{line}{said}{shown}</li>'


def proof_html() -> str:
    stored = sources.stored_goals()
    item = sources.items()[stored["theorem"]]
    reasons = ["This is the statement, with its hypotheses above the line."]
    reasons += [sentence.comment for sentence in item.proof]
    steps = [
        step_html(number, step["tactic"], reason, step["goals"])
        for number, (step, reason) in enumerate(zip(stored["steps"], reasons, strict=True))
    ]
    return f'<ol class="formal-proof">{"".join(steps)}</ol>'


class FormalProof(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        return [nodes.raw("", proof_html(), format="html")]


class FormalAxioms(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        groups: dict[tuple[str, ...], list[str]] = {}
        for name, axioms in sources.stored_assumptions().items():
            groups.setdefault(tuple(axioms), []).append(name)
        entries = nodes.bullet_list()
        for axioms, names in sorted(groups.items(), key=lambda group: len(group[0])):
            used = nodes.strong("", ", ".join(SHORT[axiom] for axiom in axioms) or "none")
            said = nodes.paragraph("", "", used, nodes.Text(": "))
            for name in names:
                said += [nodes.literal("", name), nodes.Text(", " if name != names[-1] else ".")]
            entries += nodes.list_item("", said)
        return [entries]


class FormalSize(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        files = sources.modules()
        lines = sum(len(sources.source(module).splitlines()) for module in files)
        kinds = [item.kind for item in sources.items().values()]
        proved = sum(kind in sources.THEOREMS for kind in kinds)
        equations = sum(label.startswith("eq:") for label in sources.entries())
        sentence = (
            f"The formal proof has {lines:,} lines in {len(files)} files: "
            f"{len(kinds) - proved} definitions, and {proved} theorems and lemmas. "
            f"They stand behind {equations} numbered equations of this book."
        )
        return [nodes.paragraph("", sentence.replace(",", "\u202f", 1))]


def on_read(app: Sphinx, env: BuildEnvironment, names: list[str]) -> None:
    """A change in `formal/` rewrites the pages that show it."""
    if "book/formal" in env.found_docs and "book/formal" not in names:
        names.append("book/formal")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("formal", Formal)
    app.add_directive("formal-beside", FormalBeside)
    app.add_directive("formal-proof", FormalProof)
    app.add_directive("formal-axioms", FormalAxioms)
    app.add_directive("formal-size", FormalSize)
    app.connect("env-before-read-docs", on_read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
