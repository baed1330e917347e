"""Second moments of the gradient estimators over a field, by recursion and term by term.

The recursions of ``eq:var-rtg``, ``eq:var-phi`` and ``eq:var-total``, written as the display writes
them; ``variance`` has the general one for all forms at once. Each takes a ``SymbolicMDP`` or a
``FiniteFieldMDP`` with its one direction of the policy. ``without`` names a term that is left out,
so that a check can show that the term is needed. With a horizon the recursions run backward from
0; without one they are linear systems, and nothing can be left out.
"""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np

from utils.common.validation import check_name
from utils.symbolic.mdp import Prefix, SymbolicMDP

Moments = dict[str, np.ndarray]

VALUE, G2, X, GX, X2 = "V", "⟨G²⟩", "⟨X⟩", "⟨GX⟩", "⟨X²⟩"  # as the book writes them
RETURN_TERMS = (
    "",
    "R PV",
    *(f"{factor} P{X}" for factor in ("R", "(R − b)")),
    f"ψ P{GX}",
    *(f"P{moment}" for moment in (G2, X, GX, X2)),
    "gamma",
)
VALUE_TERMS = ("", f"ψ φ P{X}", f"P{X}", f"P{X2}", "gamma")
WHOLE_TERMS = ("", "joint", "later scores", "gamma", "binomials")


class _Step:
    """One step of a recursion: the moments now, from those of the next step or from themselves."""

    def __init__(self, mdp: SymbolicMDP, after: Moments | None, without: str):
        self.mdp, self.after, self.without = mdp, after, without
        self.now: Moments = {}
        self.square = mdp.gamma if without == "gamma" else mdp.gamma**2

    def term(self, name: str, value: np.ndarray) -> np.ndarray:
        return value * 0 if name == self.without else value

    def P(self, key: str) -> np.ndarray:
        """(P x)(s, a) for the moment x that comes next."""
        return self.mdp.P @ (self.now if self.after is None else self.after)[key]

    def close(self, key: str, rate: Any, source: np.ndarray) -> None:
        """x = E_pi[source + rate P x]."""
        if self.after is None:
            self.now[key] = self.mdp.resolve(rate, self.mdp.average(source))
        else:
            onward = self.term(f"P{key}", self.P(key) * rate)
            self.now[key] = self.mdp.average(source + onward)


def return_moments(
    mdp: SymbolicMDP, baseline: np.ndarray, horizon: int | None = None, without: str = ""
) -> Moments:
    """V, ⟨G²⟩, ⟨X⟩, ⟨GX⟩ and ⟨X²⟩ of X = sum_t gamma^t psi_t (G_t - b), [S] each (``eq:var-rtg``).

    ``baseline`` is b(s) as [S], or b_t(s) as [T, S] with a horizon. Left out can be each of
    ``RETURN_TERMS``; "gamma" puts gamma in the place of gamma^2.
    """
    check_name("without", without, RETURN_TERMS)

    def step(b: np.ndarray, after: Moments | None) -> Moments:
        at, R, psi, g = _Step(mdp, after, without), mdp.R, mdp.score, mdp.gamma
        b = b[:, None]
        at.close(VALUE, g, R)
        Q = R + at.P(VALUE) * g
        own = R**2 + at.term("R PV", R * at.P(VALUE) * (2 * g))
        at.close(G2, at.square, own)
        plus = own + at.term(f"P{G2}", at.P(G2) * at.square)
        at.close(X, g, psi * Q)
        at.close(GX, at.square, psi * (plus - b * Q) + at.term(f"R P{X}", R * at.P(X) * g))
        mixed = at.term(f"(R − b) P{X}", (R - b) * at.P(X) * (2 * g))
        mixed = mixed + at.term(f"ψ P{GX}", at.P(GX) * (2 * at.square))
        at.close(X2, at.square, psi**2 * (plus - 2 * b * Q + b**2) + psi * mixed)
        return at.now

    if horizon is None:
        return step(baseline, None)
    now = dict.fromkeys((VALUE, G2, X, GX, X2), mdp.r_pi * 0)
    for t in reversed(range(horizon)):
        now = step(baseline[t], now)
    return now


def start_means(mdp: SymbolicMDP, moments: Moments) -> dict[str, Any]:
    """{"⟨GX⟩": E[G_0 X], "⟨X²⟩": E[X^2]}, averaged over the first state."""
    return {key: mdp.rho0 @ moments[key] for key in (GX, X2)}


def value_moments(
    mdp: SymbolicMDP, weights: np.ndarray, horizon: int | None = None, without: str = ""
) -> Moments:
    """⟨X⟩ and ⟨X²⟩ of X = sum_t gamma^t psi_t phi(s_t, a_t), [S] each (``eq:var-phi``).

    ``weights`` is phi as [S, A], or phi_t as [T, S, A] with a horizon. Left out can be each of
    ``VALUE_TERMS``; "gamma" puts gamma in the place of gamma^2.
    """
    check_name("without", without, VALUE_TERMS)

    def step(phi: np.ndarray, after: Moments | None) -> Moments:
        at, term = _Step(mdp, after, without), mdp.score * phi
        at.close(X, mdp.gamma, term)
        cross = at.term(f"ψ φ P{X}", term * at.P(X) * (2 * mdp.gamma))
        at.close(X2, at.square, term**2 + cross)
        return at.now

    if horizon is None:
        return step(weights, None)
    now = dict.fromkeys((X, X2), mdp.r_pi * 0)
    for t in reversed(range(horizon)):
        now = step(weights[t], now)
    return now


