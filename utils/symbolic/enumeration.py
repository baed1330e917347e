"""Means of estimators by enumeration of all prefixes, on symbolic and finite-field MDPs.

Every function takes a ``symbolic.SymbolicMDP`` or a ``finite_field.FiniteFieldMDP`` and only adds
and multiplies. The score is taken along the MDP's one direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from math import prod
from typing import Any

import numpy as np

from utils.common.validation import check_name
from utils.symbolic.mdp import Prefix, SymbolicMDP


def values_before(mdp: SymbolicMDP, last: np.ndarray, horizon: int) -> list[np.ndarray]:
    """V_0, ..., V_T with V_T = ``last`` [S] and V_t = r_pi + gamma P_pi V_{t+1}."""
    values = [last]
    for _ in range(horizon):
        values.insert(0, mdp.r_pi + mdp.P_pi @ values[0] * mdp.gamma)
    return values


def mean_score_times(mdp: SymbolicMDP, t: int, table: np.ndarray, k: int) -> Any:
    """E[psi_t f(s_k)] for k >= t and a table f [S]."""
    return mdp.expectation(lambda tau: mdp.score[tau[t]] * table[tau[k][0]], horizon=k + 1)


def mean_score_times_q(mdp: SymbolicMDP, t: int, after: np.ndarray) -> Any:
    """E[psi_t Q_t(s_t, a_t)] with Q_t = R + gamma P V_{t+1} and V_{t+1} = ``after`` [S]."""
    Q = mdp.R + mdp.P @ after * mdp.gamma
    return mdp.state_law(t) @ (mdp.dpi * Q).sum(axis=1)


def mean_gae(mdp: SymbolicMDP, critic: Sequence[np.ndarray], lam: Any, t: int) -> Any:
    """E[psi_t A_t] with A_t = sum_{k=t}^{T-1} (gamma lam)^(k-t) delta_k (``eq:gae``).

    ``critic`` holds v_0, ..., v_T, each [S]. The state s_T is read from one more step.
    """
    horizon = len(critic) - 1

    def advantage(tau: Prefix) -> Any:
        v = [critic[k][tau[k][0]] for k in range(horizon + 1)]
        delta = [mdp.R[tau[k]] + mdp.gamma * v[k + 1] - v[k] for k in range(horizon)]
        return sum((mdp.gamma * lam) ** (k - t) * delta[k] for k in range(t, horizon))

    return mdp.expectation(lambda tau: mdp.score[tau[t]] * advantage(tau), horizon + 1)


OWN_MEANS = ("total return", "each time", "one constant")


def mean_own_batch_update(mdp: SymbolicMDP, kind: str, n: int = 2, horizon: int = 2) -> Any:
    """N times the expected update when the batch mean, own return included, is the baseline.

    ``kind`` says what is subtracted from what: "total return", the mean of G_0 from G_0; "each
    time", the mean of G_t from G_t; "one constant", the mean of G_0 from every G_t. The first two
    give (N - 1) grad J_T (``eq:batch-mean-bias``).
    """
    check_name("kind", kind, OWN_MEANS)
    law = {tau: mdp.likelihood(tau) for tau in mdp.prefixes(horizon)}

    def to_go(tau: Prefix, t: int) -> Any:
        """gamma^t G_t."""
        return sum(mdp.gamma**k * mdp.R[tau[k]] for k in range(t, horizon))

    total = 0 * mdp.gamma
    for batch in product(law, repeat=n):
        for t in range(horizon):
            own = to_go(batch[0], 0 if kind == "total return" else t)
            start = t if kind == "each time" else 0
            mean = sum(to_go(tau, start) for tau in batch)
            if kind == "one constant":
                mean = mean * mdp.gamma**t
            weight = n * own - mean
            total += prod(law[tau] for tau in batch) * mdp.score[batch[0][t]] * weight
    return total


def return_form(mdp: SymbolicMDP, tau: Prefix, times: Sequence[int]) -> Any:
    """sum over t in ``times`` of gamma^t psi_t G_t on the prefix ``tau``."""
    sums = (sum(mdp.gamma**k * mdp.R[tau[k]] for k in range(t, len(tau))) for t in times)
    return sum(mdp.score[tau[t]] * x for t, x in zip(times, sums, strict=True))


def value_form(mdp: SymbolicMDP, tau: Prefix, times: Sequence[int], Q: np.ndarray) -> Any:
    """sum over t in ``times`` of gamma^t psi_t Q_t(s_t, a_t); ``Q`` is [T, S, A]."""
    return sum(mdp.gamma**t * mdp.score[tau[t]] * Q[t][tau[t]] for t in times)


def with_exits(mdp: SymbolicMDP, exits: np.ndarray) -> SymbolicMDP:
    """The same MDP, but each step ends the episode with probability ``exits`` [S, A].

    What is left of P(.|s, a) sums to 1 - exits(s, a). Then ``likelihood(tau)`` is the probability
    of taking these steps, and V, Q and J count the rewards until the end.
    """
    return replace(mdp, P=mdp.P * (1 - exits)[:, :, None])


def episodes(mdp: SymbolicMDP, horizon: int) -> dict[Prefix, Any]:
    """{steps: probability} of all episodes that end by themselves or after ``horizon`` steps.

    ``mdp`` is a world ``with_exits``.
    """
    law = {}
    for length in range(1, horizon + 1):
        for tau in mdp.prefixes(length):
            goes_on = mdp.P[tau[-1]].sum() if length < horizon else 0
            law[tau] = mdp.likelihood(tau) * (1 - goes_on)
    return law


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
    """What rho0, P and pi say of each next state and action; same keys as ``conditional_laws``."""
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


def mean_over_lives(terms: Sequence[Any], survival: Any, horizon: int, first: int = 1) -> Any:
    """E[sum_{t<N} f_t] for numbers f_t and lives of at most T steps (``eq:killed-process``).

    After each step the life goes on with probability ``survival``; N counts the steps from
    ``first``: 1 is right, 0 is the convention that leaves out the last state.
    """
    ended = sum(
        (1 - survival) * survival**n * sum(terms[: first + n]) for n in range(horizon - first)
    )
    return ended + survival ** (horizon - first) * sum(terms[:horizon])
