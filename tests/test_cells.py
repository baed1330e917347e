"""The language of the cells: plain Python as the field writes it."""

from __future__ import annotations

import ast
from pathlib import Path
from statistics import median

import pytest
from test_notebooks import CHAPTERS, cells, is_whole_program

each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)


def sources(chapter: Path) -> list[str]:
    return ["".join(cell["source"]) for cell in cells(chapter, "code")]


def lines(source: str) -> int:
    return sum(1 for line in source.splitlines() if line.strip())


@each_chapter
def test_half_of_the_cells_have_at_most_5_lines_and_nine_of_ten_at_most_12(chapter):
    shown = [cell for cell in cells(chapter, "code") if not is_whole_program(cell)]
    lengths = [lines("".join(cell["source"])) for cell in shown]
    assert median(lengths) <= 5
    assert sum(length <= 12 for length in lengths) >= 0.9 * len(lengths)


@each_chapter
def test_at_most_two_functions_are_defined_and_no_lambda_has_a_name(chapter):
    functions = []
    for source in sources(chapter):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef) and node.name != "answer":
                functions.append(node.name)
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr):
                assert not isinstance(node.value, ast.Lambda), ast.unparse(node)
    assert len(functions) <= 2, functions


def bindings(source: str) -> tuple[dict[str, set[str]], set[str]]:
    """{name: the texts that give it its meaning} of a cell, and the names of its loops.

    What a loop binds is its own affair, as long as no other cell reads it.
    """
    found: dict[str, set[str]] = {}
    of_loops: set[str] = set()

    def names(target: ast.AST) -> set[str]:
        return {
            node.id
            for node in ast.walk(target)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }

    def bound_in(node: ast.stmt) -> set[str]:
        inner = [part for part in ast.walk(node) if isinstance(part, ast.Assign | ast.For)]
        targets = [
            t for part in inner for t in getattr(part, "targets", [getattr(part, "target", None)])
        ]
        return set().union(*map(names, targets))

    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in set().union(*map(names, targets)):
                found.setdefault(name, set()).add(ast.unparse(node))
        elif isinstance(node, ast.For):
            of_loops |= names(node.target).union(*map(bound_in, node.body))
        elif isinstance(node, ast.FunctionDef) and node.name != "answer":
            found.setdefault(node.name, set()).add(ast.unparse(node))
    return found, of_loops


def reads(source: str) -> set[str]:
    return {
        node.id
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


@each_chapter
def test_no_name_is_bound_anew_with_another_meaning(chapter):
    meanings: dict[str, set[str]] = {}
    every = [(source, *bindings(source)) for source in sources(chapter)]
    for _, bound, _ in every:
        for name, texts in bound.items():
            meanings.setdefault(name, set()).update(texts)
    assert {name: texts for name, texts in meanings.items() if len(texts) > 1} == {}
    looped = set().union(*(of_loops for _, _, of_loops in every))
    assert not looped & set(meanings), "bound by a loop and by a line of its own"
    for source, _, of_loops in every:
        assert not (reads(source) & looped) - of_loops - arguments(source), source


def arguments(source: str) -> set[str]:
    """The names that comprehensions and functions of a cell bind for themselves."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.comprehension):
            found |= {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
        elif isinstance(node, ast.arg):
            found.add(node.arg)
    return found


@each_chapter
def test_what_a_chapter_takes_from_elsewhere_it_imports_itself(chapter):
    """`utils.notebook` hands out only what this book made."""
    for source in sources(chapter):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and node.module == "utils.notebook":
                foreign = {"np", "sp", "prod", "product", "replace"} & {a.name for a in node.names}
                assert not foreign, f"{foreign} should be imported from where it lives"
