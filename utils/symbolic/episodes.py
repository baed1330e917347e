"""Worlds whose episodes end at random: exact means over all episodes, and over small batches.

Every function takes a ``SymbolicMDP`` or a ``FiniteFieldMDP`` and only adds, multiplies and
divides by whole numbers. The score is taken along the MDP's one direction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from operator import mul
from typing import Any

import numpy as np

from utils.symbolic import enumeration
from utils.symbolic.dual import Dual
from utils.symbolic.finite_field import FiniteFieldMDP
from utils.symbolic.mdp import Prefix, SymbolicMDP

Weight = Callable[[Prefix, int], Any]  # of step t of the steps tau


@dataclass(frozen=True, eq=False)
class Ending:
    """An MDP each of whose steps ends the episode with probability x(s,a), and T steps at most.

    mdp      world and policy; its kernel is that of the steps after which the episode goes on
    law      {steps: probability} of all episodes
    """

    mdp: SymbolicMDP
    law: dict[Prefix, Any]

    @classmethod
    def of(cls, mdp: SymbolicMDP, horizon: int = 3) -> Ending:
        """Episodes of at most ``horizon`` steps; x is the table ``mdp.tables["x"]`` [S, A]."""
        world = enumeration.with_exits(mdp, mdp.tables["x"])
        return cls(mdp, enumeration.episodes(world, horizon))

    def mean(self, f: Callable[[Prefix], Any]) -> Any:
        """E[f(tau)] over all episodes."""
        return sum((p * f(tau) for tau, p in self.law.items()), 0 * self.mdp.gamma)

    def slope(self, f: Callable[[Prefix], Any]) -> Any:
        """The derivative of E[f(tau)] along the free direction, without a score."""
        return self.mdp.gradient(self.mean(f))

    def sums(self, f: Weight) -> Any:
        """E[sum_t gamma^t f(tau, t)] over the steps of an episode."""
        g = self.mdp.gamma
        return self.mean(lambda tau: sum(g**t * f(tau, t) for t in range(len(tau))))

    def steps(self, weight: Weight) -> Any:
        """E[sum_t gamma^t psi_t w(tau, t)] over the steps of an episode."""
        return self.sums(lambda tau, t: self.mdp.score[tau[t]] * weight(tau, t))

    def per_step(self, weights: Sequence[Any]) -> Any:
        """E[(1/l) sum_{k<l} c_k r_k] for the weights c_0, ..., c_{T-1} and episodes of l steps."""
        R = self.mdp.R
        return self.mean(lambda tau: sum(map(mul, weights, [R[step] for step in tau])) / len(tau))

    def all_with_all(self) -> Any:
        """E[(1/l) sum_t psi_t sum_t G_t]: every score meets every return, divided by the steps."""
        m = self.mdp
        return self.mean(
            lambda tau: m.score_sum(tau) * sum(m.G(tau, t) for t in range(len(tau))) / len(tau)
        )

    def attached_critic(self) -> Any:
        """E[sum_t gamma^t (psi_t (G_t - v) - log pi(a_t|s_t) grad v)], as patient 6 steps.

        The critic v [S], its slopes w [S] and the logarithms l [S, A] are tables of the MDP.
        """
        v, w, log_pi = (self.mdp.tables[name] for name in "vwl")
        return self.steps(lambda tau, t: self.mdp.G(tau, t) - v[tau[t][0]]) - self.sums(
            lambda tau, t: log_pi[tau[t]] * w[tau[t][0]]
        )

    def push(self, gamma: Any = None) -> Any:
        """E[sum_t gamma^t H(s_t) grad v(s_t)] with the tables of ``attached_critic``.

        Another ``gamma`` replaces the one in front; 1 leaves it out.
        """
        upward = -self.mdp.average(self.mdp.tables["l"]) * self.mdp.tables["w"]
        g = self.mdp.gamma if gamma is None else gamma
        return self.mean(lambda tau: sum(g**t * upward[s] for t, (s, _) in enumerate(tau)))

    def bonus_for_haste(self) -> Any:
        """J_T times the derivative of E[gamma^l] (``eq:bug-leak``)."""
        return self.mean(self.mdp.G) * self.slope(lambda tau: self.mdp.gamma ** len(tau))

    def batch_without_reset(self) -> Any:
        """The mean over two episodes of sum_t gamma^t psi_t G_t, where G runs on (``eq:bug-leak``).

        The return of the first episode goes on with the rewards of the second, at a discount that
        its own steps have used up.
        """
        mdp, total = self.mdp, 0 * self.mdp.gamma
        own = {tau: scored(mdp, tau, mdp.G, len(tau)) for tau in self.law}
        for (one, p), (two, q) in product(self.law.items(), repeat=2):
            total += p * q * (scored(mdp, one + two, mdp.G, len(one)) + own[two])
        return total / 2


@dataclass(frozen=True, eq=False)
class Recorded:
    """A world that goes on, of which a record keeps the first T steps.

    values  V_0, ..., V_T, each [S]; the last is the table ``mdp.tables["last"]``, which stands for
            all that comes later
    """

    mdp: SymbolicMDP
    values: list[np.ndarray]

    @classmethod
    def of(cls, mdp: SymbolicMDP, horizon: int = 3) -> Recorded:
        """A record of ``horizon`` steps."""
        return cls(mdp, enumeration.values_before(mdp, mdp.tables["last"], horizon))

    @property
    def horizon(self) -> int:
        """T, the number of steps in the record."""
        return len(self.values) - 1

    def steps(self, weight: Weight) -> Any:
        """E[sum_{t<T} gamma^t psi_t w(tau, t)]; tau holds one step more than the record."""
        return self.mdp.expectation(
            lambda tau: scored(self.mdp, tau, weight, self.horizon), self.horizon + 1
        )

    def late_td_error(self, tau: Prefix, t: int) -> Any:
        """r_{t-1} + gamma V_{t+1}(s_{t+1}) - V_t(s_t), with r_{-1} = 0 (``eq:bug-shifted``)."""
        reward = self.mdp.R[tau[t - 1]] if t else 0
        after = self.values[t + 1][tau[t + 1][0]]
        return reward + self.mdp.gamma * after - self.values[t][tau[t][0]]

    def above_the_critic(self, tau: Prefix, t: int) -> Any:
        """G_t of the record, as if nothing came after it, less V_t(s_t) (``eq:bug-time-limit``)."""
        return self.mdp.G(tau[: self.horizon], t) - self.values[t][tau[t][0]]

    @property
    def first_terms(self) -> Any:
        """sum_{t<T} gamma^t E[psi_t Q_t(s_t,a_t)], all that a record of T steps can give."""
        return sum(
            self.mdp.gamma**t * enumeration.mean_score_times_q(self.mdp, t, self.values[t + 1])
            for t in range(self.horizon)
        )

    @property
    def value_at_the_end(self) -> Any:
        """E[M_T V(s_T)]."""
        return sum(
            enumeration.mean_score_times(self.mdp, t, self.values[-1], self.horizon)
            for t in range(self.horizon)
        )


def scored(mdp: SymbolicMDP, tau: Prefix, weight: Weight, n: int) -> Any:
    """sum_{t<n} gamma^t psi_t w(tau, t) on one sequence of steps."""
    terms = (mdp.gamma**t * mdp.score[tau[t]] * weight(tau, t) for t in range(n))
    return sum(terms, 0 * mdp.gamma)


def mean_loss(
    mdp: SymbolicMDP,
    log_pi: np.ndarray,
    weight: Weight,
    horizon: int,
    gamma: Any = None,
) -> Any:
    """E[L] = -E[sum_t gamma^t w(tau, t) log pi(a_t|s_t)], by enumeration (``eq:surrogate``).

    The logarithms are a table ``log_pi`` [S, A], such as one of free symbols. Another ``gamma``
    replaces the one in front; 1 leaves it out.
    """
    g = mdp.gamma if gamma is None else gamma

    def loss(tau: Prefix) -> Any:
        terms = (g**t * weight(tau, t) * log_pi[tau[t]] for t in range(horizon))
        return -sum(terms, 0 * mdp.gamma)

    return mdp.expectation(loss, horizon)


def slope_in_logs(mdp: SymbolicMDP, loss: Any, log_pi: np.ndarray) -> Any:
    """The derivative of a loss whose logarithms move and whose data stand still.

    By the chain rule it is the sum over all pairs of the derivative by the symbol l(s,a) times the
    slope of the logarithm, D(s,a)/pi(a|s).
    """
    pairs = np.ndindex(log_pi.shape)
    terms = (loss.diff(log_pi[pair]) * mdp.score[pair] for pair in pairs)
    return sum(terms, 0 * mdp.gamma)


def mean_batch_sum(mdp: SymbolicMDP, n: int, horizon: int, gamma: Any = None) -> Any:
    """The mean of sum_i sum_t gamma^t psi_t G_t over all batches of ``n`` prefixes.

    Divided by n it is the mean of ghat (``eq:update-mean``). Another ``gamma`` replaces the one in
    front; 1 leaves it out.
    """
    g, total = mdp.gamma if gamma is None else gamma, 0 * mdp.gamma
    law = mdp.law(horizon)
    terms = {
        tau: sum(g**t * mdp.score[tau[t]] * mdp.G(tau, t) for t in range(horizon)) for tau in law
    }
    for batch in product(law, repeat=n):
        total += prod(law[tau] for tau in batch) * sum(terms[tau] for tau in batch)
    return total


def with_bonus(mdp: FiniteFieldMDP, analytic: bool = False) -> FiniteFieldMDP:
    """The same world, paid by the bonus b(s,a) = log pi_ref(a|s) - log pi(a|s) (``eq:bonus``).

    The values of b are the table ``b`` [S, A]; its slope is minus the score. ``analytic`` pays the
    mean over the actions, minus the Kullback-Leibler divergence in the state, in place of b.
    """
    values = zip(mdp.tables["b"].ravel(), mdp.score.ravel(), strict=True)
    b = np.array([Dual(v.value, -psi.value) for v, psi in values]).reshape(mdp.R.shape)
    return replace(mdp, R=b if not analytic else np.stack([mdp.average(b)] * mdp.n_actions, axis=1))


def mean_step(mdp: SymbolicMDP, horizon: int = 3) -> Any:
    """E[sum_t gamma^t psi_t G_t], by enumeration (``eq:reward-to-go``)."""
    return mdp.expectation(lambda tau: scored(mdp, tau, mdp.G, horizon), horizon)


def own_slope(mdp: FiniteFieldMDP, horizon: int = 3) -> Any:
    """E[sum_t gamma^t grad b(s_t)] of the analytic bonus: the term that its number leaves out."""
    paid = with_bonus(mdp, analytic=True)
    slopes = mdp.gradient(paid.R)[:, 0]
    return sum(mdp.gamma**t * (mdp.state_law(t) @ slopes) for t in range(horizon))
