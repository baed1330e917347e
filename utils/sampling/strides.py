"""Strides: several steps as a single outcome, so that one random word moves a small MDP far.

An outcome (a, s') of one step has few possible values in a small MDP, and a random word of 32 bits
tells far more values apart. So a whole stride a_1, s_1, ..., a_m, s_m can be drawn at once: its
probability is the product of the probabilities of its steps. The number of strides grows like K^m,
which bounds m; a large MDP takes one step at a time (m = 1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from utils.sampling.alias import WORD_BITS, AliasTables
from utils.sampling.branches import Branches

LONGEST = 4
CELLS = 1 << 12  # the most strides over all states, so that the tables stay in the cache
STEPS_PER_CELL = 32  # a table must save more time than it takes to make


@dataclass(frozen=True, eq=False)
class StrideTables:
    """Alias tables for the strides of ``length`` steps from each state.

    A label is the integer s_m 2^32 + p, where p packs the numbers of the steps (see
    ``Branches``), the first in the highest of ``length`` fields of ``field_bits`` bits.
    """

    tables: AliasTables
    length: int
    field_bits: int

    @classmethod
    def build(cls, branches: Branches, chances: np.ndarray, steps: int) -> StrideTables:
        """The tables for drawing ``steps`` steps out of ``branches`` with these ``chances``."""
        length = stride_length(branches, steps)
        if length == 1:
            return cls(AliasTables.build(chances, branches.labels), 1, WORD_BITS)
        n_states, field_bits = len(chances), WORD_BITS // length
        ends, packed, product = branches.next_states, branches.numbers, chances
        for _ in range(length - 1):
            # Prolong each stride by each step that is possible from where it ends.
            product = (product[:, :, None] * chances[ends]).reshape(n_states, -1)
            packed = ((packed << field_bits)[:, :, None] + branches.numbers[ends]).reshape(
                n_states, -1
            )
            ends = branches.next_states[ends].reshape(n_states, -1)
        return cls(AliasTables.build(product, (ends << WORD_BITS) + packed), length, field_bits)

    def numbers(self, labels: np.ndarray, step: int, out: np.ndarray) -> None:
        """Write to ``out`` the number of one step (0 is the first) of each stride."""
        below = self.field_bits * (self.length - 1 - step)
        if below:
            labels = np.right_shift(labels, below, out=out)
        np.bitwise_and(labels, (1 << self.field_bits) - 1, out=out)


def stride_length(branches: Branches, steps: int) -> int:
    """The number of steps in a stride, as large as the bits of a label and the cells allow."""
    n_states, width = branches.numbers.shape
    number_bits = int(branches.numbers.max()).bit_length()
    cells = min(CELLS, steps // STEPS_PER_CELL)
    length = 1
    while (
        length < LONGEST
        and n_states * width ** (length + 1) <= cells
        and number_bits * (length + 1) <= WORD_BITS
    ):
        length += 1
    return length
