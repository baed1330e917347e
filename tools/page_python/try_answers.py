"""Try every exercise as a reader may, and print the files of SymPy and mpmath that were loaded.

try_answers.py FOLDER: the folder of the sources. It runs by itself, with no other package.
"""

import sys
from pathlib import Path

FOLDER = Path(sys.argv[1]).resolve()
sys.path.insert(0, str(FOLDER))
for absent in ("numpy", "scipy", "matplotlib", "gmpy2", "flint", "IPython"):
    sys.modules[absent] = None  # type: ignore[assignment]

import sympy as sp  # noqa: E402

from utils.exercises import all_exercises  # noqa: E402
from utils.exercises.typed import reply_to  # noqa: E402


def tree(e):
    """The tree of an expression, as the page would make it."""
    if e.is_Rational:
        return ["/", ["number", str(e.p)], ["number", str(e.q)]]
    if e.is_Symbol:
        return ["symbol", e.name]
    if e in (sp.pi, sp.E):
        return ["constant", str(e).lower()]
    if e.is_Pow:
        return ["^", tree(e.base), tree(e.exp)]
    if e.is_Add or e.is_Mul:
        first, *rest = e.args
        made = tree(first)
        for part in rest:
            made = ["+" if e.is_Add else "*", made, tree(part)]
        return made
    return ["call", e.func.__name__.lower(), *map(tree, e.args)]


for task in all_exercises():
    x = task.symbols[0] if task.symbols else sp.Integer(3)
    wild = sp.sqrt(x) + sp.exp(-x) + sp.log(x + 1) + sp.Abs(x - 1) + sp.Max(x, 2) + sp.Min(x, 2)
    for right in (task.answer, sp.expand(task.answer), sp.factor(task.answer)):
        assert reply_to(task.name, tree(right)).correct, task.name
    for other in (*(slip for slip, _ in task.slips), task.answer + wild, task.answer * wild, wild):
        assert not reply_to(task.name, tree(other)).correct, task.name
    assert reply_to(task.name, tree(task.answer * sp.exp(x) * sp.exp(-x, evaluate=False))).correct

for module in list(sys.modules.values()):
    path = Path(getattr(module, "__file__", None) or "/").resolve()
    if path.is_relative_to(FOLDER):
        print(path.relative_to(FOLDER))
