"""Means of estimators by enumeration of all prefixes, on symbolic and finite-field MDPs.

Every function takes a ``symbolic.SymbolicMDP`` or a ``finite_field.FiniteFieldMDP`` and only adds
and multiplies. The score is taken along the MDP's one direction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


def gae_gap(mdp: SymbolicMDP, v: Sequence[np.ndarray], lam: Any, last: np.ndarray) -> list:
    """E[psi_t A_t] - E[psi_t Q_t] for each t < T, by enumeration: the left side of ``eq:gae``.

    ``v`` holds the critic v_0, ..., v_T, each [S]; ``last`` [S] is the right value at time T.
    """
    horizon = len(v) - 1
    V = values_before(mdp, last, horizon)
    return [mean_gae(mdp, v, lam, t) - mean_score_times_q(mdp, t, V[t + 1]) for t in range(horizon)]


def gae_bias(
    mdp: SymbolicMDP,
    v: Sequence[np.ndarray],
    lam: Any,
    last: np.ndarray,
    end: int = 1,
    between: Any = None,
    fading: Any = None,
) -> list:
    """The right side of ``eq:gae`` for each t < T, from the errors eps_k = v_k - V_k.

    gamma (1 - lam) sum_{l=1}^{T-t-1} (gamma lam)^(l-1) E[psi_t eps_{t+l}(s_{t+l})]
    + gamma (gamma lam)^(T-t-1) E[psi_t eps_T(s_T)], arguments as for ``gae_gap``. In the place of
    the factor 1 - lam can stand ``between``, of gamma lam ``fading``, and ``end`` multiplies the
    last term.
    """
    horizon, g = len(v) - 1, mdp.gamma
    V = values_before(mdp, last, horizon)
    between = 1 - lam if between is None else between
    fading = g * lam if fading is None else fading

    def error(t: int, k: int) -> Any:
        return mean_score_times(mdp, t, v[k] - V[k], k)

    def middle(t: int) -> Any:
        return sum(fading ** (n - 1) * error(t, t + n) for n in range(1, horizon - t))

    return [
        g * (between * middle(t) + end * fading ** (horizon - t - 1) * error(t, horizon))
        for t in range(horizon)
    ]


def harmless_critics(
    mdp: SymbolicMDP,
    v: Sequence[np.ndarray],
    lam: Any,
    last: np.ndarray,
    middle: bool = False,
    end: bool = False,
    by_state: bool = False,
) -> dict[str, list]:
    """``gae_gap`` in the cases (a), (b) and (d) after ``thm:gae``, where it is 0 at each time.

    (a) v_t = V_t for t >= 1. (b) any critic with a right end, and lam = 1. (d) a critic that is
    wrong by one constant. ``middle`` makes the critic of (a) wrong at 0 < t < T, ``end`` those of
    (a) and (b) at T, and ``by_state`` lets the constant of (d) depend on the state.
    """
    V = values_before(mdp, last, len(v) - 1)
    closing = [v[-1]] if end else [V[-1]]
    exact = [v[0], *(v[1:-1] if middle else V[1:-1]), *closing]
    shift = v[0] if by_state else v[0][0]
    return {
        "a": gae_gap(mdp, exact, lam, last),
        "b": gae_gap(mdp, [*v[:-1], *closing], 1, last),
        "d": gae_gap(mdp, [value + shift for value in V], lam, last),
    }


OWN_MEANS = ("total return", "each time", "one constant")


def mean_own_batch_update(mdp: SymbolicMDP, kind: str, n: int = 2, horizon: int = 2) -> Any:
    """N times the expected update when the batch mean, own return included, is the baseline.

    ``kind`` says what is subtracted from what: "total return", the mean of G_0 from G_0; "each
    time", the mean of G_t from G_t; "one constant", the mean of G_0 from every G_t. The first two
    give (N - 1) grad J_T (``eq:batch-mean-bias``).
    """
    check_name("kind", kind, OWN_MEANS)
    law, times = mdp.law(horizon), range(horizon)
    to_go = {  # gamma^t G_t
        (tau, t): sum(mdp.gamma**k * mdp.R[tau[k]] for k in range(t, horizon))
        for tau in law
        for t in times
    }
    total = 0 * mdp.gamma
    for batch in product(law, repeat=n):
        chance = prod(law[tau] for tau in batch)
        for t in times:
            own = to_go[batch[0], 0 if kind == "total return" else t]
            start = t if kind == "each time" else 0
            mean = sum(to_go[tau, start] for tau in batch)
            if kind == "one constant":
                mean = mean * mdp.gamma**t
            total += chance * mdp.score[batch[0][t]] * (n * own - mean)
    return total


def return_form(mdp: SymbolicMDP, tau: Prefix, times: Sequence[int]) -> Any:
    """sum over t in ``times`` of gamma^t psi_t G_t on the prefix ``tau``."""
    sums = (sum(mdp.gamma**k * mdp.R[tau[k]] for k in range(t, len(tau))) for t in times)
    return sum(mdp.score[tau[t]] * x for t, x in zip(times, sums, strict=True))


def value_form(mdp: SymbolicMDP, tau: Prefix, times: Sequence[int], Q: np.ndarray) -> Any:
    """sum over t in ``times`` of gamma^t psi_t Q_t(s_t, a_t); ``Q`` is [T, S, A]."""
    return sum(mdp.gamma**t * mdp.score[tau[t]] * Q[t][tau[t]] for t in times)


BATCHES = {"N = 3": (3, 2), "N = 2": (2, 3)}  # (N, T): as long as the list of batches allows


def own_batch_updates(mdp: SymbolicMDP, kind: str | None = None) -> dict[str, list]:
    """``mean_own_batch_update`` of total return and of each time, for each of ``BATCHES``.

    Another ``kind`` may stand in the place of both.
    """
    kinds = OWN_MEANS[:2] if kind is None else (kind, kind)
    return {
        name: [mean_own_batch_update(mdp, k, n, horizon) for k in kinds]
        for name, (n, horizon) in BATCHES.items()
    }


def own_batch_slopes(
    mdp: SymbolicMDP, kept: Callable[[int], int] = lambda n: n - 1
) -> dict[str, list]:
    """(N - 1) grad J_T for each of ``BATCHES``, twice (``eq:batch-mean-bias``, times N).

    Another multiple than N - 1 can be ``kept``.
    """
    return {
        name: [mdp.gradient(mdp.finite_horizon_objective(horizon)) * kept(n)] * 2
        for name, (n, horizon) in BATCHES.items()
    }


def own_steps_updates(mdp: SymbolicMDP, horizon: int) -> list:
    """E[psi_t (G_t - B)] for each t < T, with B the mean of G_0, ..., G_{T-1} of the same prefix.

    All times T, so that nothing is divided: the left side of ``eq:own-steps``.
    """
    means = []
    for t in range(horizon):

        def update(tau: Prefix, t: int = t) -> Any:
            total = sum(mdp.G(tau, u) for u in range(horizon))
            return mdp.score[tau[t]] * (mdp.G(tau, t) * horizon - total)

        means.append(mdp.expectation(update, horizon))
    return means


def own_steps_means(
    mdp: SymbolicMDP, horizon: int, earlier: int = 1, later: int = 1, rate: Any = None
) -> list:
    """The right side of ``eq:own-steps``, times T, from the values V_u and Q_t.

    (T - sum_{u<=t} gamma^(t-u)) E[psi_t Q_t] - sum_{u>t} E[psi_t V_u(s_u)]. The parts of the steps
    before t and after t can be left out with 0, and ``rate`` can stand for gamma.
    """
    V, Q = mdp.finite_horizon_values(horizon)
    g = mdp.gamma if rate is None else rate
    means = []
    for t in range(horizon):
        own = mdp.state_law(t) @ (mdp.dpi * Q[t]).sum(axis=1)
        past = sum((g**k for k in range(1, t + 1)), 0 * g) * earlier
        behind = sum(mean_score_times(mdp, t, V[u], u) for u in range(t + 1, horizon))
        means.append(own * (horizon - 1 - past) - behind * later)
    return means


def advantage_series(mdp: SymbolicMDP, horizon: int) -> np.ndarray:
    """E[r_k | s_0 = s, a_0 = a] - E[r_k | s_0 = s] for k < T, [S, A, T], over all prefixes.

    These are the coefficients of gamma^k in A(s, a); no value and no Bellman equation enters.
    """
    found = np.empty((mdp.n_states, mdp.n_actions, horizon), dtype=object)
    for s, k in product(range(mdp.n_states), range(horizon)):
        start = mdp.started_in(s)
        by_action = [0 * mdp.gamma] * mdp.n_actions
        for tau, chance in start.law(k + 1).items():
            if tau[0][0] == s:
                by_action[tau[0][1]] += chance * mdp.R[tau[-1]]
        for a, part in enumerate(by_action):
            found[s, a, k] = part / mdp.pi[s, a] - sum(by_action)
    return found


def whole_returns(mdp: SymbolicMDP, horizon: int, baseline: Any) -> dict[str, Any]:
    """{"m": {(j, k): E[G_0^j M_T^k]}, "E[X^2]": E[(G_0 - b)^2 M_T^2]} (``eq:var-total``).

    j, k <= 2, without (0, 0) and (0, 1), which are 1 and 0 for any world.
    """
    orders = [order for order in product(range(3), repeat=2) if order > (0, 1)]

    def moment(j: int, k: int) -> Any:
        return mdp.expectation(lambda tau: mdp.G(tau) ** j * mdp.score_sum(tau) ** k, horizon)

    square = mdp.expectation(
        lambda tau: ((mdp.G(tau) - baseline) * mdp.score_sum(tau)) ** 2, horizon
    )
    return {"m": {order: moment(*order) for order in orders}, "E[X^2]": square}


SCORE_PRODUCTS = ("", "no indicators", "same score", "return")


def score_products(mdp: SymbolicMDP, spots: Sequence, version: str = "") -> dict[Any, Any]:
    """{((t, s), (u, z)): E[U_{t,s} U_{u,z}]}, 0 for all of them (``eq:orthogonality``).

    Other versions: without the indicators, with psi_t in the place of psi_u, or times G_u.
    """
    check_name("version", version, SCORE_PRODUCTS)
    horizon = 1 + max(t for pair in spots for t, _ in pair)
    means = {}
    for (t, s), (u, z) in spots:

        def term(tau: Prefix, t=t, s=s, u=u, z=z) -> Any:
            there = tau[t][0] == s and tau[u][0] == z
            if not there and version != "no indicators":
                return 0
            later = mdp.score[tau[t if version == "same score" else u]]
            weight = mdp.G(tau, u) if version == "return" else 1
            return mdp.gamma ** (t + u) * mdp.score[tau[t]] * later * weight

        means[(t, s), (u, z)] = mdp.expectation(term, horizon)
    return means


def normal_equations(mdp: SymbolicMDP, horizon: int) -> np.ndarray:
    """E[X_0 U_{t,s}] / (gamma^{2t} P(s_t = s)), [T, S]: b*_t(s) I(s) (``eq:opt-state-baseline``).

    X_0 is reward-to-go without a baseline, and U_{t,s} = gamma^t psi_t 1{s_t = s}.
    """
    rows = []
    for t in range(horizon):

        def product_with_score(tau: Prefix, t=t) -> Any:
            return return_form(mdp, tau, range(horizon)) * mdp.score[tau[t]]

        hit = mdp.expectation_where(product_with_score, t, horizon)
        rows.append(hit / (mdp.state_law(t) * mdp.gamma**t))
    return np.array(rows)


def returns_above_values(mdp: SymbolicMDP, horizon: int) -> dict[Any, Any]:
    """{(tau, t): G_t - Q_t(s_t, a_t)} for every prefix and every t < T - 1 (``eq:G-minus-Q``)."""
    Q = mdp.finite_horizon_values(horizon)[1]
    return {
        (tau, t): mdp.G(tau, t) - Q[t][tau[t]]
        for tau in mdp.prefixes(horizon)
        for t in range(horizon - 1)
    }


def gains(mdp: SymbolicMDP, horizon: int) -> dict[str, Any]:
    """What exact action values gain, over all prefixes (``eq:rao-blackwell``).

    "sum" E[X_G^2 - X_Q^2] of the whole estimators, "each" the same for the term of each t < T - 1
    by itself, "gap" the mean square of the difference of the two terms.
    """
    Q, times = mdp.finite_horizon_values(horizon)[1], range(horizon)

    def gain(steps: Sequence[int]) -> Any:
        return mdp.expectation(
            lambda tau: return_form(mdp, tau, steps) ** 2 - value_form(mdp, tau, steps, Q) ** 2,
            horizon,
        )

    def gap(t: int) -> Any:
        return mdp.expectation(
            lambda tau: (return_form(mdp, tau, [t]) - value_form(mdp, tau, [t], Q)) ** 2, horizon
        )

    single = times[:-1]
    return {
        "sum": gain(times),
        "each": [gain([t]) for t in single],
        "gap": [gap(t) for t in single],
    }


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
        for tau, chance in mdp.law(length).items():
            goes_on = mdp.P[tau[-1]].sum() if length < horizon else 0
            law[tau] = chance * (1 - goes_on)
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
