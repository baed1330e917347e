"""The two sides of the Kantorovich angle in exact fractions, on random worlds that end."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from utils.common.chain import Tables
from utils.model.random_fractions import RationalProblem


def that_ends(problem: RationalProblem, survival: Fraction = Fraction(4, 5)) -> Tables:
    """The world of the problem; each step ends the episode with probability 1 - ``survival``."""
    m = problem.mdp
    return Tables(P=m.P * survival, R=m.R, gamma=m.gamma, rho0=m.rho0, pi=problem.pi)


def squared_sides(world: Tables) -> tuple[Any, Any, Any]:
    """(kappa, |omega|^2 |grad J|^2, (omega . grad J)^2) for a softmax table (``eq:kantorovich``).

    By the logits h(s) has the entries pi(a|s) (Q(s,a) - V(s)).
    """
    h = world.pi * (world.Q - world.V[:, None])
    squares = (h**2).sum(axis=1)
    flow = np.eye(len(squares), dtype=int) - world.P_pi.T
    plain, front = world.solve(flow, world.rho0), world.visits
    seen = plain != 0
    ratios = plain[seen] / front[seen]
    omega, slope, inner = (
        (weights * squares).sum() for weights in (plain**2, front**2, plain * front)
    )
    return ratios.max() / ratios.min(), omega * slope, inner**2
