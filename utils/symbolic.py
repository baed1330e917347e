"""The same MDP with free symbols: each number of it lives in a field of rational functions.

Nothing is chosen: the start law, the kernel, the rewards, gamma and the policy are symbols, and so
is the derivative of the policy. The field keeps each element in a canonical form, so `==` between
two elements decides whether they agree for *every* value of the symbols. An identity that holds
here holds for every MDP of this size and for every way to parameterise its policy.

The derivative. A parameter theta moves the policy in some direction; along it the entry
pi(a|s) has some derivative D(s,a), and sum_a D(s,a) = 0. Both are left free, so one symbol D stands
for every direction of every parameterisation: softmax, sigmoid and shared weights are special cases
by the chain rule.

Arrays are NumPy object arrays of field elements with the shapes of `utils.mdp.FiniteMDP`, so that a
formula reads the same here and there: `m.rho0 @ m.P_pi @ m.r_pi`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
import sympy as sp
from sympy import QQ
from sympy.polys.fields import FracElement, field
from sympy.polys.matrices import DomainMatrix
from sympy.polys.rings import PolyElement, ring

Step = tuple[int, int]
Prefix = tuple[Step, ...]


@dataclass(frozen=True, eq=False)
class SymbolicMDP:
    """A finite MDP and a policy over a field of rational functions.

    gamma  field element
    rho0   [S]      start law
    P      [S,A,S]  kernel P(s'|s,a)
    R      [S,A]    mean reward
    pi     [S,A]    policy
    dpi    [S,A]    derivative of the policy along a free direction of theta-space
    moving tuple of pairs (free policy symbol, its derivative)
    extra  further free symbols
    R_next [S,A,S]  reward R(s,a,s') of a transition, or None; R is its mean over s'
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

    @property
    def n_states(self) -> int:
        return self.R.shape[0]

    @property
    def n_actions(self) -> int:
        return self.R.shape[1]

    @cached_property
    def score(self) -> np.ndarray:
        """psi(s,a) = D(s,a) / pi(a|s), shape [S,A]."""
        return self.dpi / self.pi

    @cached_property
    def P_pi(self) -> np.ndarray:
        """P_pi(s'|s) = sum_a pi(a|s) P(s'|s,a), shape [S,S]."""
        return (self.pi[:, :, None] * self.P).sum(axis=1)

    @cached_property
    def r_pi(self) -> np.ndarray:
        """r_pi(s) = sum_a pi(a|s) R(s,a), shape [S]."""
        return (self.pi * self.R).sum(axis=1)

    @cached_property
    def V(self) -> np.ndarray:
        """V = (I - gamma P_pi)^{-1} r_pi, shape [S] (eq:J-infinite)."""
        return self.solve(np.eye(self.n_states, dtype=int) - self.P_pi * self.gamma, self.r_pi)

    @cached_property
    def objective(self) -> Any:
        """J = rho0^T V (eq:J-infinite)."""
        return self.rho0 @ self.V

    @cached_property
    def Q(self) -> np.ndarray:
        """Q = R + gamma P V, shape [S,A] (eq:bellman)."""
        return self.R + self.P @ self.V * self.gamma

    def action_gradient(self, f: np.ndarray) -> np.ndarray:
        """sum_a D(s,a) f(s,a), shape [S]: h of eq:grad-bellman if f = Q. It is E[psi f | s]."""
        return (self.dpi * f).sum(axis=1)

    def finite_horizon_values(self, horizon: int) -> tuple[np.ndarray, np.ndarray]:
        """(V [T+1,S], Q [T,S,A]) with a time index and V[T] = 0 (eq:q-finite)."""
        V, Q = [self.r_pi * 0], []
        for _ in range(horizon):
            Q.append(self.R + self.P @ V[-1] * self.gamma)
            V.append((self.pi * Q[-1]).sum(axis=1))
        return np.array(V[::-1]), np.array(Q[::-1])

    @cached_property
    def occupancy(self) -> np.ndarray:
        """d_gamma(s) = (1 - gamma) sum_t gamma^t P(s_t = s), shape [S] (eq:occupancy)."""
        return self.occupancy_from(self.rho0)

    def occupancy_from(self, start: np.ndarray) -> np.ndarray:
        """(1 - gamma) (I - gamma P_pi^T)^{-1} start, shape [S]; d_gamma if `start` were rho0."""
        flow = np.eye(self.n_states, dtype=int) - self.P_pi.T * self.gamma
        return self.solve(flow, start * (1 - self.gamma))

    def solve(self, matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
        """The solution x of matrix @ x = right; shapes [S,S] and [S]."""
        return solve(matrix, right)

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
        """Every prefix ((s_0,a_0), ..., (s_{T-1},a_{T-1})) of length `horizon`."""
        return prefixes(self.n_states, self.n_actions, horizon)

    def factors(self, tau: Prefix) -> list[Any]:
        """rho0(s_0), pi(a_0|s_0), P(s_1|s_0,a_0), pi(a_1|s_1), ... (eq:traj-likelihood)."""
        (state, action), *rest = tau
        out = [self.rho0[state], self.pi[state, action]]
        for next_state, next_action in rest:
            out += [self.P[state, action, next_state], self.pi[next_state, next_action]]
            state, action = next_state, next_action
        return out

    def likelihood(self, tau: Prefix) -> Any:
        """p_theta^T(tau), the product of `factors(tau)` (eq:traj-likelihood)."""
        return prod(self.factors(tau))

    def score_sum(self, tau: Prefix) -> Any:
        """M_T = sum of psi(s_t,a_t) over the steps of `tau`; 0 for the empty prefix."""
        return sum((self.score[step] for step in tau), 0 * self.gamma)

    def expectation(self, value: Callable[[Prefix], Any], horizon: int) -> Any:
        """E[value(tau)] over all prefixes of length `horizon`, by enumeration."""
        terms = (self.likelihood(tau) * value(tau) for tau in self.prefixes(horizon))
        return sum(terms, 0 * self.gamma)

    def state_law(self, t: int) -> np.ndarray:
        """P(s_t = s) = rho0^T P_pi^t, shape [S]."""
        law = self.rho0
        for _ in range(t):
            law = law @ self.P_pi
        return law


def prefixes(n_states: int, n_actions: int, horizon: int) -> Iterator[Prefix]:
    """Every sequence of `horizon` state-action pairs, in lexicographic order."""
    if horizon < 0:
        raise ValueError(f"horizon is {horizon}; it should be at least 0")
    if horizon == 0:
        yield ()
        return
    for head in prefixes(n_states, n_actions, horizon - 1):
        for state in range(n_states):
            for action in range(n_actions):
                yield (*head, (state, action))


def free_mdp(
    n_states: int = 2,
    n_actions: int = 2,
    extra: Sequence[str] = (),
    division: bool = True,
    reward_on_transition: bool = False,
) -> SymbolicMDP:
    """An MDP with every entry free. Simplex constraints hold by elimination of the last entry.

    Symbols: g for gamma, rho<s>, P<s><a><s'>, R<s><a>, p<s><a> for pi(a|s), D<s><a> for its
    derivative; the names in `extra` are further symbols for the statement at hand. Without
    `division` the numbers are polynomials, not fractions of them: V and the score are then out of
    reach, but an identity with its denominators cleared is decided much faster. With
    `reward_on_transition` the rewards are R<s><a><s'>, and R is their mean. ValueError if
    there are fewer than one state or two actions: a single action leaves no policy to move.
    """
    if n_states < 1 or n_actions < 2:
        raise ValueError(
            f"n_states = {n_states}, n_actions = {n_actions}; at least 1 state and 2 actions"
        )
    S, A = range(n_states), range(n_actions)
    names = ["g", *(f"rho{s}" for s in S[:-1])]
    names += [f"P{s}{a}{n}" for s in S for a in A for n in S[:-1]]
    ends = S if reward_on_transition else ("",)
    names += [f"R{s}{a}{n}" for s in S for a in A for n in ends]
    names += [f"{letter}{s}{a}" for letter in "pD" for s in S for a in A[:-1]]
    names += extra
    K, *generators = (field if division else ring)(names, QQ)
    of = dict(zip(names, generators, strict=True))

    def completed(entries: list[Any], total: int) -> list[Any]:
        return [*entries, K(total) - sum(entries, K(0))]

    pi = [completed([of[f"p{s}{a}"] for a in A[:-1]], 1) for s in S]
    dpi = [completed([of[f"D{s}{a}"] for a in A[:-1]], 0) for s in S]
    P = object_array([[completed([of[f"P{s}{a}{n}"] for n in S[:-1]], 1) for a in A] for s in S])
    rewards = object_array([[[of[f"R{s}{a}{n}"] for n in ends] for a in A] for s in S])
    return SymbolicMDP(
        gamma=of["g"],
        rho0=object_array(completed([of[f"rho{s}"] for s in S[:-1]], 1)),
        P=P,
        R=(P * rewards).sum(axis=2) if reward_on_transition else rewards[:, :, 0],
        pi=object_array(pi),
        dpi=object_array(dpi),
        moving=tuple((of[f"p{s}{a}"], of[f"D{s}{a}"]) for s in S for a in A[:-1]),
        extra=tuple(of[name] for name in extra),
        R_next=rewards if reward_on_transition else None,
    )


def named_mdp(n_states: int = 2, n_actions: int = 2) -> SymbolicMDP:
    """The tables of an MDP as plain positive SymPy symbols, with no relation between them.

    For identities between products and logarithms, in which nothing has to sum to one. The
    derivative of the policy is not modelled.
    """
    S, A = range(n_states), range(n_actions)

    def symbol(name: str) -> sp.Symbol:
        return sp.Symbol(name, positive=True)

    return SymbolicMDP(
        gamma=symbol("gamma"),
        rho0=object_array([symbol(f"rho{s}") for s in S]),
        P=object_array([[[symbol(f"P{s}{a}{n}") for n in S] for a in A] for s in S]),
        R=object_array([[symbol(f"R{s}{a}") for a in A] for s in S]),
        pi=object_array([[symbol(f"pi{s}{a}") for a in A] for s in S]),
        dpi=object_array([[sp.Integer(0) for _ in A] for _ in S]),
        moving=(),
    )


def nonnegative_mdp(n_states: int = 2, n_actions: int = 2) -> tuple[SymbolicMDP, Any]:
    """Every MDP of this size with rewards in (-inf, R_max], in symbols that run over [0, inf).

    A probability is x/(1+x+...), gamma is g/(1+g), and R(s,a) = R_max - y(s,a) with y >= 0, so that
    an inequality between values can be read off the signs of coefficients (`ledger.check_at_most`).
    The derivative of the policy is not modelled. Returns the MDP and the symbol R_max.
    """
    S, A = range(n_states), range(n_actions)
    names = ["g", "R_max", *(f"rho{s}" for s in S[1:])]
    names += [f"P{s}{a}{n}" for s in S for a in A for n in S[1:]]
    names += [f"y{s}{a}" for s in S for a in A] + [f"p{s}{a}" for s in S for a in A[1:]]
    K, *generators = field(names, QQ)
    of = dict(zip(names, generators, strict=True))

    def simplex(weights: list[FracElement]) -> list[FracElement]:
        total = K(1) + sum(weights, K(0))
        return [weight / total for weight in [K(1), *weights]]

    pi = object_array([simplex([of[f"p{s}{a}"] for a in A[1:]]) for s in S])
    mdp = SymbolicMDP(
        gamma=of["g"] / (1 + of["g"]),
        rho0=object_array(simplex([of[f"rho{s}"] for s in S[1:]])),
        P=object_array([[simplex([of[f"P{s}{a}{n}"] for n in S[1:]]) for a in A] for s in S]),
        R=object_array([[of["R_max"] - of[f"y{s}{a}"] for a in A] for s in S]),
        pi=pi,
        dpi=pi * 0,
        moving=(),
    )
    return mdp, of["R_max"]


def object_array(nested: Any) -> np.ndarray:
    """A NumPy array of Python objects from nested lists, without NumPy guessing a shape."""
    shape, level = [], nested
    while isinstance(level, list | tuple):
        shape.append(len(level))
        level = level[0]
    out = np.empty(shape, dtype=object)
    for index in np.ndindex(*shape):
        level = nested
        for i in index:
            level = level[i]
        out[index] = level
    return out


def solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve matrix @ x = right exactly, for field elements; shapes [S,S] and [S]."""
    rows, columns = matrix.shape
    if rows != columns or right.shape != (rows,):
        raise ValueError(
            f"matrix has shape {matrix.shape} and right {right.shape}; "
            f"they should be ({rows}, {rows}) and ({rows},)"
        )
    domain = next(x.field.to_domain() for x in matrix.flat if isinstance(x, FracElement))
    convert = domain.field
    left = DomainMatrix([[convert(x) for x in row] for row in matrix], matrix.shape, domain)
    column = DomainMatrix([[convert(x)] for x in right], (rows, 1), domain)
    return object_array([row[0] for row in left.lu_solve(column).to_list()])


def determinant(matrix: np.ndarray) -> Any:
    """det of a square array, without division: expansion along the first row."""
    if matrix.shape == (1, 1):
        return matrix[0, 0]
    minors = (np.delete(matrix[1:], j, axis=1) for j in range(len(matrix)))
    terms = (x * determinant(minor) for x, minor in zip(matrix[0], minors, strict=True))
    return sum(-term if j % 2 else term for j, term in enumerate(terms))


def adjugate(matrix: np.ndarray) -> np.ndarray:
    """The matrix adj with matrix @ adj = adj @ matrix = det I, without division."""
    adj = np.empty(matrix.shape, dtype=object)
    for i, j in np.ndindex(matrix.shape):
        minor = np.delete(np.delete(matrix, j, axis=0), i, axis=1)
        adj[i, j] = (-1) ** (i + j) * determinant(minor) if minor.size else matrix[0, 0] ** 0
    return adj


def coin_mdp(P: Any, R: Any, gamma: Any, rho0: Any, p: FracElement) -> SymbolicMDP:
    """Two actions, and one parameter p that all states share: pi(1|s) = p.

    P [S,2,S], R [S,2], gamma and rho0 [S] hold numbers or elements of the field of `p` (see
    `generators`). The derivative is the one with respect to p itself: D(s,1) = 1, D(s,0) = -1.
    """
    one = p**0
    fill = np.frompyfunc(lambda number: one * number, 1, 1)
    return SymbolicMDP(
        gamma=one * gamma,
        rho0=fill(np.array(rho0, dtype=object)),
        P=fill(np.array(P, dtype=object)),
        R=fill(np.array(R, dtype=object)),
        pi=object_array([[1 - p, p] for _ in rho0]),
        dpi=object_array([[-one, one] for _ in rho0]),
        moving=((p, one),),
    )


def parametric_mdp(
    P: Any, R: Any, gamma: Any, rho0: Any, pi: Any, along: FracElement
) -> SymbolicMDP:
    """Any policy table pi [S,A] whose entries are elements of the field of the symbol `along`.

    P [S,A,S], R [S,A], gamma and rho0 [S] hold numbers or elements of that field. The derivative is
    the one with respect to `along`: D(s,a) = d pi(a|s) / d along, so that the MDPs of several
    symbols give the coordinates of a gradient one by one.
    """
    one = along**0
    fill = np.frompyfunc(lambda number: one * number, 1, 1)
    table = fill(np.array(pi, dtype=object))
    return SymbolicMDP(
        gamma=one * gamma,
        rho0=fill(np.array(rho0, dtype=object)),
        P=fill(np.array(P, dtype=object)),
        R=fill(np.array(R, dtype=object)),
        pi=table,
        dpi=np.frompyfunc(lambda entry: entry.diff(along), 1, 1)(table),
        moving=((along, one),),
    )


def generators(names: str) -> tuple[FracElement, ...]:
    """The symbols of a field of rational functions, such as `p, c = generators("p, c")`."""
    return tuple(field(names, QQ)[1:])


def conditional_laws(law: dict[Prefix, Any]) -> dict[tuple[int, ...], Any]:
    """What a joint law of prefixes says about each next state and each next action.

    law  {prefix: probability}, all prefixes of one length
    Returns {(s_0, a_0, ..., x): P(x | s_0, a_0, ...)} for every history, where the last entry x is
    a state if the history is empty or ends in an action, and an action if it ends in a state.
    So one reads a policy and a kernel off a joint law, and so a wrong law is found out.
    """
    mass: dict[tuple[int, ...], Any] = {}
    for tau, probability in law.items():
        flat = tuple(entry for step in tau for entry in step)
        for length in range(len(flat) + 1):
            mass[flat[:length]] = mass.get(flat[:length], 0) + probability
    return {history: mass[history] / mass[history[:-1]] for history in mass if history}


def declared_laws(mdp: SymbolicMDP, horizon: int) -> dict[tuple[int, ...], Any]:
    """What rho0, P and pi say about each next state and action; same keys as `conditional_laws`."""
    declared: dict[tuple[int, ...], Any] = {}
    for tau in mdp.prefixes(horizon):
        flat = tuple(entry for step in tau for entry in step)
        for length in range(1, len(flat) + 1):
            *past, last = flat[:length]
            if length == 1:
                declared[flat[:length]] = mdp.rho0[last]
            elif length % 2:
                declared[flat[:length]] = mdp.P[past[-2], past[-1], last]
            else:
                declared[flat[:length]] = mdp.pi[past[-1], last]
    return declared
