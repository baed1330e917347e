"""The numbers of chapter 2."""

from fractions import Fraction as F
from math import exp, sqrt

from prose import Stated

THREE_HALVES = F(3, 2)  # the exponent of the law whose mass runs away


def slope_of_the_mass(limit: float) -> float:
    """d/d theta of the mass up to a limit, at 0: minus a quarter of what stays below it."""
    return -0.25 * (1 - 1 / sqrt(1 + limit))


NUMBERS = (
    Stated("0.001", 2, reason="a parameter near the edge, chosen"),
    Stated("0.175", 1, slope_of_the_mass(10)),
    Stated("0.225", 1, slope_of_the_mass(100)),
    Stated("0.3", 2, reason="a discount of the figure, chosen"),
    Stated("0.703", 1, 0.5 * 2 * (1 + 2) ** 1.5 * exp(-2)),
    Stated("0.86", 1, 0.25 / (1 - 1 / sqrt(2)) + 0.005),  # a bound, rounded up from 0.854
    Stated("0.9", 1, reason="a discount of the figure, chosen"),
    Stated("1/2", 6, 1 / (2 * (THREE_HALVES - F(1, 2)))),
    Stated("1/4", 5, (THREE_HALVES - 1) / 2),
    Stated("3/2", 8, THREE_HALVES),
)
