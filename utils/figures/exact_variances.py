"""Pictures of chapter 10: exact variances in worlds where exact knowledge hurts."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np
from matplotlib.figure import Figure

from utils.common.words import plain
from utils.estimators import comparison
from utils.exact import stopping_game as stopping
from utils.explorer import Choice, picture
from utils.explorer.style import CONTRAST, ESTIMATE, FAINT, GRID, INK, SAFE, TRUTH
from utils.figures.instruments import curve, lines_of_text, marks
from utils.model import counterexamples

BANDIT_REWARDS = (-1.0, 9.0)


def bandit_baselines(p: float) -> tuple[float, float]:
    """(V, b*) = (p r_1 + (1 - p) r_0, (1 - p) r_1 + p r_0) for the rewards of the bandit."""
    low, high = BANDIT_REWARDS
    return p * high + (1 - p) * low, (1 - p) * high + p * low


def bandit_variance(p: float, b):
    """Var[(a - p)(R - b)] = p (1 - p) (b - b*)^2 in the two-armed bandit."""
    best = round(bandit_baselines(p)[1], 12)
    return p * (1 - p) * (b - best) ** 2


@picture(
    title="The value is not the best baseline",
    caption="The variance of the one-step estimator over the baseline b that is subtracted.",
    alt="A parabola: the variance of the one-step estimator against the baseline b. Its lowest "
    "point, zero, lies at the mean reward with the two probabilities swapped, not at the value V.",
    p="policy p = π(1)",
)
def best_constant(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-1.6, 9.6), ylim=(-0.9, 16), xlabel="baseline $b$", ylabel="variance")
    grid = np.linspace(-1.5, 9.5, 67)
    variance = curve(axes, TRUTH)
    at_value = marks(axes, CONTRAST, "s", ms=7)
    at_best = marks(axes, SAFE, ms=7)
    at_zero = marks(axes, INK, "D", ms=4)
    empty = (("", colour) for colour in (CONTRAST, SAFE, INK))
    notes = lines_of_text(axes, (4, 15), 1.1, *empty, ha="center")

    def draw(rng, p):
        value, best = (round(b, 12) + 0.0 for b in bandit_baselines(p))
        heights, with_value, with_zero = (bandit_variance(p, b) for b in (grid, value, 0.0))
        shown = heights <= 12.5
        variance.set_data(grid[shown], heights[shown])
        at_value.set_data([value], [with_value])
        at_best.set_data([best], [0])
        at_zero.set_data([0], [with_zero])
        notes[0].set_text(f"square: b = V = {plain(value, 1)}, variance {with_value:.2f}")
        notes[1].set_text(f"circle: b = b* = {plain(best, 1)}, variance 0")
        notes[2].set_text(f"diamond: b = 0, variance {with_zero:.2f}")
        verdict = "lowers" if with_value < with_zero - 1e-12 else "raises"
        if abs(with_value - with_zero) < 1e-12:
            verdict = "does not change"
        return (
            f"At p = {p:g} the value is V = {plain(value, 1)} and the best baseline is "
            f"b* = {plain(best, 1)}. Subtracting V {verdict} the variance: "
            f"from {with_zero:.2f} to {with_value:.2f}."
        )

    return draw


XOR_ROWS = {
    "total": "total",
    "G": "G",
    "G − V": "G − V",
    "G − one-step b": "G − one-step b",
    "Q": "Q",
    "A": "A = TD error",
    "all actions": "all actions",
}


@cache
def xor_paths(p: Fraction, bonus: int) -> comparison.PathTable:
    """The four paths of the XOR game played with a coin of any p."""
    mdp, _ = counterexamples.xor_game(bonus)
    return comparison.path_table(mdp, counterexamples.logit_policy([p] * 3, shared=True), 2)


@picture(
    title="The XOR game: knowing Q can cost",
    caption="The XOR game: the values of seven estimators on its four paths, their mean and "
    "their variances. G is reward-to-go, Q the exact action value, A the advantage.",
    alt="Seven estimators as rows; dots show the values that each takes on the four paths of the "
    "XOR game, and a line marks their common mean. For a fair coin without bonus the reward-to-go "
    "is always exactly zero while the forms that know Q scatter.",
    size=(5.4, 4.0),
    p="coin p",
    bonus=Choice("bonus for the first action 1", {-1: "−1", 0: "0", 1: "+1"}),
)
def xor_estimates(figure: Figure):
    axes = figure.subplots()
    rows = np.arange(len(XOR_ROWS))[::-1]
    axes.set(xlim=(-5.9, 9.6), ylim=(-0.7, len(rows) + 0.5))
    axes.set_yticks(rows, list(XOR_ROWS.values()))
    axes.set_xticks([-4, -2, 0, 2, 4])
    axes.set_xlabel("estimate on each of the four paths")
    mean_line = curve(axes, TRUTH, lw=1.4)
    dots = marks(axes, CONTRAST, ms=6.5)
    axes.text(9.5, len(rows) - 0.15, "variance", color=INK, ha="right")
    mean_label = axes.text(-5.8, len(rows) - 0.15, "", color=TRUTH)
    notes = [axes.text(9.5, y, "", color=INK, ha="right", va="center") for y in rows]

    def draw(rng, p, bonus):
        table = xor_paths(Fraction(round(100 * p), 100), int(bonus))
        x, y = [], []
        for row, form in zip(rows, XOR_ROWS, strict=True):
            values = sorted({float(v) for v in table.samples(form)[:, 0]})
            x += values
            y += [row] * len(values)
        dots.set_data(x, y)
        mean = float(table.mean("G")[0])
        mean_line.set_data([mean, mean], [-0.7, len(rows) - 0.5])
        mean_label.set_text(f"gradient {plain(mean, 2)}")
        fractions = {form: table.variance(form) for form in XOR_ROWS}
        variances = {form: float(variance) for form, variance in fractions.items()}
        for note, variance in zip(notes, variances.values(), strict=True):
            note.set_text(f"{variance:.2f}")
        return (
            f"Coin {p:g}, bonus {plain(bonus)}: reward-to-go has variance {variances['G']:.2f}, "
            f"exact Q {variances['Q']:.2f}, the advantage {variances['A']:.2f}. "
            f"The least noisy {least_noisy(fractions)}."
        )

    return draw


def least_noisy(variances: dict[str, Fraction]) -> str:
    """The rows of ``xor_estimates`` with the smallest exact variance, in words."""
    least = [f"“{XOR_ROWS[x]}”" for x in XOR_ROWS if variances[x] == min(variances.values())]
    return f"{'row is' if len(least) == 1 else 'rows are'} {' and '.join(least)}"


@picture(
    title="The stopping game: exact Q mostly hurts",
    caption="The stopping game over p and γ: where the exact Q lowers the variance, and where "
    "it raises it.",
    alt="Phase diagram of the stopping game over p and gamma. Above a third, and left of a "
    "boundary curve below it, putting the exact Q in place of the return raises the variance; "
    "only in the lower right corner does it lower it.",
    size=(5.4, 4.0),
    p="chance p of stopping",
    gamma="discount γ",
)
def stopping_phases(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="chance $p$ of stopping", ylabel="discount $γ$")
    gammas = np.linspace(0.002, 1 / 3, 60)
    boundary = np.array([stopping.boundary(gamma) for gamma in gammas])
    axes.fill_betweenx(gammas, boundary, 1, color=GRID, lw=0)
    axes.plot(boundary, gammas, color=TRUTH, lw=2.2)
    axes.text(0.985, 0.16, "Q helps", color=SAFE, ha="right")
    axes.text(0.36, 0.37, "Q hurts", color=CONTRAST)
    axes.text(0.655, 0.05, "$p^*(γ)$", color=TRUTH, ha="right")
    p_grid, gamma_grid = np.meshgrid(np.linspace(0.01, 0.99, 60), np.linspace(0.01, 0.99, 60))
    ratio = stopping.variance_of_q(p_grid, gamma_grid) / stopping.variance_of_g(p_grid, gamma_grid)
    axes.contour(p_grid, gamma_grid, ratio, levels=[1.1, 1.3], colors=[FAINT], linewidths=0.9)
    axes.text(0.745, 0.61, "10 % more", color=FAINT)
    axes.text(0.345, 0.79, "30 % more", color=FAINT)
    point = marks(axes, ESTIMATE, ms=8, mec="none")

    def draw(rng, p, gamma):
        by_g = float(stopping.variance_of_g(p, gamma))
        by_q = float(stopping.variance_of_q(p, gamma))
        point.set_data([p], [gamma])
        verdict = "more" if by_q > by_g else "less"
        percent = 100 * abs(by_q / by_g - 1)
        return (
            f"At p = {p:g} and γ = {gamma:g} reward-to-go has variance {by_g:.4f} and the form "
            f"with the exact Q has {by_q:.4f}: {percent:.1f} % {verdict}."
        )

    return draw
