"""How a notebook sets a fraction of polynomials: by way of SymPy's expressions.

SymPy's own LaTeX of a polynomial over the rationals prints a last term -1 as "- -1".
"""

from __future__ import annotations

import sys

import sympy as sp
from sympy.polys.fields import FracElement
from sympy.polys.rings import PolyElement


def formula(element: FracElement | PolyElement) -> str:
    """The element as a displayed formula."""
    return rf"$\displaystyle {sp.latex(element.as_expr())}$"


def set_as_formulas() -> None:
    """Where a kernel runs, tell it; elsewhere nothing happens."""
    ipython = sys.modules.get("IPython")  # a kernel has loaded it; it is not loaded for this
    shell = ipython and ipython.get_ipython()
    if shell:
        for kind in (FracElement, PolyElement):
            shell.display_formatter.formatters["text/latex"].for_type(kind, formula)
