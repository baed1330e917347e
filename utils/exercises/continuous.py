"""Exercises of chapter 6."""

from __future__ import annotations

import sympy as sp

from utils.exercises.task import Exercise

sigma, b, lam, gamma, v = sp.symbols("sigma b lambda gamma v", positive=True)
mu, theta = sp.symbols("mu theta", real=True)

EXERCISES = (
    Exercise(
        "ex:mean-log-density",
        (sigma,),
        -sp.Rational(1, 2) - sp.log(sigma) - sp.log(2 * sp.pi) / 2,
        (
            (
                -sp.log(sigma) - sp.log(2 * sp.pi) / 2,
                "This is the log-density at the mean, its largest value. On average the square "
                "(a − μ)²/(2σ²) takes away 1/2.",
            ),
            (
                sp.Rational(1, 2) + sp.log(sigma) + sp.log(2 * sp.pi) / 2,
                "This is the entropy, which is minus the mean log-density.",
            ),
            (
                -1 - sp.log(sigma) - sp.log(2 * sp.pi) / 2,
                "E (a − μ)² is σ², and the exponent has a 2 below: the mean of the square part "
                "is 1/2.",
            ),
            (
                -sp.Rational(1, 2) - 2 * sp.log(sigma) - sp.log(2 * sp.pi) / 2,
                "The density is divided by σ, not by σ².",
            ),
        ),
    ),
    Exercise(
        "ex:score-of-an-atom",
        (sigma,),
        -sp.sqrt(2 / sp.pi) / sigma,
        (
            (
                sp.Integer(0),
                "This is the Gaussian score at the clipped action 0. The action 0 has probability "
                "1/2, and that probability moves with μ.",
            ),
            (
                -1 / (sigma * sp.sqrt(2 * sp.pi)),
                "This is the derivative of the probability. The score divides it by the "
                "probability, 1/2.",
            ),
            (
                sp.sqrt(2 / sp.pi) / sigma,
                "The sign: a larger μ makes the action 0 less likely.",
            ),
            (
                -sp.sqrt(2 / sp.pi),
                "This is right for σ = 1. Moving μ by σ is one unit of the standard normal.",
            ),
        ),
    ),
    Exercise(
        "ex:counting-actions",
        (lam,),
        lam,
        (
            (1 / lam, "This is the information about λ itself. By θ, dλ/dθ = λ; twice."),
            (
                sp.Integer(1),
                "The score by θ is a − λ. Its second moment is the variance of a.",
            ),
            (lam**2, "The score by θ is a − λ, and a Poisson variable has variance λ, not λ²."),
            (sp.Integer(0), "This is the mean of the score. Its second moment was asked."),
        ),
    ),
    Exercise(
        "ex:laplace-noise",
        (mu, b),
        mu**2 / b**2 + 1,
        (
            (
                mu**2 / b**2 + 2,
                "This is the second moment. Subtract the square of the mean, which is 1.",
            ),
            (sp.Integer(0), "This is the pathwise form, da/dμ = 1. The score form has noise."),
            (mu**2 / b**2, "This counts μ sign(z)/b only. The part |z| has variance 1 as well."),
            (
                mu**2 + 1,
                "The score is sign(z)/b, so the part with μ is divided by b.",
            ),
        ),
    ),
    Exercise(
        "ex:centred-edge",
        (),
        sp.Integer(5),
        (
            (sp.Integer(6), "This is the second moment. Subtract the square of the mean, 1."),
            (
                sp.Integer(15),
                "This is the variance at θ = 0. At θ = −1/2 the reward is a = x − 1/2.",
            ),
            (sp.Integer(40), "This is the Fisher information E ψ². The sample is aψ."),
            (
                sp.Integer(30),
                "This is the second moment of 1/(x(1 − x)). Its mean is 5; subtract the square.",
            ),
        ),
    ),
    Exercise(
        "ex:two-step-regulator",
        (gamma, theta, v),
        -2 * gamma * (1 + theta) * v,
        (
            (-2 * (1 + theta) * v, "The cost at time 1 counts γ times."),
            (
                2 * gamma * (1 + theta) * v,
                "The sign: the rewards are minus the squares.",
            ),
            (
                -gamma * (1 + theta) * v,
                "The derivative of (1 + θ)² is 2 (1 + θ).",
            ),
            (
                -gamma * (1 + theta) ** 2 * v,
                "This is the part of J that depends on θ. Its derivative was asked.",
            ),
            (
                -2 * (1 + gamma * (1 + theta)) * v,
                "The cost −s² at time 0 is paid before any action and does not depend on θ.",
            ),
        ),
        (gamma,),
    ),
    Exercise(
        "ex:growing-action",
        (mu, sigma),
        sigma**2 * sp.exp(mu + sigma**2 / 2),
        (
            (
                sigma * sp.exp(mu + sigma**2 / 2),
                "This is the derivative by σ. By log σ, multiply by σ.",
            ),
            (
                sp.exp(mu + sigma**2 / 2),
                "This is E a itself, and also its derivative by μ.",
            ),
            (
                sigma**2 * sp.exp(mu + sigma**2),
                "E e^(μ + σz) is e^(μ + σ²/2): half of σ².",
            ),
            (
                sp.Integer(0),
                "The mean of u does not move with σ, but e^u is curved: its mean does.",
            ),
        ),
    ),
)
