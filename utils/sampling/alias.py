"""Alias tables: a draw from any finite law in constant time, from one 32-bit random word.

The idea (Walker 1977). Cut the 2^32 words into K equal columns, K a power of two. An outcome with
probability p owns round(2^32 p) words. Outcomes that own less than a column leave room in theirs,
and outcomes that own more than a column fill that room, so that each column holds words of at most
two outcomes: its own up to some limit, a partner's above it. To draw, the top bits of a word name
the column, and one comparison with the limit decides between the two.

All shares are integers, so the tables hold exactly the rounded law: each probability is off by at
most 2^-32, and an outcome of probability 0 owns no word and is never drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

WORD_BITS = 32


@dataclass(frozen=True, eq=False)
class AliasTables:
    """One alias table for each of R laws over K = 2^k outcomes, ready for vectorised draws.

    A draw for law r from the word w works on the single integer r 2^32 + w. Its leading part
    (all but the last 32 - k bits) is the number of a cell, which is column and law in one.
    ``offsets`` holds, for each cell, the number that lifts this integer over the next cell border
    exactly if w is at or above the limit. After the addition the leading part is 2 cell (own
    outcome) or 2 cell + 1 (partner), the place of the answer in ``labels``. So a comparison and a
    choice become one addition and one shift, which NumPy does fast. ``shift`` = 32 - k is an array
    of no dimension, because NumPy would convert a Python integer again at every call.
    """

    shift: np.ndarray
    offsets: np.ndarray
    labels: np.ndarray

    @classmethod
    def build(cls, probabilities: np.ndarray, labels: np.ndarray) -> AliasTables:
        """The tables for ``probabilities`` [R, K]; outcome k of law r is reported as labels[r, k].

        K must be a power of two; pad with probability 0.
        """
        n_laws, n_columns = probabilities.shape
        column_words = 2**WORD_BITS // n_columns
        limits, partners = alias_columns(word_shares(probabilities))
        cells = np.arange(n_laws * n_columns, dtype=np.int64)
        shift = WORD_BITS - (n_columns.bit_length() - 1)
        both = np.stack([labels.ravel(), labels.ravel().take(partners)], axis=1)
        # 2 cell + 1 in units of a column, less the first word of the partner.
        offsets = (cells + 1) * column_words - limits
        return cls(np.array(shift), offsets, both.ravel())

    def draw(self, last: np.ndarray, words: np.ndarray, out: np.ndarray) -> None:
        """Write labels to ``out`` [k, N], each row drawn from the laws that the row before names.

        The number of a law is the high part of a label, above 32 bits; the low part may hold
        anything. The first row is drawn from the laws in ``last`` [N]. ``words`` [k, N] are random
        32-bit words; they are overwritten. All are int64.
        """
        cells = np.empty(last.shape, dtype=np.intp)
        # Looked up once, and results passed by position: rows are short, and each call counts.
        shift, offset_of, label_of = self.shift, self.offsets.take, self.labels.take
        xor, shifted, plus = np.bitwise_xor, np.right_shift, np.add
        for keys, labels in zip(words, out, strict=True):
            # Exclusive or, not a sum: it keeps the law, and it permutes the words, whatever the low
            # part of the label is. So a uniform word stays uniform, and nothing is masked.
            xor(keys, last, keys)
            shifted(keys, shift, cells)
            # mode="clip" spares NumPy a protective copy of the result; no index is out of range.
            offset_of(cells, None, labels, "clip")
            plus(keys, labels, keys)
            shifted(keys, shift, cells)
            label_of(cells, None, labels, "clip")
            last = labels


def word_shares(probabilities: np.ndarray) -> np.ndarray:
    """How many of the 2^32 words each outcome owns, integers [R, K] that sum to 2^32 in each row.

    The cumulative probabilities are rounded, so each share is within one word of 2^32 p, and a
    probability of 0 gives exactly 0.
    """
    edges = np.cumsum(probabilities, axis=1)
    edges *= 2.0**WORD_BITS / edges[:, -1:]
    edges += 0.5
    shares = edges.astype(np.int64)
    shares[:, 1:] -= shares[:, :-1].copy()
    return shares


def alias_columns(shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(limits, partners) of every column, flat arrays of length R K, for ``shares`` [R, K].

    Walk once over the columns with room and once over the outcomes with a surplus, both in order:
    the first surplus fills the first rooms until it is used up. Then the outcome that gave it has
    itself some room in its column (it gave a little too much), which the next surplus fills.
    Written with running totals, the walk needs no loop: room number i starts where the rooms
    before it end, so its partner is the first outcome whose running surplus goes beyond that
    point.
    """
    n_laws, n_columns = shares.shape
    column_words = 2**WORD_BITS // n_columns
    surplus = (shares - column_words).ravel()
    gives = np.flatnonzero(surplus > 0)
    takes = np.flatnonzero(surplus < 0)
    limits = np.minimum(shares.ravel(), column_words)
    partners = np.arange(n_laws * n_columns)
    # In each law surplus and room are equal in total, so one walk over all laws keeps them apart.
    given = np.cumsum(surplus[gives])
    taken = np.cumsum(-surplus[takes])
    start = taken + surplus[takes]
    # Rooms that start before given[j] are filled by givers 0, ..., j; counting turns that around.
    rooms_begun = np.searchsorted(start, given, side="left")
    giver = np.cumsum(np.bincount(rooms_begun, minlength=len(start) + 1))[: len(start)]
    partners[takes] = gives[giver]
    # Giver j is overdrawn by the last of these rooms, if that one ends beyond given[j].
    overdrawn = taken[rooms_begun - 1] - given
    short = np.flatnonzero(overdrawn > 0)
    limits[gives[short]] -= overdrawn[short]
    partners[gives[short]] = gives[short + 1]
    return limits, partners
