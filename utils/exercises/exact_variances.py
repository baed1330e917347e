"""Exercises of chapter 10."""

from __future__ import annotations

import sympy as sp

from utils.exercises.task import Exercise

p = sp.Symbol("p", positive=True)
c = sp.Symbol("c", real=True)
u = 2 * p * (1 - p)

EXERCISES = (
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
                "This is E[ψ²] V², what V would save if it were the best baseline. "
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
