"""Symbolic MDPs to choose from: every entry free, named, non-negative, or moved by one symbol."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp
from sympy import QQ
from sympy.polys.fields import FracElement, field
from sympy.polys.rings import ring

from utils.common.linear import object_array
from utils.symbolic.mdp import SymbolicMDP


def free_mdp(
    n_states: int = 2,
    n_actions: int = 2,
    extra: Sequence[str] = (),
    division: bool = True,
    reward_on_transition: bool = False,
    tables: Sequence[str] | Mapping[str, tuple[int, ...]] = (),
) -> SymbolicMDP:
    """An MDP with every entry free. Simplex constraints hold by elimination of the last entry.

    Symbols: g for gamma, rho<s>, P<s><a><s'>, R<s><a>, p<s><a> for pi(a|s), D<s><a> for its
    derivative; the names in ``extra`` are further symbols for the statement at hand. ``tables``
    names whole tables of them, ``m.tables["b"]``: [S, A] each, or of the shape in {name: shape}.
    Without ``division`` the numbers are polynomials, not fractions of them: V and the score are
    then out of reach, but an identity with its denominators cleared is decided much faster. With
    ``reward_on_transition`` the rewards are R<s><a><s'>, and R is their mean. ValueError if there
    are fewer than one state or two actions: a single action leaves no policy to move.
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
    shapes = table_shapes(tables, n_states, n_actions)
    names += [*extra, *(symbol for name in shapes for symbol in table_symbols(name, shapes[name]))]
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
        tables={
            name: object_array([of[symbol] for symbol in table_symbols(name, shape)]).reshape(
                shape
            )[()]
            for name, shape in shapes.items()
        },
    )


def table_shapes(
    tables: Sequence[str] | Mapping[str, tuple[int, ...]], n_states: int, n_actions: int
) -> dict[str, tuple[int, ...]]:
    """{name: shape} of further tables; [S, A] where only the name is given."""
    if isinstance(tables, Mapping):
        return dict(tables)
    return dict.fromkeys(tables, (n_states, n_actions))


def table_symbols(name: str, shape: tuple[int, ...]) -> list[str]:
    """The names of a table's symbols in order, such as b00, b01, b10, b11."""
    return [name + "".join(map(str, index)) for index in np.ndindex(shape)]


def in_words(names: Iterable[str]) -> str:
    """The size of the MDP whose symbols these are, "2 states, 2 actions, any policy".

    Empty if the names are not those of an MDP of this module. "Any policy" if the derivative of the
    policy is among them.
    """
    found = [re.fullmatch(r"(R|y|P|pi)(\d)(\d)\d?", name) for name in names]
    entries = [(int(x[2]), int(x[3])) for x in found if x]
    if not entries:
        return ""
    states, actions = (1 + max(column) for column in zip(*entries, strict=True))
    free = ", any policy" if any(re.fullmatch(r"D\d\d", name) for name in names) else ""
    return f"{count(states, 'state')}, {count(actions, 'action')}{free}"


def count(number: int, noun: str) -> str:
    """The number with its noun, in the plural unless it is 1."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


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
    an inequality between values can be read off the signs of coefficients
    (``without_sampling.check_at_most``). The derivative of the policy is not modelled. Returns the
    MDP and the symbol R_max.
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


def coin_mdp(P: Any, R: Any, gamma: Any, rho0: Any, p: FracElement) -> SymbolicMDP:
    """Two actions, and one parameter p that all states share: pi(1|s) = p.

    P [S, 2, S], R [S, 2], gamma and rho0 [S] hold numbers or elements of the field of ``p`` (see
    ``generators``). The derivative is the one with respect to p itself: D(s,1) = 1, D(s,0) = -1.
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
    """Any policy table pi [S, A] whose entries are elements of the field of the symbol ``along``.

    P [S, A, S], R [S, A], gamma and rho0 [S] hold numbers or elements of that field. The derivative
    is the one with respect to ``along``: D(s,a) = d pi(a|s) / d along, so that the MDPs of several
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
    """The symbols of a field of rational functions, such as ``p, c = generators("p, c")``."""
    return tuple(field(names, QQ)[1:])