def whole_return_moments(
    mdp: SymbolicMDP, horizon: int, without: str = ""
) -> dict[tuple[int, int], np.ndarray]:
    """{(j, k): E[G_0^j M_T^k] as a function of the first state, [S]}, j, k <= 2 (``eq:var-total``).

    Left out can be each of ``WHOLE_TERMS``: "joint" takes later return and later scores as
    uncorrelated, "later scores" drops these, "gamma" and "binomials" put 1 for these factors.
    """
    check_name("without", without, WHOLE_TERMS)
    orders = [(j, k) for j in range(3) for k in range(3)]
    m = {order: mdp.r_pi * 0 + (order == (0, 0)) for order in orders}

    def term(j: int, k: int, i: int, index: int) -> np.ndarray:
        if without == "joint" and i * index > 0:
            return mdp.R * 0
        if without == "later scores" and index > 0:
            return mdp.R * 0
        ways = 1 if without == "binomials" else comb(j, i) * comb(k, index)
        rate = mdp.gamma ** (0 if without == "gamma" else i)
        own = mdp.R ** (j - i) * mdp.score ** (k - index)
        return own * (mdp.P @ m[i, index]) * (ways * rate)

    for _ in range(horizon):
        m = {
            (j, k): mdp.average(
                sum(
                    (term(j, k, i, index) for i in range(j + 1) for index in range(k + 1)),
                    mdp.R * 0,
                )
            )
            for j, k in orders
        }
    return m


def whole_return(mdp: SymbolicMDP, horizon: int, baseline: Any, without: str = "") -> dict:
    """Both lines of ``eq:var-total`` in the mean over the first state: {"m": ..., "E[X^2]": ...}.

    "m" holds the moments but those that are 1 or 0 for any world, (0, 0) and (0, 1).
    """
    moments = whole_return_moments(mdp, horizon, without)
    m = {order: mdp.rho0 @ moment for order, moment in moments.items()}
    square = m[2, 2] - 2 * baseline * m[1, 2] + baseline**2 * m[0, 2]
    return {"m": {order: m[order] for order in m if order > (0, 1)}, "E[X^2]": square}


def best_baseline_terms(mdp: SymbolicMDP, horizon: int) -> dict[str, np.ndarray]:
    """The three terms of b*_t(s) I(s) (``eq:opt-state-baseline``), [T, S] each, and I.

    "own" E_pi[psi^2 Q_t], "later" gamma E_pi[psi P grad V_{t+1}], "earlier" grad log P(s_t = s)
    h_t(s), and "I" E_pi[psi^2]. The direction is the one of the MDP; over several coordinates of
    theta each term is the sum of theirs.
    """
    V, Q = mdp.finite_horizon_values(horizon)
    laws, psi, times = mdp.state_laws(horizon), mdp.score, range(horizon)
    onward = [mdp.P @ mdp.gradient(V[t + 1]) * mdp.gamma for t in times]
    return {
        "own": np.array([mdp.average(psi**2 * Q[t]) for t in times]),
        "later": np.array([mdp.average(psi * onward[t]) for t in times]),
        "earlier": np.array(
            [mdp.gradient(laws[t]) / laws[t] * mdp.action_gradient(Q[t]) for t in times]
        ),
        "I": np.array([mdp.average(psi**2)] * horizon),
    }


def surprise(mdp: SymbolicMDP, tau: Prefix, k: int, V: np.ndarray, Q: np.ndarray) -> Any:
    """zeta_k = Q_k(s_k, a_k) - (P V_k)(s_{k-1}, a_{k-1}) (``eq:G-minus-Q``); V, Q with time."""
    return Q[k][tau[k]] - (mdp.P @ V[k])[tau[k - 1]]


def surprises_to_come(mdp: SymbolicMDP, horizon: int, rate: Any = None) -> dict[Any, Any]:
    """{(tau, t): sum_{k>t} gamma^(k-t) zeta_k} for every prefix and t < T - 1 (``eq:G-minus-Q``).

    Another ``rate`` may stand in the place of gamma.
    """
    V, Q = mdp.finite_horizon_values(horizon)
    g = mdp.gamma if rate is None else rate
    return {
        (tau, t): sum(g ** (k - t) * surprise(mdp, tau, k, V, Q) for k in range(t + 1, horizon))
        for tau in mdp.prefixes(horizon)
        for t in range(horizon - 1)
    }


def decomposition(mdp: SymbolicMDP, horizon: int, later: bool = True, own: int = 0) -> list[Any]:
    """The two sums of ``eq:var-decomposition``, the factor 2 included, by enumeration.

    Without ``later`` the term gamma P grad V is left out; with ``own`` = 1 the score psi_k is
    counted among the scores M_k before it.
    """
    V, Q = mdp.finite_horizon_values(horizon)
    ahead = [mdp.P @ mdp.gradient(V[k + 1]) * mdp.gamma for k in range(horizon)]

    def moved(tau: Prefix, k: int) -> Any:
        """gamma^k M_k zeta_k."""
        return mdp.gamma**k * mdp.score_sum(tau[: k + own]) * surprise(mdp, tau, k, V, Q)

    def partner(tau: Prefix, k: int) -> Any:
        """gamma^k (psi_k Q_k + gamma P grad V)."""
        mean = mdp.score[tau[k]] * Q[k][tau[k]]
        return mdp.gamma**k * (mean + ahead[k][tau[k]] if later else mean)

    steps = range(1, horizon)
    return [
        mdp.expectation(lambda tau: sum(moved(tau, k) ** 2 for k in steps), horizon),
        mdp.expectation(
            lambda tau: sum(2 * moved(tau, k) * partner(tau, k) for k in steps), horizon
        ),
    ]
