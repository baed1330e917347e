"""How many lines a displayed equation has: those that say something, each with a relation."""

from __future__ import annotations

import re

RELATIONS = {"=", "<", ">", "\\le", "\\ge", "\\leq", "\\geq", "\\ne", "\\neq", "\\approx", "\\sim"}
RELATIONS |= {"\\equiv", "\\to", "\\longrightarrow", "\\propto", "\\ll", "\\gg", "\\preceq"}
ROWS_SAY_SOMETHING = {"aligned", "align", "align*", "alignedat", "gathered", "split"}
TOKEN = re.compile(r"\\begin\{[a-z]+\*?\}|\\end\{[a-z]+\*?\}|\\[A-Za-z]+|\\.|.", re.DOTALL)


def count_lines(latex: str) -> int:
    """The number of rows of a display in which a relation stands outside of brackets; at least 1.

    A row without one continues the row above. The rows of a matrix, or of a function given by
    cases, are no lines. So ``\\\\sum_{t=0}^{T-1}`` and P(s_t = s) hold no relation of the display.
    """
    lines, said, depth = 0, False, 0
    inside: list[str] = []  # environments whose rows are no lines
    for token in TOKEN.findall(latex):
        name = token.partition("{")[2][:-1] if token.startswith(("\\begin{", "\\end{")) else ""
        if token.startswith("\\begin{") and name not in ROWS_SAY_SOMETHING:
            inside.append(name)
        elif token.startswith("\\end{") and inside and inside[-1] == name:
            inside.pop()
        elif token in "{[(" or token in ("\\{", "\\lbrace"):
            depth += 1
        elif token in "}])" or token in ("\\}", "\\rbrace"):
            depth -= 1
        elif token == "\\\\" and not inside:
            lines, said, depth = lines + said, False, 0
        elif token in RELATIONS and depth == 0 and not inside:
            said = True
    return max(1, lines + said)
