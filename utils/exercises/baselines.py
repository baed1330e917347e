"""Exercises of chapter 5."""

from __future__ import annotations

import sympy as sp

from utils.exercises.task import Exercise

p, gamma, lam = sp.symbols("p gamma lambda", positive=True)
c = sp.Symbol("c", real=True)
N = sp.Symbol("N", positive=True, integer=True)
u = 2 * p * (1 - p)

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
    Exercise(
        "ex:price-of-V",
        (p,),
        p**2 * (1 - p) * (2 - 3 * p),
        (
            (
                -(p**2) * (1 - p) * (2 - 3 * p),
                "The order is the other one: without a baseline minus with V.",
            ),
            (
                p**3 * (1 - p),
                "This is the difference of the second moments with b = V = 1 − p. "
                "Here V = p, and b* = 1 − p.",
            ),
            (
                p * (1 - p) ** 3,
                "This is the variance without a baseline; subtract the one with V.",
            ),
            (
                p * (1 - p) * p,
                "The baseline V = p is not the best one, so the variance with V is not 0. "
                "Subtract p(1 − p)(1 − 2p)² from p(1 − p)·(1 − p)².",
            ),
        ),
        (p,),
    ),
    Exercise(
        "ex:constants",
        (c, p),
        c**2 * p * (1 - p),
        (
            (sp.Integer(0), "This is the variance of the total-return form."),
            (c * p * (1 - p), "The variance of c times a score has the factor c²."),
            (
                2 * c**2 * p * (1 - p),
                "Only the second step contributes: the return from time 0 on is −c + c = 0.",
            ),
            (c**2 * p, "E[a²] = p, but the score is a − p."),
        ),
        (p,),
    ),
    Exercise(
        "ex:xor-coin",
        (p,),
        16 * (1 - 2 * p) ** 2 * u * (1 - u),
        (
            (
                16 * (1 - 2 * p) ** 2 * u,
                "This is the second moment; the square of the mean 8p(1 − p)(1 − 2p) is to be "
                "subtracted.",
            ),
            (sp.Integer(0), "This is right for p = 1/2; the question asks for every p."),
            (
                16 * u * (1 - u),
                "This is the variance of the reward. Multiply it by the squared score sum where "
                "the coins differ.",
            ),
            (
                (1 - 2 * p) ** 2 * u * (1 - u),
                "The reward is 4, so its square is 16.",
            ),
        ),
        (p,),
    ),
    Exercise(
        "ex:corner",
        (),
        sp.Rational(2, 3),
        (
            (sp.Integer(2), "This is p/q at the root. Solve p/(1 − p) = 2 for p."),
            (sp.Rational(1, 3), "This is the γ above which the boundary is gone. p was asked."),
            (sp.Integer(1), "This is the other end of the boundary, at γ = 1/3."),
        ),
    ),
)
