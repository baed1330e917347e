"""Exercises of chapter 7."""

from __future__ import annotations

import sympy as sp

from utils.exercises.task import Exercise

x, y, a, b = sp.symbols("x y a b", positive=True)
p, gamma = sp.symbols("p gamma", positive=True)

EXERCISES = (
    Exercise(
        "ex:flip-discount",
        (x, y),
        x / y,
        (
            (y / x, "This is above 1. Solve x − γ y = 0 for γ."),
            (x - y, "This is the direction without γᵗ, not a discount."),
            (1 - x / y, "This is the length of the range on the other side, up to γ = 1."),
            (sp.Integer(1), "Near γ = 1 both slopes are negative: the signs agree there."),
        ),
    ),
    Exercise(
        "ex:discount-twice",
        (x, y, gamma),
        x - gamma**2 * y,
        (
            (
                x - gamma * y,
                "This is the true slope. Here γ stands once in front of the score and "
                "once in the reward, both at time 1.",
            ),
            (x - y, "This is what is left without any γᵗ."),
            (x - gamma**3 * y, "At time 1 the factor γᵗ is γ and the reward's is γ: two powers."),
            (gamma * (x - gamma * y), "At time 0 both factors are γ⁰ = 1."),
        ),
        (gamma,),
    ),
    Exercise(
        "ex:dropped-waiting",
        (p, gamma),
        (1 - gamma) * (1 - p) / (1 - gamma + gamma * p),
        (
            (
                p * (1 - p) * (1 - gamma) / (1 - gamma + gamma * p) ** 2,
                "This is the gradient of J: its visits are discounted.",
            ),
            (
                p * (1 - p) * (1 - gamma) / (1 - gamma + gamma * p),
                "This is the first step alone. The state is visited 1/p times on average.",
            ),
            (
                (1 - gamma) / (p * (1 - gamma + gamma * p)),
                "This is the derivative by p. By the logit, multiply by p(1 − p).",
            ),
            (1 - p, "Q(0) is γ V: waiting keeps the discounted chance of the reward."),
        ),
        (p, gamma),
    ),
    Exercise(
        "ex:small-loop",
        (a, b, gamma),
        (1 - gamma) * a * b,
        (
            (1 - gamma, "This is the round trip of the unit square; the area is a b here."),
            ((1 - gamma) * (a + b), "The rises add up to the curl times the area, not the length."),
            ((gamma - 1) * a * b, "This is the trip with the clock. The walk goes against it."),
            (a * b, "The rise along the right side is only half of it; the top takes γ a b back."),
            (sp.Integer(0), "This would be so for a gradient."),
        ),
        (gamma,),
    ),
    Exercise(
        "ex:deadline",
        (p, gamma),
        2 - p - gamma * (sp.Rational(9, 4) + p),
        (
            (
                1 - gamma * (sp.Rational(9, 4) + p) + gamma * (1 - p),
                "This is the true slope: the second term still has its γ.",
            ),
            (
                2 - gamma * (sp.Rational(9, 4) + p),
                "Time 1 is reached only if the first action was not to stop.",
            ),
            (
                1 - gamma * (sp.Rational(9, 4) + p),
                "This is time 0 alone; with probability 1 − p there is a second decision.",
            ),
            (2 - p, "Stopping at time 0 gives up the value of time 1, γ V₁."),
        ),
        (p, gamma),
    ),
    Exercise(
        "ex:kappa-three",
        (gamma,),
        2 * gamma / (1 + gamma**2),
        (
            (
                2 * sp.sqrt(gamma) / (1 + gamma),
                "This is the answer for two states in a row; the third weighs γ².",
            ),
            (1 / gamma**2, "This is κ. The bound is 2√κ/(1 + κ)."),
            (gamma**2, "This is 1/κ. The bound is 2√κ/(1 + κ)."),
            (
                2 / gamma**2 / (1 + 1 / gamma**2),
                "The numerator has the square root of κ.",
            ),
        ),
        (gamma,),
    ),
    Exercise(
        "ex:running-average",
        (),
        sp.Rational(39, 62),
        (
            (
                sp.Rational(75, 122),
                "This is (1 − γ) J at γ = 1/2, which depends on the start and on γ.",
            ),
            (
                sp.Rational(19, 30),
                "This is the plain mean of the two rewards. The states are not visited equally.",
            ),
            (
                sp.Rational(3, 5) * sp.Rational(27, 62) + sp.Rational(2, 3) * sp.Rational(35, 62),
                "The two shares are swapped: one leaves state 1 faster, so it is visited less.",
            ),
            (sp.Rational(3, 5), "This is the mean reward in state 0 alone."),
        ),
    ),
)
