"""The transition table that Gymnasium's toy-text environments carry, as arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

Row = tuple[int, int, float, int, float, bool]  # s, a, probability, s', reward, terminated


def read_table(env: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray | float, np.ndarray]:
    """(P [S, A, S], R [S, A, S], reward_sd, rho0 [S]) of an environment such as FrozenLake-v1.

    An end of the episode becomes an absorbing state that pays 0. Where every way into a state ends
    the episode, this is the state itself. Where some ways into it end the episode and others go
    on, as in Taxi-v4, or where episodes begin in it, the ways that end lead to one extra state
    instead, with the last number.

    Several rows may lead from (s, a) to the same s' with different rewards, as on the slippery
    cliff of CliffWalking-v1. Then R(s, a, s') is their mean and ``reward_sd`` their standard
    deviation.

    ValueError if the environment has no such table.
    """
    inner = getattr(env, "unwrapped", env)
    table = getattr(inner, "P", None)
    rho0 = getattr(inner, "initial_state_distrib", None)
    if table is None or rho0 is None:
        raise ValueError(
            f"{type(inner).__name__} has no transition table P with initial_state_distrib; "
            "toy-text environments such as FrozenLake-v1, CliffWalking-v1 and Taxi-v4 have one"
        )
    n_states, n_actions = len(table), len(table[0])
    rows = list(_rows(table))
    absorbing, extra = _ends(rows, np.asarray(rho0, dtype=float))
    size = n_states + extra
    P, R, squares = np.zeros((3, size, n_actions, size))
    for s, a, probability, successor, reward, terminated in rows:
        if s not in absorbing:
            ends_elsewhere = terminated and successor not in absorbing
            step = s, a, n_states if ends_elsewhere else successor
            P[step] += probability
            R[step] += probability * reward
            squares[step] += probability * reward**2
    # np.divide leaves the entries of impossible steps as they are: 0.
    np.divide(R, P, out=R, where=P > 0)
    np.divide(squares, P, out=squares, where=P > 0)
    variances = squares - R**2
    variances[variances <= 1e-12 * squares] = 0  # rounding
    for s in (*absorbing, *range(n_states, size)):
        P[s, :, s] = 1
    sd = np.sqrt(variances) if variances.any() else 0.0
    return P, R, sd, np.append(rho0, np.zeros(extra))


def _rows(table: Any) -> Iterator[Row]:
    for s in range(len(table)):
        for a in range(len(table[s])):
            for probability, successor, reward, terminated in table[s][a]:
                if probability > 0:
                    yield s, a, probability, int(successor), float(reward), bool(terminated)


def _ends(rows: list[Row], rho0: np.ndarray) -> tuple[set[int], int]:
    """(the states that become absorbing, 1 if an extra absorbing state is needed, else 0).

    A state that is absorbing is never left, so its own rows do not count. A state that turns out
    not to be absorbing has rows that count, so the search is repeated until nothing changes.
    """
    ends = {successor for *_, successor, _, terminated in rows if terminated}
    absorbing = {s for s in ends if rho0[s] == 0}
    while True:
        goes_on = {row[3] for row in rows if row[0] not in absorbing and not row[5]}
        if not goes_on & absorbing:
            break
        absorbing -= goes_on
    extra = any(row[0] not in absorbing and row[5] and row[3] not in absorbing for row in rows)
    return absorbing, int(extra)
