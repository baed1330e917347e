"""Batches of single actions over a field: what happens when the batch judges itself.

One state, one step. A batch is N independent actions with their rewards, and all of them are
enumerated. Nothing here divides by a probability, so the numbers are polynomials.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import comb, prod
from typing import Any

import sympy as sp
from sympy import QQ
from sympy.polys.rings import ring

from utils.common.validation import check_count


@dataclass(frozen=True)
class BinaryBatches:
    """Two actions with any policy, reward 1 with any chance u(a) and else 0, batches of N.

    n  N, from 2 to 4, so that one square root is enough

    The update of a batch is (1/N) sum_i psi_i (Y_i - mean) / sd, with the population standard
    deviation; a batch of equal rewards counts 0 (``eq:standardised-binary``).
    """

    n: int

    def __post_init__(self) -> None:
        if check_count("n", self.n, least=2) > 4:
            raise ValueError(f"n is {self.n}; it should be at most 4")

    @cached_property
    def _numbers(self) -> tuple[Any, Any, list, list, list]:
        """(polynomials, field, pi, D, u)."""
        root = {2: sp.sqrt(2), 3: sp.sqrt(2), 4: sp.sqrt(3)}[self.n]
        K, p, D, *u = ring("p D u0 u1", QQ.algebraic_field(root))
        return K, K.domain, [1 - p, p], [-D, D], u

    def _root(self, top: int, bottom: int) -> Any:
        return self._numbers[1].from_sympy(sp.sqrt(sp.Rational(top, bottom))) if top else QQ(0)

    @property
    def chance(self) -> Any:
        """nu = sum_a pi(a) u(a), the mean reward."""
        _, _, pi, _, u = self._numbers
        return sum(p * x for p, x in zip(pi, u, strict=True))

    @property
    def gradient(self) -> Any:
        """grad nu = sum_a D(a) u(a) along the free direction D of the policy."""
        _, _, _, D, u = self._numbers
        return sum(d * x for d, x in zip(D, u, strict=True))

    def update(self, divided: bool = True) -> Any:
        """The mean update, over all batches. Not ``divided``: the batch mean subtracted, no more.

        By symmetry it is E[psi_1 z_1] with z_1 = (Y_1 - mean)/sd: the score enters as pi psi = D.
        """
        K, _, pi, D, u = self._numbers
        one = [[(1 - x) * p, x * p] for p, x in zip(pi, u, strict=True)]  # [a][reward]
        scored = [[(1 - x) * d, x * d] for d, x in zip(D, u, strict=True)]
        total, n = K(0), self.n
        outcomes = list(product((0, 1), repeat=2))
        for batch in product(outcomes, repeat=n):
            won = sum(reward for _, reward in batch)
            if won in (0, n):
                continue
            size = self._root(n - won, won) if batch[0][1] else -self._root(won, n - won)
            if not divided:
                size = batch[0][1] - QQ(won, n)
            (a, reward), *others = batch
            total += scored[a][reward] * prod((one[b][r] for b, r in others), start=K(1)) * size
        return total

    def factor(self, others: int | None = None) -> Any:
        """f_N(nu) = E[sqrt((N-1-B)/(B+1)) + sqrt(B/(N-B))], B the wins of the N - 1 others.

        B is binomial with chance nu; another number of ``others`` may be counted.
        """
        n, nu = self.n, self.chance
        m = n - 1 if others is None else others
        return sum(
            nu**k
            * (1 - nu) ** (m - k)
            * (comb(m, k) * (self._root(max(n - 1 - k, 0), k + 1) + self._root(k, max(n - k, 1))))
            for k in range(m + 1)
        )


def fitted_to_the_batch(p: Any, low: Any, high: Any, n: int, others: bool = False) -> Any:
    """E[(1/N) sum_i psi_i (r_i - b)] with b = sum psi_j^2 r_j / sum psi_j^2 of the same batch.

    A coin with chance ``p``, rewards ``low`` for 0 and ``high`` for 1, the score a - p; all are
    elements of one field (``eq:fitted-baseline``). With ``others`` each b is fitted to the other
    actions only.
    """
    coin = [(1 - p, -p, low), (p, 1 - p, high)]
    total = 0 * p
    for batch in product(coin, repeat=check_count("n", n)):
        chance = prod((x[0] for x in batch), start=p**0)
        for i, (_, psi, r) in enumerate(batch):
            seen = [x for j, x in enumerate(batch) if j != i or not others]
            b = sum(x[1] ** 2 * x[2] for x in seen) / sum(x[1] ** 2 for x in seen)
            total += chance * psi * (r - b) / n
    return total
