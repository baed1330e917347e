"""Exercises of chapter 4."""

from __future__ import annotations

import sympy as sp

from utils.exercises.task import Exercise

p, q, gamma = sp.symbols("p q gamma", positive=True)
c, g, R0, R1 = sp.symbols("c g R_0 R_1", real=True)

_V = (1 - p) * R0 + p * R1  # times 1/(1 - gamma): the value of a single state

EXERCISES = (
    Exercise(
        "ex:wrong-clock",
        (p, c, gamma),
        (gamma - c) * (1 + gamma),
        (
            (
                gamma * (1 - c) - c,
                "This is the true derivative. It uses Q_1^2 at the second step, and the wrong "
                "table does not know that nothing follows there.",
            ),
            (2 * (gamma - c), "The discount is missing: the second step counts γ times."),
            (
                -c * (1 + gamma),
                "This uses Q_1^2 at both times. Q_0^2 knows that action 1 earns γ in the next "
                "step.",
            ),
            (
                gamma - c,
                "This is the first step alone. The second one adds the same, discounted once.",
            ),
            (
                gamma * (gamma - c),
                "This is the second step alone. The first one counts too, without a discount.",
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
        g,
        (
            (
                gamma * g,
                "That is the mean over t < N. Here t = N counts as well, and P(N ≥ t) = γ^t.",
            ),
            (
                g / gamma,
                "Term t counts if N ≥ t. The chance of that is γ^t, not γ^(t−1).",
            ),
            (
                g / (1 - gamma),
                "1/(1 − γ) is the mean number of terms. The sum over a life is not multiplied by "
                "it.",
            ),
            ((1 - gamma) * g, "1 − γ is P(N = 0). What counts at time t is P(N ≥ t)."),
        ),
        (gamma,),
    ),
    Exercise(
        "ex:free-table",
        (R0, R1, p, gamma),
        (R1 + gamma * _V / (1 - gamma)) / (1 - gamma),
        (
            (
                (1 - p) * (R1 - R0) / (1 - gamma),
                "This is A in place of Q. It gives the right gradient once the probabilities sum "
                "to 1, but it is not the derivative in one free entry.",
            ),
            (
                (R1 - R0) / (1 - gamma),
                "This raises u_1 and lowers u_0 by the same amount. Here u_0 stays where it is.",
            ),
            (
                R1 / (1 - gamma),
                "The denominator moves as well: a larger u_1 makes all later steps count more.",
            ),
            (
                R1 + gamma * _V / (1 - gamma),
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
