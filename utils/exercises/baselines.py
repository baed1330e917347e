"""Exercises of chapter 5."""

from __future__ import annotations

import sympy as sp

from utils.exercises.task import Exercise

p, gamma, lam = sp.symbols("p gamma lambda", positive=True)
c = sp.Symbol("c", real=True)
N = sp.Symbol("N", positive=True, integer=True)

EXERCISES = (
    Exercise(
        "ex:look-ahead",
        (),
        sp.Rational(3, 25),
        (
            (
                sp.Integer(0),
                "Zero needs a baseline that is known before the action; s₁ is drawn after it.",
            ),
            (
                sp.Rational(1, 2),
                "This is P(1|0,1) − P(1|0,0). Each action also has its score and its probability: "
                "multiply by p(1 − p).",
            ),
            (
                sp.Rational(9, 50),
                "This is the part of action 1. Action 0 has a score too, and it is negative.",
            ),
            (
                sp.Rational(6, 25),
                "This would be right if the next state were the action itself.",
            ),
        ),
    ),
    Exercise(
        "ex:wrong-critic",
        (gamma, lam, c, p),
        gamma * c * p * (1 - p) * (1 - lam + gamma * lam),
        (
            (
                gamma * (1 - lam) * c * p * (1 - p),
                "The critic at the end is wrong as well: add the last term of the formula.",
            ),
            (
                gamma * c * p * (1 - p),
                "This is λ = 0, one TD error alone.",
            ),
            (
                gamma**2 * lam * c * p * (1 - p),
                "This is the part of the bootstrap. The critic at time 1 counts as well.",
            ),
            (
                sp.Integer(0),
                "The right values are 0, but the critic is not, and s₁ depends on the action.",
            ),
            (
                c * p * (1 - p) * (1 - lam + gamma * lam),
                "One γ is missing: the critic enters the first TD error as γ v(s₁).",
            ),
        ),
        (gamma, lam, p),
    ),
    Exercise(
        "ex:mend-batch",
        (N,),
        N / (N - 1),
        (
            (
                (N - 1) / N,
                "By this factor the mean is too small; you need its inverse.",
            ),
            (1 + 1 / N, "Close for large N, but (1 − 1/N)(1 + 1/N) is not 1."),
            (1 / (N - 1), "The factor must tend to 1 for large batches."),
        ),
    ),
)
