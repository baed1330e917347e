"""Policies that read the whole history: pi(a|h) with h = (s_0, a_0, ..., s_t) (``eq:history``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

from utils.symbolic.mdp import Prefix, SymbolicMDP
from utils.symbolic.sums import sum_of_products


@dataclass(frozen=True)
class HistoryPolicy:
    """Two actions and one parameter ``p``: action 1 has probability p at first and after action 1.

    After action 0 it has probability p^2. So the policy cannot be written as a function of the
    state. ``mdp`` gives start law, kernel, rewards and discount; its own policy is not used.
    """

    mdp: SymbolicMDP
    p: Any

    def probability(self, tau: Prefix, t: int) -> Any:
        """pi(a_t | s_0, a_0, ..., s_t)."""
        chance = self.p**2 if t and tau[t - 1][1] == 0 else self.p
        return chance if tau[t][1] else 1 - chance

    def score(self, tau: Prefix, t: int) -> Any:
        """psi_t, the derivative of log pi(a_t | s_0, a_0, ..., s_t) by p."""
        probability = self.probability(tau, t)
        return probability.diff(self.p) / probability

    def expectation(self, value: Callable[[Prefix], Any], horizon: int) -> Any:
        """E[value(tau)] over all prefixes of length ``horizon``."""
        terms = ((self._likelihood(tau), value(tau)) for tau in self.mdp.prefixes(horizon))
        return sum_of_products(terms, 0 * self.p)

    def _likelihood(self, tau: Prefix) -> Any:
        # Every second factor of the world's own likelihood is a policy probability.
        own = [self.probability(tau, t) for t in range(len(tau))]
        return prod(own, start=prod(self.mdp.factors(tau)[::2]))
