"""Exercises of chapter 2."""

from __future__ import annotations

import sympy as sp

from utils.exercises.task import Exercise

p, q, gamma, theta = sp.symbols("p q gamma theta", positive=True)
x = sp.Symbol("x", nonnegative=True, integer=True)
k, n, T = sp.symbols("k n T", positive=True, integer=True)

EXERCISES = (
    Exercise(
        "ex:geometric-score",
        (x, p),
        (1 - p) - x * p,
        (
            (
                1 / p - x / (1 - p),
                "This is the derivative with respect to p. By θ, multiply by dp/dθ = p(1 − p).",
            ),
            (
                x * p - (1 - p),
                "The sign is turned round: a long wait makes heads look less likely.",
            ),
            (-x * p, "The head at the end is a toss as well; its score is 1 − p."),
            (1 - p, "The x tails before the head count too; each has score −p."),
        ),
        (p,),
    ),
    Exercise(
        "ex:uniform-square",
        (theta, k),
        -(theta ** (k - 1)) / (k + 1),
        (
            (
                k * theta ** (k - 1) / (k + 1),
                "This is the true derivative. What does the score formula return?",
            ),
            (theta ** (k - 1), "This is the edge part f(θ)/θ, which the score formula misses."),
            (
                -(theta ** (k + 1)) / (k + 1),
                "The integral needs its density 1/θ and the score −1/θ: two factors 1/θ.",
            ),
            (theta ** (k - 1) / (k + 1), "The sign: log(1/θ) has derivative −1/θ."),
        ),
    ),
    Exercise(
        "ex:coincidence",
        (p,),
        2 * p * (1 - p) * (2 * p - 1),
        (
            (
                p * (1 - p) * (2 * p - 1),
                "This is the score term alone. f depends on θ too and adds as much again.",
            ),
            (
                2 * (2 * p - 1),
                "This is the derivative with respect to p. By θ, multiply by dp/dθ = p(1 − p).",
            ),
            (p**2 + (1 - p) ** 2, "This is the expectation itself. Its derivative was asked."),
            (sp.Integer(0), "The extra term E[∇f] is Σ π ∇π, and that is not Σ ∇π = 0."),
        ),
        (p,),
    ),
    Exercise(
        "ex:estimator-at-the-edge",
        (theta,),
        1 / theta - 1,
        (
            (1 / theta, "This is the mean square. Subtract the square of the mean, which is 1."),
            (
                theta * (1 - theta),
                "This is the variance of 1{X = 1}. The estimator divides it by θ.",
            ),
            (
                1 / theta**2,
                "This is the square of the value at x = 1; it occurs with probability θ.",
            ),
            (
                (1 - theta) / theta**2,
                "Dividing by θ divides the variance θ(1 − θ) by θ², which leaves one θ below.",
            ),
        ),
        (theta,),
    ),
    Exercise(
        "ex:length-of-the-score",
        (n,),
        1 - 1 / n,
        (
            (
                (1 - 1 / n) ** 2,
                "This is the square of the entry of the action taken. The other n − 1 entries are "
                "−1/n each.",
            ),
            ((n - 1) / n**2, "This is the mean square of one entry; the vector has n of them."),
            (
                sp.Integer(1),
                "This would be the squared length without subtracting the probabilities.",
            ),
            (1 / n, "This is Σ π². The mean squared length is 1 − Σ π²."),
        ),
    ),
    Exercise(
        "ex:proposal-variance",
        (p, q),
        (p * (1 - p)) ** 2 * (1 / q - 1),
        (
            ((p * (1 - p)) ** 2 / q, "This is the mean square. Subtract the square of the mean."),
            (
                p * (1 - p) ** 3,
                "This is the case q = p, the score form. Here the samples come from q.",
            ),
            (
                (p * (1 - p)) ** 2 * q * (1 - q),
                "The sample is divided by q(1) = q, so its variance is divided by q².",
            ),
            (1 / q - 1, "The weight is ∇p(1)/q(1), and ∇p(1) = p(1 − p)."),
        ),
        (p, q),
    ),
    Exercise(
        "ex:reinforce-of-ones",
        (gamma, T, p),
        ((1 - gamma**T) / (1 - gamma)) ** 2 * T * p * (1 - p),
        (
            (
                (1 - gamma**T) / (1 - gamma) * T * p * (1 - p),
                "A constant factor leaves a variance squared.",
            ),
            (
                T * p * (1 - p),
                "This is the variance of the score sum. The return multiplies it, squared.",
            ),
            (
                ((1 - gamma**T) / (1 - gamma)) ** 2 * p * (1 - p),
                "This uses one score; M_T is a sum of T independent ones.",
            ),
            (
                sp.Integer(0),
                "The mean is 0, because the return is a constant. The variance is not.",
            ),
        ),
        (gamma, p),
    ),
)
