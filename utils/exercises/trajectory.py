"""Exercises of chapter 1."""

from __future__ import annotations

import sympy as sp

from utils.exercises.task import Exercise

p, q, gamma = sp.symbols("p q gamma", positive=True)
k, n, T = sp.symbols("k n T", positive=True, integer=True)
r = sp.Symbol("r", real=True)

EXERCISES = (
    Exercise(
        "ex:one-prefix",
        (),
        sp.Rational(3, 200),
        (
            (
                sp.Rational(2, 25),
                "This is the policy's part; the kernel factors are missing.",
            ),
            (
                sp.Rational(3, 16),
                "This is the kernel's part; the policy factors are missing.",
            ),
            (
                sp.Rational(9, 800),
                "One kernel factor too many: the prefix ends with an action, not with a landing.",
            ),
        ),
    ),
    Exercise(
        "ex:running-objective",
        (gamma,),
        3 * (12 + gamma) / (2 * (1 - gamma) * (30 + gamma)),
        (
            (sp.Rational(75, 61), "This is the value at γ = 1/2; the question asks for all γ."),
            (
                (40 - gamma) / (2 * (1 - gamma) * (30 + gamma)),
                "This is V(1). The running MDP starts in state 0.",
            ),
            (
                sp.Rational(3, 5) / (1 - gamma),
                "This would be right if every step were taken in state 0.",
            ),
        ),
        (gamma,),
    ),
    Exercise(
        "ex:score-of-counts",
        (k, n, p),
        k - n * p,
        (
            (n * p - k, "The sign is turned round: action 1 has score 1 − p, action 0 has −p."),
            (k * (1 - p), "The n − k steps with action 0 count too; each has score −p."),
            (
                k / p - (n - k) / (1 - p),
                "This is the derivative with respect to p. The question asks for θ, and "
                "dp/dθ = p(1 − p).",
            ),
            ((k - n * p) / n, "This is the mean over steps. The score of a prefix is a sum."),
        ),
        (p,),
    ),
    Exercise(
        "ex:tail-of-ones",
        (gamma, T),
        gamma**T / (1 - gamma),
        (
            (gamma**T, "This is the first missing term only; all terms t ≥ T are missing."),
            (
                gamma ** (T + 1) / (1 - gamma),
                "The prefix has the steps 0, …, T − 1, so the first missing step is T.",
            ),
            (1 / (1 - gamma), "This is all of J. The first T terms are in J_T already."),
            (
                (1 - gamma**T) / (1 - gamma),
                "This is J_T, the part that is kept. The tail is the rest.",
            ),
        ),
        (gamma,),
    ),
    Exercise(
        "ex:variance-of-the-score-sum",
        (T, p),
        T * p * (1 - p),
        (
            (
                T**2 * p * (1 - p),
                "This would be right if all T scores were equal. They are independent here, so "
                "the cross terms vanish.",
            ),
            (p * (1 - p), "This is the variance of one score; there are T of them."),
            (T * p, "E[a²] = p, but the score is a − p: subtract the square of the mean."),
            (sp.sqrt(T * p * (1 - p)), "This is the standard deviation. Its square was asked."),
        ),
        (p,),
    ),
    Exercise(
        "ex:affinity",
        (p, q, T),
        (sp.sqrt(p * q) + sp.sqrt((1 - p) * (1 - q))) ** T,
        (
            (
                sp.sqrt(p * q) + sp.sqrt((1 - p) * (1 - q)),
                "This is the affinity of one step; T independent steps multiply.",
            ),
            (
                (p * q + (1 - p) * (1 - q)) ** T,
                "The roots are missing: this is the chance that two players agree T times.",
            ),
            (
                (p * q) ** (T / 2) + ((1 - p) * (1 - q)) ** (T / 2),
                "This counts only the two constant sequences; all 2^T sequences contribute.",
            ),
        ),
        (p, q),
    ),
    Exercise(
        "ex:moving-start",
        (p, r),
        p * (1 - p) * r,
        (
            (sp.Integer(0), "This is what the policy scores give. The start law moves as well."),
            (r, "This is dJ/dp. By θ, multiply by dp/dθ = p(1 − p)."),
            (p * r, "This is J itself, not its derivative."),
        ),
        (p,),
    ),
)
