"""The lines of a display are its rows with a relation of their own."""

import pytest

from utils.checks.display import count_lines


@pytest.mark.parametrize(
    "latex, lines",
    [
        (r"J = \rho_0^\top V", 1),
        (r"\begin{aligned} Q &= R + \gamma PV,\\ V &= \textstyle\sum_a\pi Q \end{aligned}", 2),
        (r"\begin{aligned} x &= a\\ &\quad + b \end{aligned}", 1),
        (r"\begin{aligned} x &= a\\ &= b\\ &\le c \end{aligned}", 3),
        (r"\begin{aligned} x &= a\\[1ex] y &\to c \end{aligned}", 2),
        (r"\begin{aligned} \sum_{t=0}^{T-1}&\gamma^t\\ &= 1 \end{aligned}", 1),
        (r"\begin{aligned} \mathbb P(s_t=s)\\ {}= p \end{aligned}", 1),
        (r"M = \begin{pmatrix} 1 & 2\\ 3 & 4 \end{pmatrix}", 1),
        (r"f = \begin{cases} 1 & x = 0\\ 0 & x > 0 \end{cases}", 1),
        (r"\gamma \in [0, 1)", 1),
    ],
)
def test_lines_of_a_display_are_counted_by_their_relations(latex, lines):
    assert count_lines(latex) == lines
