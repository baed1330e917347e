"""Exact fractions in place of floats: the variance recursions give rational numbers from these.

``utils.estimators.variance`` only adds, multiplies and solves linear equations. Fed with arrays of
``fractions.Fraction``, it returns fractions, which a chapter can print and a test can compare
without a tolerance.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from utils.common.linear import solve as solve
from utils.common.validation import check_shape, entry
from utils.model.mdp import FiniteMDP


def fractions(values) -> np.ndarray:
    """An array of ``Fraction`` from nested numbers or strings such as "2/5"."""
    return np.vectorize(Fraction, otypes=[object])(np.array(values, dtype=object))


@dataclass(frozen=True, eq=False)
class RationalMDP:
    """The tables of a finite MDP as fractions, with the names of ``FiniteMDP``.

    Lists, numbers and strings such as "2/5" are taken for arrays of fractions.

    P [S, A, S]; R [S, A], or [S, A, S] for rewards of transitions; gamma; rho0 [S]; ``reward_sd``
    a number, [S, A] or [S, A, S]. ``R`` then holds the means, ``R_next`` [S, A, S] the rewards of
    transitions or None.
    """

    P: Any
    R: Any
    gamma: Any
    rho0: Any
    reward_sd: Any = 0
    R_next: Any = None

    def __post_init__(self) -> None:
        P, R, rho0, sd = (fractions(x) for x in (self.P, self.R, self.rho0, self.reward_sd))
        R_next = None if self.R_next is None else fractions(self.R_next)
        n_states, n_actions = R.shape[:2]
        pairs, steps = (n_states, n_actions), (n_states, n_actions, n_states)
        check_shape("P", P, steps)
        check_shape("R", R, pairs, steps)
        check_shape("rho0", rho0, (n_states,))
        check_shape("reward_sd", sd, (), pairs, steps)
        for name, sums in (("P", P.sum(axis=2)), ("rho0", rho0.sum(axis=0))):
            wrong = np.argwhere(np.asarray(sums) != 1)
            if len(wrong):
                where = tuple(wrong[0])
                raise ValueError(f"{entry(name, where)} sums to {np.asarray(sums)[where]}, not 1")
        if R.ndim == 3:
            R_next, R = R, (P * R).sum(axis=2)
        elif R_next is not None:
            check_shape("R_next", R_next, steps)
            if (R != (P * R_next).sum(axis=2)).any():
                raise ValueError("R does not hold the means of R_next")
        tables = {"P": P, "R": R, "gamma": Fraction(self.gamma), "rho0": rho0, "R_next": R_next}
        tables["reward_sd"] = sd if sd.ndim else np.full(pairs, sd[()], dtype=object)
        for name, value in tables.items():
            object.__setattr__(self, name, value)

    def to_floats(self) -> FiniteMDP:
        """The same MDP in floats, for simulation; gamma must be below 1."""
        R = self.R if self.R_next is None else self.R_next
        P, R, rho0, sd = (x.astype(float) for x in (self.P, R, self.rho0, self.reward_sd))
        return FiniteMDP(P, R, float(self.gamma), rho0, sd)

    @property
    def reward_variance(self) -> np.ndarray:
        """Var(r_t | s_t = s, a_t = a), [S, A] (``FiniteMDP.reward_variance``)."""
        noise = self.reward_sd**2
        variance = noise if noise.ndim == 2 else (self.P * noise).sum(axis=2)
        if self.R_next is None:
            return variance
        return variance + (self.P * (self.R_next - self.R[:, :, None]) ** 2).sum(axis=2)

    @property
    def n_states(self) -> int:
        """S, the number of states."""
        return self.R.shape[0]

    @property
    def n_actions(self) -> int:
        """A, the number of actions."""
        return self.R.shape[1]


@dataclass(frozen=True, eq=False)
class RationalPolicy:
    """pi(a|s) [S, A] and the score psi(s, a) [S, A, d] as fractions."""

    probabilities: Any
    scores: Any

    def __post_init__(self) -> None:
        for name in ("probabilities", "scores"):
            object.__setattr__(self, name, fractions(getattr(self, name)))

    @property
    def n_states(self) -> int:
        """S, the number of states."""
        return self.probabilities.shape[0]

    @property
    def n_actions(self) -> int:
        """A, the number of actions."""
        return self.probabilities.shape[1]


def logit_policy(p, shared: bool = False) -> RationalPolicy:
    """Two actions, pi(1|s) = p[s], with the score a - p[s] (``eq:sigmoid-score``).

    The parameter is one logit for each state, or with ``shared`` one logit for all states, each
    state adding its own fixed offset.
    """
    p = fractions(p)
    pi = np.stack([1 - p, p], axis=1)
    centred = np.stack([-p, 1 - p], axis=1)
    rows = np.ones((len(p), 1), dtype=int) if shared else np.eye(len(p), dtype=int)
    return RationalPolicy(pi, centred[:, :, None] * rows[:, None, :])
