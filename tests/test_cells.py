"""The language of the cells: plain Python as the field writes it, in any order, at any time."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from statistics import median

import pytest
from test_notebooks import CHAPTERS, cells

from utils.checks.verdict import MIME

each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)


def sources(chapter: Path) -> list[str]:
    return ["".join(cell["source"]) for cell in cells(chapter, "code")]


def lines(source: str) -> int:
    return sum(1 for line in source.splitlines() if line.strip())


@each_chapter
def test_half_of_the_cells_have_at_most_5_lines_and_nine_of_ten_at_most_12(chapter):
    lengths = [lines(source) for source in sources(chapter)]
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


def bindings(source: str) -> dict[str, set[str]]:
    """{name: the texts that give it its meaning} for every global name that a cell binds."""
    found: dict[str, set[str]] = {}

    def bind(target: ast.AST, meaning: str) -> None:
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.setdefault(node.id, set()).add(meaning)

    def visit(body: list[ast.stmt]) -> None:
        for node in body:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    bind(target, f"{ast.unparse(target)} = {ast.unparse(node.value)}")
            elif isinstance(node, ast.AugAssign | ast.AnnAssign):
                bind(node.target, ast.unparse(node))
            elif isinstance(node, ast.For):
                bind(node.target, f"for {ast.unparse(node.target)} in {ast.unparse(node.iter)}")
                visit(node.body)
            elif isinstance(node, ast.With | ast.If):
                visit(node.body)
            elif isinstance(node, ast.FunctionDef) and node.name != "answer":
                found.setdefault(node.name, set()).add(ast.unparse(node))

    visit(ast.parse(source).body)
    return found


@each_chapter
def test_no_name_is_bound_anew_with_another_meaning(chapter):
    meanings: dict[str, set[str]] = {}
    for source in sources(chapter):
        for name, texts in bindings(source).items():
            meanings.setdefault(name, set()).update(texts)
    assert {name: texts for name, texts in meanings.items() if len(texts) > 1} == {}


@each_chapter
def test_what_a_chapter_takes_from_elsewhere_it_imports_itself(chapter):
    """`utils.notebook` hands out only what this book made."""
    for source in sources(chapter):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and node.module == "utils.notebook":
                foreign = {"np", "sp", "prod", "product", "replace"} & {a.name for a in node.names}
                assert not foreign, f"{foreign} should be imported from where it lives"


def verdicts_of(outputs: list[dict]) -> list[dict]:
    return [out["data"][MIME] for out in outputs if MIME in out.get("data", {})]


@each_chapter
def test_every_check_gives_the_same_verdict_when_it_runs_again_in_reverse_order(chapter):
    import nbclient
    import nbformat

    notebook = nbformat.read(chapter, as_version=4)
    place = {"metadata": {"path": str(chapter.parent)}}
    client = nbclient.NotebookClient(notebook, timeout=300, resources=place)
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
        checks = [
            (index, cell)
            for index, cell in enumerate(notebook.cells)
            if cell.cell_type == "code" and verdicts_of(cell.outputs)
        ]
        for index, cell in reversed(checks):
            before = json.dumps(verdicts_of(cell.outputs))
            client.execute_cell(cell, index)
            assert json.dumps(verdicts_of(cell.outputs)) == before, cell.source
