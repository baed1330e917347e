"""Reads the formal proof in `formal/`: statements, proofs, labels, stored texts. Needs no Coq."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

FORMAL = Path(__file__).resolve().parents[2] / "formal"
THEOREMS = ("Theorem", "Corollary", "Lemma")
SUPPOSED = ("Context", "Variable", "Hypothesis", "Notation")
ITEM = re.compile(r"(Theorem|Corollary|Lemma|Definition|Fixpoint|Record)\s+(\w+)")


@dataclass(frozen=True)
class Sentence:
    """One sentence of Coq, its period included, and the comment that follows it."""

    text: str
    comment: str


@dataclass(frozen=True)
class Item:
    """A definition or a theorem as it stands in the source.

    text     its own words, up to the period
    context  what its section supposes: variables, hypotheses, and short notations
    proof    the sentences of its proof; none for a definition
    """

    kind: str
    name: str
    module: str
    text: str
    context: tuple[str, ...]
    proof: tuple[Sentence, ...]


@dataclass(frozen=True)
class Entry:
    """What the kernel knows of one label of the book.

    names  the formal definitions and theorems behind it
    part   what they leave out or add, or the empty string
    """

    label: str
    names: tuple[str, ...]
    part: str


def modules() -> list[str]:
    """The names of the files, in the order of the book; none if there is no formal proof."""
    project = FORMAL / "_CoqProject"
    lines = project.read_text(encoding="utf-8").splitlines() if project.is_file() else []
    return [line.removesuffix(".v") for line in lines if line.endswith(".v")]


def source(module: str) -> str:
    return (FORMAL / f"{module}.v").read_text(encoding="utf-8")


def comment_end(text: str, start: int) -> int:
    """The place after the comment that begins at `start`; comments may stand in comments."""
    depth = 0
    for mark in re.compile(r"\(\*|\*\)").finditer(text, start):
        depth += 1 if mark[0] == "(*" else -1
        if depth == 0:
            return mark.end()
    raise ValueError("a comment is not closed")


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of a source in order. The bullets `-`, `+`, `*`, `{`, `}` stand alone."""
    place, begin, pending = 0, None, None
    notes: list[str] = []

    def finished() -> Iterator[Sentence]:
        if pending is not None:
            yield Sentence(pending, " ".join(" ".join(notes).split()))

    while place < len(text):
        if text.startswith("(*", place):
            end = comment_end(text, place)
            if begin is None:
                notes.append(text[place:end].strip("(*) \n"))
            place = end
            continue
        here = text[place]
        if begin is None and not here.isspace():
            begin = place
        if begin is not None:
            alone = begin == place and here in "-+*{}"
            period = here == "." and (place + 1 == len(text) or text[place + 1].isspace())
            if alone or period:
                yield from finished()
                pending, notes, begin = text[begin : place + 1], [], None
        place += 1
    yield from finished()


def items_of(module: str) -> Iterator[Item]:
    found: Item | None = None
    proof: list[Sentence] | None = None
    sections: list[list[str]] = []
    for sentence in sentences(source(module)):
        head = ITEM.match(sentence.text)
        if sentence.text == "Proof.":
            proof = []
        elif sentence.text in ("Qed.", "Defined."):
            if found is not None:
                yield replace(found, proof=tuple(proof or ()))
            found, proof = None, None
        elif proof is not None:
            proof.append(sentence)
        elif sentence.text.startswith("Section "):
            sections.append([])
        elif sentence.text.startswith("End "):
            sections.pop()
        elif sections and sentence.text.startswith(SUPPOSED):
            sections[-1].append(sentence.text)
        elif head:
            context = tuple(line for section in sections for line in section)
            found = Item(head[1], head[2], module, sentence.text, context, ())
            if head[1] not in THEOREMS and sentence.text.find(":=") > 0:
                yield found
                found = None


@cache
def items() -> dict[str, Item]:
    """Every definition and theorem by its name, which no two share."""
    found: dict[str, Item] = {}
    for module in modules():
        for item in items_of(module):
            if item.name in found:
                raise ValueError(f"{item.name} stands in {found[item.name].module} and in {module}")
            found[item.name] = item
    return found


def entries() -> dict[str, Entry]:
    """What `labels.json` says: label of the book -> formal names."""
    path = FORMAL / "labels.json"
    stored = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {
        label: Entry(label, tuple(facts["names"]), facts.get("part", ""))
        for label, facts in stored.items()
    }


def stored_goals() -> dict:
    """The proof that the book steps through.

    `{"coq": version, "theorem": name, "steps": [{"tactic": sentence, "goals": what Coq shows}]}`
    """
    return json.loads((FORMAL / "goals.json").read_text(encoding="utf-8"))


def stored_assumptions() -> dict[str, list[str]]:
    """The axioms behind each theorem."""
    return json.loads((FORMAL / "assumptions.json").read_text(encoding="utf-8"))
