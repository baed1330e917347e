"""The numbers in the sentences of chapter 0."""

from __future__ import annotations

from fractions import Fraction

from prose import Stated

from utils.figures import first
from utils.figures.stored_runs import LAKE_GAMMA

NUMBERS = (
    Stated("0.59", 1, first.BEST_P),
    Stated("13.1", 1, reason="the number of an example in another book"),
    Stated("0.95", 1, LAKE_GAMMA),
    Stated("1/2", 1, Fraction(first.CHANCE[0])),
    Stated("1/4", 1, Fraction(first.CHANCE[1])),
)
