"""Fractions of polynomials as a notebook sets them."""

from __future__ import annotations

from types import SimpleNamespace

import IPython
from IPython.core.formatters import DisplayFormatter

from utils.symbolic import generators
from utils.symbolic.display import formula, set_as_formulas

x, y = generators("x, y")


def test_a_last_term_of_minus_one_has_one_minus_sign():
    assert formula(2 * x - 1) == r"$\displaystyle 2 x - 1$"
    assert formula((x - 16) / (y - 1)) == r"$\displaystyle \frac{x - 16}{y - 1}$"


def test_a_kernel_sets_fractions_and_polynomials_so(monkeypatch):
    shell = SimpleNamespace(display_formatter=DisplayFormatter())
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    set_as_formulas()
    for element in (x - 1, (x - 1).numer):
        assert shell.display_formatter.format(element)[0]["text/latex"] == r"$\displaystyle x - 1$"
