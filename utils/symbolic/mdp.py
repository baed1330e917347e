"""The same MDP with free symbols: each number of it lives in a field of rational functions.

Nothing is chosen: the start law, the kernel, the rewards, gamma and the policy are symbols, and so
is the derivative of the policy. The field keeps each element in a canonical form, so ``==`` between
two elements decides whether they agree for *every* value of the symbols. An identity that holds
here holds for every MDP of this size and for every way to parameterise its policy.

The derivative. A parameter theta moves the policy in some direction; along it the entry
pi(a|s) has some derivative D(s,a), and sum_a D(s,a) = 0. Both are left free, so one symbol D stands
for every direction of every parameterisation: softmax, sigmoid and shared weights are special cases
by the chain rule.

Arrays are NumPy object arrays of field elements with the shapes of ``FiniteMDP``, so that a
formula reads the same here and there: ``m.rho0 @ m.P_pi @ m.r_pi``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from sympy.polys.fields import FracElement
from sympy.polys.rings import PolyElement

from utils.common.chain import Chain
from utils.symbolic.sums import sum_of_products

Step = tuple[int, int]
Prefix = tuple[Step, ...]


@dataclass(frozen=True, eq=False)
class SymbolicMDP(Chain):
    """A finite MDP and a policy over a field of rational functions.

    gamma  field element
    rho0   [S]        start law
    P      [S, A, S]  kernel P(s'|s,a)
    R      [S, A]     mean reward
    pi     [S, A]     policy
    dpi    [S, A]     derivative of the policy along a free direction of theta-space
    moving tuple of pairs (free policy symbol, its derivative)
    extra  further free symbols
    R_next [S, A, S]  reward R(s,a,s') of a transition, or None; R is its mean over s'
    tables further free tables by name, such as a baseline b [S]
    """

    gamma: Any
    rho0: np.ndarray
    P: np.ndarray
    R: np.ndarray
    pi: np.ndarray
    dpi: np.ndarray
    moving: tuple[tuple[FracElement, FracElement], ...]
    extra: tuple[FracElement, ...] = ()
    R_next: np.ndarray | None = None
    tables: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def n_states(self) -> int:
        """S, the number of states."""
        return self.R.shape[0]

    @property
    def n_actions(self) -> int:
        """A, the number of actions."""
        return self.R.shape[1]

    @cached_property
    def score(self) -> np.ndarray:
        """psi(s,a) = D(s,a) / pi(a|s), [S, A]."""
        return self.dpi / self.pi

    @cached_property
    def A(self) -> np.ndarray:
        """The advantage Q - V, [S, A]."""
        return self.Q - self.V[:, None]

    def action_gradient(self, f: np.ndarray) -> np.ndarray:
        """sum_a D(s,a) f(s,a), [S]: h of ``eq:grad-bellman`` if f = Q. It is E[psi f | s]."""
        return (self.dpi * f).sum(axis=1)

    def finite_horizon_objective(self, horizon: int) -> Any:
        """J_T = sum_{t<T} gamma^t E[r_t] (``eq:J-finite-matrix``)."""
        steps = (self.gamma**t * (self.state_law(t) @ self.r_pi) for t in range(horizon))
        return sum(steps, 0 * self.gamma)

    @cached_property
    def occupancy(self) -> np.ndarray:
        """d_gamma(s) = (1 - gamma) sum_t gamma^t P(s_t = s), [S] (``eq:occupancy``)."""
        return self.occupancy_from(self.rho0)

    def occupancy_from(self, start: np.ndarray) -> np.ndarray:
        """(1 - gamma) (I - gamma P_pi^T)^{-1} start, [S]; d_gamma if ``start`` were rho0."""
        return self.resolve_transposed(self.gamma, start * (1 - self.gamma))

    def gradient(self, value: Any) -> Any:
        """The derivative along the free direction, of a field element or of each array entry."""
        if isinstance(value, np.ndarray):
            out = np.empty(value.shape, dtype=object)
            for index in np.ndindex(value.shape):
                out[index] = self.gradient(value[index])
            return out
        if not isinstance(value, FracElement | PolyElement):
            return 0 * self.gamma  # a plain number does not move
        return sum((value.diff(symbol) * d for symbol, d in self.moving), 0 * self.gamma)

    def prefixes(self, horizon: int) -> Iterator[Prefix]:
        """Every prefix ((s_0,a_0), ..., (s_{T-1},a_{T-1})) of length ``horizon``."""
        return prefixes(self.n_states, self.n_actions, horizon)

    def factors(self, tau: Prefix) -> list[Any]:
        """rho0(s_0), pi(a_0|s_0), P(s_1|s_0,a_0), pi(a_1|s_1), ... (``eq:traj-likelihood``)."""
        (state, action), *rest = tau
        out = [self.rho0[state], self.pi[state, action]]
        for next_state, next_action in rest:
            out += [self.P[state, action, next_state], self.pi[next_state, next_action]]
            state, action = next_state, next_action
        return out

    def likelihood(self, tau: Prefix) -> Any:
        """p_theta^T(tau), the product of ``factors(tau)`` (``eq:traj-likelihood``)."""
        return prod(self.factors(tau))

    def score_sum(self, tau: Prefix) -> Any:
        """M_T = sum of psi(s_t,a_t) over the steps of ``tau``; 0 for the empty prefix.

        It does not depend on their order, and is kept.
        """
        steps = tuple(sorted(tau))
        if steps not in self._score_sums:
            last = self.score[steps[-1]] if steps else 0 * self.gamma
            self._score_sums[steps] = self.score_sum(steps[:-1]) + last if steps else last
        return self._score_sums[steps]

    @cached_property
    def _score_sums(self) -> dict[Prefix, Any]:
        return {}

    def reward(self, tau: Prefix, k: int) -> Any:
        """R(s_k,a_k); with rewards on transitions R(s_k,a_k,s_{k+1}), which looks one step on."""
        if self.R_next is None:
            return self.R[tau[k]]
        return self.R_next[(*tau[k], tau[k + 1][0])]

    def G(self, tau: Prefix, t: int = 0, gamma: Any = None) -> Any:
        """The reward-to-go G_t = sum_{k>=t} gamma^(k-t) R(s_k,a_k) along a prefix (``eq:return``).

        G(tau) is the return. Another ``gamma`` replaces the one of the MDP; 1 leaves out the
        discount. Rewards enter by their mean given (s,a).
        """
        g = self.gamma if gamma is None else gamma
        return sum((g ** (k - t) * self.R[tau[k]] for k in range(t, len(tau))), 0 * self.gamma)

    def mean_at(self, t: int, f: np.ndarray) -> Any:
        """E[f(s_t,a_t)] for a table f [S, A]."""
        return self.state_law(t) @ self.average(f)

    def mean_score_at(self, t: int, f: np.ndarray) -> Any:
        """E[psi_t f(s_t,a_t)] for a table f [S, A]."""
        return self.state_law(t) @ self.action_gradient(f)

    def policy_gradient(self, q: np.ndarray | None = None) -> Any:
        """sum_s d_gamma(s)/(1-gamma) sum_a D(s,a) Q(s,a), the right side of ``eq:pgt-infinite``.

        Another table ``q`` [S, A] may stand in the place of Q.
        """
        visits = self.occupancy / (1 - self.gamma)
        return visits @ self.action_gradient(self.Q if q is None else q)

    def discounted_sum(self, values: np.ndarray) -> Any:
        """sum_{t>=0} gamma^t E[f(s_t)] for f [S], from v = f + gamma P_pi v: rho0^T v.

        With f(s) = sum_a D(s,a) Q(s,a) it is the first line of ``eq:pgt-infinite``.
        """
        return self.rho0 @ self.resolve(self.gamma, values)

    def first_terms(self, horizon: int, Q: np.ndarray, rate: Any = None) -> Any:
        """sum_{t<T} gamma^t E[psi_t Q_t(s_t,a_t)] for Q [T, S, A] (``eq:pgt-finite``).

        Another ``rate`` replaces gamma; 1 drops the factor gamma^t.
        """
        g = self.gamma if rate is None else self.gamma**0 * rate
        steps = (g**t * self.mean_score_at(t, Q[t]) for t in range(horizon))
        return sum(steps, 0 * self.gamma)

    def unrolled(self, count: int, remainder: bool = True) -> np.ndarray:
        """sum_{t<n} gamma^t P_pi^t h + gamma^n P_pi^n grad V, [S] (``eq:unrolled``)."""
        total, term = 0 * self.V, self.action_gradient(self.Q)
        for _ in range(count):
            total, term = total + term, self.P_pi @ term * self.gamma
        rest = self.gradient(self.V)
        for _ in range(count):
            rest = self.P_pi @ rest * self.gamma
        return total + rest if remainder else total

    def pair_returns(self, t: int, horizon: int) -> np.ndarray:
        """E[G_t^T 1{s_t=s, a_t=a}], [S, A], by enumeration of all prefixes of length T."""
        law, found = self.law(horizon), np.empty(self.pi.shape, dtype=object)
        for pair in np.ndindex(found.shape):
            terms = ((chance, self.G(tau, t)) for tau, chance in law.items() if tau[t] == pair)
            found[pair] = sum_of_products(terms, 0 * self.gamma)
        return found

    def state_returns(self, t: int, horizon: int) -> np.ndarray:
        """E[G_t^T 1{s_t=s}], [S], by enumeration of all prefixes of length T."""
        return self.expectation_where(lambda tau: self.G(tau, t), t, horizon)

    def mean_return_given(
        self, histories: Iterable[Prefix], t: int, horizon: int
    ) -> dict[Prefix, Any]:
        """{history: E[G_t^T | the prefix begins with it]}, by enumeration (``eq:markov``)."""
        law, found = self.law(horizon), {}
        for history in histories:
            inside = {tau: x for tau, x in law.items() if tau[: len(history)] == history}
            terms = ((x, self.G(tau, t)) for tau, x in inside.items())
            total = sum_of_products(terms, 0 * self.gamma)
            found[history] = total / sum(inside.values(), 0 * self.gamma)
        return found

    def mean_reward_given(self, histories: Iterable[Prefix], k: int) -> dict[Prefix, Any]:
        """{history: E[r_k | the prefix begins with it]}, by enumeration (``eq:markov``)."""
        law, found = self.law(k + 1), {}
        for history in histories:
            inside = {tau: x for tau, x in law.items() if tau[: len(history)] == history}
            terms = ((x, self.R[tau[k]]) for tau, x in inside.items())
            total = sum_of_products(terms, 0 * self.gamma)
            found[history] = total / sum(inside.values(), 0 * self.gamma)
        return found

    def discounted_visits(self, horizon: int) -> np.ndarray:
        """sum_{t<T} gamma^t P(s_t = s), [S]; times 1 - gamma, the first terms of d_gamma."""
        return sum((self.state_law(t) * self.gamma**t for t in range(horizon)), 0 * self.rho0)

    def state_law_by_enumeration(self, t: int) -> np.ndarray:
        """P(s_t = s), [S], summed over all prefixes of length t + 1."""
        return self.expectation_where(lambda tau: 1, t, t + 1)

    def law(self, horizon: int) -> dict[Prefix, Any]:
        """{tau: p_theta^T(tau)} for all prefixes of length ``horizon`` (``eq:traj-likelihood``).

        Each is that of the prefix without its last step, times a kernel and a policy factor; a law
        is kept, as the checks of a chapter ask for the same few horizons over and over.
        """
        while len(self._laws) < horizon:
            self._laws.append(
                {tau: self._extended(tau) for tau in self.prefixes(len(self._laws) + 1)}
            )
        return dict(self._laws[horizon - 1])

    @cached_property
    def _laws(self) -> list[dict[Prefix, Any]]:
        return []

    def _extended(self, tau: Prefix) -> Any:
        *before, (state, action) = tau
        if not before:
            return self.rho0[state] * self.pi[state, action]
        known = self._laws[len(before) - 1][tuple(before)]
        return known * self.P[(*before[-1], state)] * self.pi[state, action]

    def expectation(self, value: Callable[[Prefix], Any], horizon: int) -> Any:
        """E[value(tau)] over all prefixes of length ``horizon``, by enumeration."""
        terms = ((chance, value(tau)) for tau, chance in self.law(horizon).items())
        return sum_of_products(terms, 0 * self.gamma)

    def expectation_where(self, value: Callable[[Prefix], Any], t: int, horizon: int) -> np.ndarray:
        """E[value(tau) 1{s_t = s}] for each s, [S], by enumeration of all prefixes."""
        law, found = self.law(horizon), np.empty(self.n_states, dtype=object)
        for s in range(self.n_states):
            terms = ((chance, value(tau)) for tau, chance in law.items() if tau[t][0] == s)
            found[s] = sum_of_products(terms, 0 * self.gamma)
        return found

    def mean_score_reward(self, t: int, k: int, peeks: bool = False) -> Any:
        """E[psi_t r_k], by enumeration; 0 for k < t (``eq:past-reward``).

        With ``peeks`` the reward is multiplied by the action a_t, which a reward of the past cannot
        see.
        """
        steps = max(t, k + (self.R_next is not None)) + 1

        def value(tau: Prefix) -> Any:
            return self.score[tau[t]] * self.reward(tau, k) * (tau[t][1] if peeks else 1)

        return self.expectation(value, steps)

    def mean_rewards(self, horizon: int) -> np.ndarray:
        """E[r_0], ..., E[r_{T-1}], [T], each by enumeration of all prefixes up to its step."""
        means = [self.expectation(lambda tau: self.R[tau[-1]], t + 1) for t in range(horizon)]
        return np.array(means, dtype=object)

    def started_in(self, state: int) -> SymbolicMDP:
        """The same world and policy with ``state`` for a certain start."""
        start = [0 * self.gamma + (s == state) for s in range(self.n_states)]
        return replace(self, rho0=np.array(start, dtype=object))

    def state_law(self, t: int) -> np.ndarray:
        """P(s_t = s) = rho0^T P_pi^t, [S]."""
        return self.state_laws(t)[-1]


def prefixes(n_states: int, n_actions: int, horizon: int) -> Iterator[Prefix]:
    """Every sequence of ``horizon`` state-action pairs, in lexicographic order."""
    if horizon < 0:
        raise ValueError(f"horizon is {horizon}; it should be at least 0")
    if horizon == 0:
        yield ()
        return
    for head in prefixes(n_states, n_actions, horizon - 1):
        for state in range(n_states):
            for action in range(n_actions):
                yield (*head, (state, action))
