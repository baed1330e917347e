"""Another order in which the cells of a chapter can run: the last first, as far as names allow."""

from __future__ import annotations

import symtable


def tables(top: symtable.SymbolTable) -> list[symtable.SymbolTable]:
    return [top, *(inner for child in top.get_children() for inner in tables(child))]


def binds(code: str) -> set[str]:
    """The names that a cell leaves behind."""
    symbols = symtable.symtable(code, "cell", "exec").get_symbols()
    return {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}


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
