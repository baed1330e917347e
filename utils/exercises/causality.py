"""Exercises of chapter 3."""

from __future__ import annotations

import sympy as sp

from utils.exercises.task import Exercise

p, q, gamma = sp.symbols("p q gamma", positive=True)
c = sp.Symbol("c", real=True)

EXERCISES = (
    Exercise(
        "ex:score-after-reward",
        (p, q),
        p * (1 - p) * (q * (1 - q) - p * (1 - p)),
        (
            (sp.Integer(0), "The covariance with ψ₁ is zero. With ψ₁² it need not be."),
            (
                q * (1 - q) - p * (1 - p),
                "This is the difference of the two conditional means. The covariance is that "
                "difference times the variance of r₀.",
            ),
            (p * q * (1 - q), "This is E[r₀ ψ₁²]. Subtract E[r₀] E[ψ₁²]."),
            (
                p * (1 - p) * (p * (1 - p) - q * (1 - q)),
                "The sign is turned round: r₀ = 1 leads to state 1, which plays with q.",
            ),
        ),
        (p, q),
    ),
    Exercise(
        "ex:repeat-reward",
        (p,),
        p * (1 - p) * (2 * p - 1),
        (
            (
                2 * p * (1 - p) * (2 * p - 1),
                "This is the true gradient. The formula uses ψ₀ only and misses ψ₁ r₀.",
            ),
            (sp.Integer(0), "r₀ depends on a₀ as well as on a₁, so something is left."),
            (
                2 * p - 1,
                "E[r₀ | a₀ = 1] − E[r₀ | a₀ = 0] is right; the factor p(1 − p) is missing.",
            ),
            (4 * p - 2, "This is dJ/dp. Asked is E[r₀ ψ₀], with the score a − p."),
        ),
        (p,),
    ),
    Exercise(
        "ex:survival-gradient",
        (p, gamma),
        p * (1 - p) / (1 - gamma * p) ** 2,
        (
            (1 / (1 - gamma * p) ** 2, "This is dJ/dp. By the logit, multiply by p(1 − p)."),
            (p / (1 - gamma * p), "This is J itself, not its derivative."),
            (
                p * (1 - p) / (1 - gamma * p),
                "Each reward r_k gets the credit of k + 1 actions: there is a square below.",
            ),
            (
                p * (1 - p) / (1 - gamma) ** 2,
                "This is the sum for certain survival, up to p(1 − p). Here the terms fall like "
                "(γp)^k.",
            ),
        ),
        (p, gamma),
    ),
    Exercise(
        "ex:gamma-twice",
        (p, gamma),
        p * (1 - p) / (1 - gamma**2),
        (
            (p * (1 - p) / (1 - gamma), "This is the gradient, with γ^t counted once."),
            (
                p * (1 - p) / (1 - gamma) ** 2,
                "Later rewards do not depend on a_t here: only k = t contributes.",
            ),
            (p / (1 - gamma**2), "E[ψ_t r_t] is p(1 − p): the score of a = 1 is 1 − p."),
        ),
        (p, gamma),
    ),
    Exercise(
        "ex:settled-variance",
        (c, p, gamma),
        c**2 * p * (1 - p) * (1 + 2 * gamma),
        (
            (
                c**2 * p * (1 - p),
                "This is the variance of the dropped term ψ₁ r₀. It is correlated with γ ψ₁ r₁, "
                "which stays.",
            ),
            (
                c**2 * p * (1 - p) * ((1 + gamma) ** 2 + gamma**2),
                "This is the variance that is left. By how much is the other one larger?",
            ),
            (
                2 * c**2 * p * (1 - p) * (1 + gamma) ** 2,
                "This is the variance with the past. Subtract the one without it.",
            ),
            (
                c * p * (1 - p) * (1 + 2 * gamma),
                "Scaling a variable by c scales its variance by c².",
            ),
            (
                sp.Integer(0),
                "The two means are equal. The coefficients of ψ₁ differ, and so do the variances.",
            ),
        ),
        (p, gamma),
    ),
    Exercise(
        "ex:episode-length",
        (p,),
        -(1 - p) / p,
        (
            (-1 / p**2, "This is dJ/dp. By the logit, multiply by p(1 − p)."),
            ((1 - p) / p, "More stopping makes the episode shorter: the sign is negative."),
            (1 / p, "This is J, the mean length. Its derivative was asked."),
            (
                -1 / p,
                "Perhaps the factor p was used in place of p(1 − p): dp/dθ = p(1 − p).",
            ),
        ),
        (p,),
    ),
    Exercise(
        "ex:mean-over-steps",
        (p, q, c),
        (1 - p) * q * (1 - q) * c / 2,
        (
            ((1 - p) * q * (1 - q) * c, "This is the gradient. The episode has two steps here."),
            (
                q * (1 - q) * c / 2,
                "The second step is reached with probability 1 − p only.",
            ),
            (
                (1 - p) * q * (1 - q) * c / (2 - p),
                "This divides by the mean length. One trajectory divides by its own length, 2.",
            ),
        ),
        (p, q),
    ),
)
