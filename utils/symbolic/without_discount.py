"""The direction without gamma^t on symbolic worlds, and what tells whether a field is a gradient.

A field is a list of components, each differentiable by the symbols of the parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp

from utils.common.linear import solve
from utils.symbolic.finite_field import FiniteFieldMDP
from utils.symbolic.mdp import SymbolicMDP


def first_terms(mdp: SymbolicMDP, horizon: int, rate: Any = 1) -> Any:
    """sum_{t<T} rate^t E[psi_t Q(s_t,a_t)]: omega_T, or with ``rate`` gamma the theorem's terms."""
    terms = (rate**t * mdp.mean_score_at(t, mdp.Q) for t in range(horizon))
    return sum(terms, 0 * mdp.gamma)


def curl(field: Sequence[Any], symbols: Sequence[Any]) -> Any:
    """The derivative of the second component by the first symbol, less the other (``eq:curl``)."""
    return field[1].diff(symbols[0]) - field[0].diff(symbols[1])


def twist(field: Sequence[Any], symbols: Sequence[Any]) -> Any:
    """omega . rot omega in three coordinates (``eq:frobenius``)."""
    (a, b, c), (p, q, r) = field, symbols
    return a * curl((b, c), (q, r)) + b * curl((c, a), (r, p)) + c * curl((a, b), (p, q))


def round_trip(field: Sequence[Any], symbols: Sequence[Any]) -> sp.Expr:
    """The rises along the sides of the unit square, against the clock, added (``eq:curl``)."""
    across, up = (component.as_expr() for component in field)
    p, q = (symbol.as_expr() for symbol in symbols)
    bottom, top = (sp.integrate(across.subs(q, end), (p, 0, 1)) for end in (0, 1))
    left, right = (sp.integrate(up.subs(p, end), (q, 0, 1)) for end in (0, 1))
    return sp.expand(bottom + right - top - left)


def thinned(mdp: SymbolicMDP, survival: Any) -> SymbolicMDP:
    """The same world, but each step ends the episode with probability 1 - ``survival``."""
    return replace(mdp, P=mdp.P * survival)


def visits(mdp: SymbolicMDP, rate: Any = 1) -> np.ndarray:
    """sum_t rate^t P(s_t = s), [S]: d_1 in a world that ends, or d_gamma/(1 - gamma)."""
    flow = np.eye(mdp.n_states, dtype=int) - mdp.P_pi.T * rate
    return solve(flow, mdp.rho0)


def in_each_state(mdp: FiniteFieldMDP) -> list[FiniteFieldMDP]:
    """The point along one direction for each state, in which only the policy of that state moves.

    So it stands for a table, with one parameter a state.
    """
    rows = np.eye(mdp.n_states, dtype=int)[:, :, None]
    return [mdp.along(mdp.dpi * row) for row in rows]


def tabular_gradient(mdp: FiniteFieldMDP) -> np.ndarray:
    """grad J by the parameter of each state, [S], found by differentiating the values."""
    return np.array([point.gradient(point.objective) for point in in_each_state(mdp)])


def tabular_direction(mdp: FiniteFieldMDP) -> np.ndarray:
    """omega by the parameter of each state, [S]: sum_s d_1(s) h(s), state by state."""
    return np.array([visits(x) @ x.action_gradient(x.Q) for x in in_each_state(mdp)])


def right_sides(
    mdp: FiniteFieldMDP, rate: Any = None, Q: np.ndarray | None = None, power: int = 2
) -> dict[str, Any]:
    """Lines 2 and 3 of ``eq:tabular-ascent``, {"J": [S], "inner": number}, from d_1, d_gamma and h.

    Wrong versions give another ``rate`` than gamma, another table ``Q``, or another power of h.
    """
    h = mdp.action_gradient(mdp.Q if Q is None else Q)
    front = visits(mdp, mdp.gamma if rate is None else rate)
    return {"J": front * h, "inner": (visits(mdp) * front * h**power).sum()}
