"""Another order in which the cells of a chapter can run: the last first, as far as names allow."""

from __future__ import annotations

import ast
import symtable

OWN_NAMES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def tables(top: symtable.SymbolTable) -> list[symtable.SymbolTable]:
    return [top, *(inner for child in top.get_children() for inner in tables(child))]


def binds(code: str) -> set[str]:
    """The names that a cell leaves behind; those of a comprehension stay inside it.

    A table of symbols would not say so: from Python 3.12 on it counts them among the others.
    """
    found, left = set(), [*ast.parse(code).body]
    while left:
        node = left.pop()
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif not isinstance(node, OWN_NAMES):
            left += ast.iter_child_nodes(node)
    return found


def reads(code: str) -> set[str]:
    """The names that a cell takes from outside its functions, as far as their bodies."""
    top, *inner = tables(symtable.symtable(code, "cell", "exec"))
    names = {s.get_name() for s in top.get_symbols() if s.is_referenced()}
    return names | {s.get_name() for table in inner for s in table.get_symbols() if s.is_global()}


def waits_for(code: str, before: str) -> bool:
    """Whether a name has one value for one of two cells only if they run in this order."""
    return bool(binds(before) & (reads(code) | binds(code)) or reads(before) & binds(code))


def backwards(codes: list[str]) -> list[int]:
    """The places of the cells in that order. The first cell stays first: it says what they need."""
    waits = [
        {0} | {i for i in range(1, k) if waits_for(codes[k], codes[i])} for k in range(len(codes))
    ]
    order = [0]
    while len(order) < len(codes):
        left = set(range(len(codes))) - set(order)
        order.append(max(k for k in left if waits[k] <= set(order)))
    return order
