"""Exercises of chapter 9 whose answer is an expression."""

from __future__ import annotations

import sympy as sp

from utils.exercises.task import Exercise

p, q, eps = sp.symbols("p q epsilon", positive=True)
R_1, R_2, b = sp.symbols("R_1 R_2 b", real=True)

EXERCISES = (
    Exercise(
        "ex:first-thought",
        (p, q),
        q * (1 - p),
        (
            (q, "This is V after the thought; the advantage subtracts V before it."),
            (1 - p * q, "This is R − V(s₀), the sum over both tokens."),
            (1 - q, "This is the advantage of the last token."),
            (p * q, "This is V before the thought."),
        ),
        (p, q),
    ),
    Exercise(
        "ex:pair",
        (R_1, R_2),
        (R_1 - R_2) / 2,
        (
            (
                R_1 - R_2,
                "This is the weight with one left out; here the mean of both is subtracted.",
            ),
            ((R_2 - R_1) / 2, "The own reward counts positively."),
        ),
    ),
    Exercise(
        "ex:only-one-right",
        (p,),
        (1 - (1 - p) ** 3) / 3,
        (
            (
                1 - (1 - p) ** 3,
                "The mean over the group divides by 3.",
            ),
            (
                p * (1 - p) ** 2,
                "This is the mean weight of an answer. The objective is E[φ(K)], and its slope is "
                "what the update follows.",
            ),
            (p / 3, "This is climbed if every right answer has the weight 1/3, alone or not."),
            (p**3 / 3, "This rewards groups in which all three are right."),
        ),
        (p,),
    ),
    Exercise(
        "ex:four-answers",
        (p,),
        sp.sqrt(3) + (3 - 2 * sp.sqrt(3)) * p * (1 - p),
        (
            (
                sp.sqrt(3) * ((1 - p) ** 2 + p**2),
                "Groups with two right answers are missing: they have the deviation 1/2.",
            ),
            (
                1 / sp.sqrt(p * (1 - p)),
                "This is the limit for large groups.",
            ),
            (
                (sp.sqrt(3) + (3 - 2 * sp.sqrt(3)) * p * (1 - p)) * p * (1 - p),
                "This is the mean deviation; divide it by p(1 − p).",
            ),
        ),
        (p,),
    ),
    Exercise(
        "ex:short-or-long",
        (p,),
        (1 + p) / 2,
        (
            (sp.Integer(1), "This is dJ/dp."),
            (sp.Rational(1, 2), "This is the slope of E[R/ℓ]; the baseline has a length, too."),
            (p / 2, "This is the part of the baseline alone, −J dE[1/ℓ]/dp."),
            ((1 - p) / 2, "E[1/ℓ] falls as p grows, and it is subtracted."),
        ),
        (p,),
    ),
    Exercise(
        "ex:k3-coin",
        (p, q),
        p - q,
        (
            (
                p * (1 - p) * sp.log(p * (1 - q) / (q * (1 - p))),
                "This is the slope of KL(π‖ref), which k2 has.",
            ),
            (q - p, "The sign: the loss falls as p moves towards q."),
            (sp.Integer(0), "This is what k1 gives."),
            (
                (p - q) / (p * (1 - p)),
                "This is the slope by p. By the logit there is a factor p(1 − p).",
            ),
        ),
        (p, q),
    ),
    Exercise(
        "ex:ratio-tokens",
        (p, q),
        q**2 / p + (1 - q) ** 2 / (1 - p),
        (
            (sp.Integer(1), "This is the mean of the ratio; its square has a larger mean."),
            (
                p**2 / q + (1 - p) ** 2 / (1 - q),
                "The data come from the old coin p, and the ratio has q on top.",
            ),
            (
                (q - p) ** 2 / (p * (1 - p)),
                "This is the variance of the ratio; its mean is 1.",
            ),
        ),
        (p, q),
    ),
    Exercise(
        "ex:clip-other-side",
        (p, eps),
        p + eps * (1 - p),
        (
            (p * (1 + eps), "There the ratio of action 1 leaves the range; action 0 still pushes."),
            (p + eps, "The ratio of action 0 is (1 − p')/(1 − p); it is clipped below 1 − ε."),
            (1 - eps * (1 - p), "At the clip the new probability of action 0 is (1 − ε)(1 − p)."),
        ),
        (p, eps),
    ),
    Exercise(
        "ex:temperature-coin",
        (p, q),
        q * (1 - p),
        (
            (p * (1 - p), "The actions are drawn with q."),
            (q * (1 - q), "The score is that of the policy, a − p."),
            (q - p, "This is the mean of the score itself, with R = 1 for both actions."),
        ),
        (p, q),
    ),
    Exercise(
        "ex:masked-cut",
        (q, b),
        q - b,
        (
            (q, "This is dJ/dp. The masked answers keep out of the sum, but not the baseline."),
            (q + b, "An answer that is cut off counts as if it were paid b, so ending costs b."),
            (-b, "This is the part of the mask; dJ/dp comes on top."),
        ),
        (q,),
    ),
)
