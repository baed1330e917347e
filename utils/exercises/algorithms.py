"""Exercises of chapter 8 whose answer is an expression."""

from __future__ import annotations

import sympy as sp

from utils.exercises.task import Exercise

p, gamma = sp.symbols("p gamma", positive=True)
b, q_0, q_1 = sp.symbols("b q_0 q_1", real=True)

EXERCISES = (
    Exercise(
        "ex:loss-coin",
        (p, b),
        -p * (1 - b) * sp.log(p) + (1 - p) * b * sp.log(1 - p),
        (
            (-p * sp.log(p), "This is the mean loss without a baseline, b = 0."),
            (
                p * (1 - b) * sp.log(p) - (1 - p) * b * sp.log(1 - p),
                "This is the mean of what goes up; the loss has a minus sign in front.",
            ),
            (
                -(1 - b) * sp.log(p) + b * sp.log(1 - p),
                "The two actions are not drawn equally often: weigh them with p and 1 − p.",
            ),
            (-p * sp.log(p) - b, "The baseline multiplies the logarithms of both actions."),
        ),
        (p,),
    ),
    Exercise(
        "ex:compatible-coin",
        (q_0, q_1),
        q_1 - q_0,
        (
            (q_0 - q_1, "The score is positive for action 1."),
            ((q_1 - q_0) / 2, "The two values of the score, −p and 1 − p, are 1 apart."),
            (q_1, "The constant c takes up one value; w has to fit the difference."),
        ),
    ),
    Exercise(
        "ex:per-step-waiting",
        (p,),
        p + p * (1 - p) / 2,
        (
            (p + p * (1 - p), "This is J. The program divides each return by its length."),
            (p + (1 - p) / 2, "The second step, too, succeeds only with probability p."),
            (
                p,
                "This is the mean return divided by the mean length; the program divides each "
                "return by its own length.",
            ),
        ),
        (p,),
    ),
    Exercise(
        "ex:leak-waiting",
        (p, gamma),
        gamma * (1 - gamma) * p / (2 * (1 - gamma + gamma * p) ** 3),
        (
            (
                gamma * (1 - gamma) * p / (1 - gamma + gamma * p) ** 3,
                "Only one of the two episodes of a batch is followed by another.",
            ),
            (
                (1 - gamma) * p / (2 * (1 - gamma + gamma * p) ** 3),
                "The next episode starts one step after the reward: E[γ^ℓ] is γ J.",
            ),
            (
                (1 - gamma) / (1 - gamma + gamma * p) ** 2,
                "This is dJ/dp, the right answer of a healthy patient.",
            ),
            (
                gamma * (1 - gamma) / (2 * (1 - gamma + gamma * p) ** 2),
                "The factor J of the second episode is missing.",
            ),
        ),
        (p, gamma),
    ),
)
