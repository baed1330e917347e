"""Exercises of chapter 4."""

from __future__ import annotations

import sympy as sp

from utils.exercises.exercise import Exercise

p, q, gamma = sp.symbols("p q gamma", positive=True)
c, g, r0, r1 = sp.symbols("c g r_0 r_1", real=True)

_V = (1 - p) * r0 + p * r1  # times 1/(1 - gamma): the value of a single state

EXERCISES = (
    Exercise(
        "ex:wrong-clock",
        (p, c, gamma),
        gamma * (1 - c) - c,
        (
            (
                (gamma - c) * (1 + gamma),
                "This uses Q_0 at both steps. After the last action nothing follows, so there "
                "Q_1(s, 1) − Q_1(s, 0) is −c only.",
            ),
            (1 - 2 * c, "The discount is missing: the second step counts γ times."),
            (
                p * (gamma * (1 - c) - c),
                "This is J itself. Its derivative with respect to p was asked.",
            ),
            (
                -c,
                "The first action also decides where the second step happens, and that pays.",
            ),
            (
                gamma - c,
                "This is the first step alone. The second action costs c too, discounted once.",
            ),
        ),
        (p, gamma),
    ),
    Exercise(
        "ex:two-state-occupancy",
        (q, gamma),
        gamma * q / (1 - gamma * (1 - q)),
        (
            (
                gamma * q / (1 - gamma * (1 - q)) / (1 - gamma),
                "This has total mass 1/(1 − γ). The distribution d_γ is normalised: "
                "multiply by 1 − γ.",
            ),
            (
                (1 - gamma) / (1 - gamma * (1 - q)),
                "This is d_γ(0). The two entries sum to 1.",
            ),
            (
                q / (1 - gamma * (1 - q)),
                "At time 0 the agent is in state 0 for sure, so every visit to state 1 is "
                "discounted at least once.",
            ),
            (q, "This is the chance to be there at time 1. All times count, weighted by γ^t."),
        ),
        (q, gamma),
    ),
    Exercise(
        "ex:killed-from-zero",
        (g, gamma),
        gamma * g,
        (
            (g, "That holds for N counted from 1. Here P(N > t) = γ^(t+1), not γ^t."),
            (g / gamma, "The other way round: a life that may have length 0 is shorter."),
            (
                gamma * g / (1 - gamma),
                "γ/(1 − γ) is the mean length of a life. The sum over a life is not divided or "
                "multiplied by it.",
            ),
            ((1 - gamma) * g, "1 − γ is P(N = 0). What counts at time t is P(N > t)."),
        ),
        (gamma,),
    ),
    Exercise(
        "ex:free-table",
        (r0, r1, p, gamma),
        (r1 + gamma * _V / (1 - gamma)) / (1 - gamma),
        (
            (
                (1 - p) * (r1 - r0) / (1 - gamma),
                "This is A in place of Q. It gives the right gradient once the probabilities sum "
                "to 1, but it is not the derivative in one free entry.",
            ),
            (
                (r1 - r0) / (1 - gamma),
                "This raises u_1 and lowers u_0 by the same amount. Here u_0 stays where it is.",
            ),
            (
                r1 / (1 - gamma),
                "The denominator moves as well: a larger u_1 makes all later steps count more.",
            ),
            (
                r1 + gamma * _V / (1 - gamma),
                "This is Q. The factor d_γ/(1 − γ) is missing; with one state it is 1/(1 − γ).",
            ),
        ),
        (p, gamma),
    ),
    Exercise(
        "ex:first-visit",
        (q, gamma),
        q * gamma / ((1 - gamma) * (1 - gamma * (1 - q))),
        (
            (
                q * gamma / (1 - gamma) ** 2,
                "This uses the visits of the old policy. The exact difference needs those of the "
                "new one, which leaves state 0.",
            ),
            (
                sp.Integer(0),
                "The old policy never takes action 1, but Q(0, 1) is defined all the same: "
                "γ/(1 − γ).",
            ),
            (
                q * gamma / (1 - gamma * (1 - q)),
                "State 1 pays 1 at every step, so reaching it is worth 1/(1 − γ), not 1.",
            ),
            (
                q / ((1 - gamma) * (1 - gamma * (1 - q))),
                "The move itself pays nothing: state 1 pays from the next step on, hence "
                "Q(0, 1) = γ/(1 − γ).",
            ),
        ),
        (q, gamma),
    ),
    Exercise(
        "ex:aliased",
        (p,),
        2 / (2 + p),
        (
            (
                1 / (1 + p),
                "The visits are not discounted here. The second state is reached one step later, "
                "so it counts γ = 1/2 times as much.",
            ),
            (
                sp.Integer(1),
                "This is the difference in the first state. In the second state the difference "
                "is 0, and the average over both is smaller.",
            ),
            (
                (p - 2) / (p + 2),
                "This is the solution of Bellman's equation for the observation, the version "
                "with the wrong sign.",
            ),
            (
                sp.Rational(1, 2),
                "The two states do not count the same: their weights are 1 and p/2.",
            ),
        ),
        (p,),
    ),
)
