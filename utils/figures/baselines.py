"""Pictures of chapter 5: what baselines and critics do to the mean and to the variance."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import comb

import numpy as np
from matplotlib.figure import Figure

from utils import exact
from utils.common.statistics import student_interval
from utils.common.words import plain, signed
from utils.estimators import comparison
from utils.estimators.gradient import policy_gradient
from utils.estimators.variance import estimator_moments
from utils.exact import stopping_game as stopping
from utils.explorer import Choice, picture
from utils.explorer.style import CONTRAST, DASHED, ESTIMATE, FAINT, GRID, INK, SAFE, TRUTH
from utils.figures.instruments import Intervals, curve, lines_of_text, marks
from utils.model import counterexamples, examples
from utils.model.policies import LinearSoftmax
from utils.sampling.rollouts import simulate

CRITIC_GAMMA, CRITIC_ROLLOUTS, CRITIC_HORIZON = 0.9, 500, 80
LAMBDAS = np.linspace(0, 1, 11)
SAMPLED_LAMBDAS = np.array([0, 0.25, 0.5, 0.75, 1])


def running_critic(error: float):
    """The running MDP with one shared logit, and the critic V(s) + error 1{s = 1}."""
    mdp = examples.running(CRITIC_GAMMA)
    policy = LinearSoftmax.logits(running_p(), shared=True)
    V, Q = exact.values(mdp, policy)
    return mdp, policy, (V + error * np.array([0, 1]), Q)


def running_p() -> np.ndarray:
    """pi(1|s) of the running policy, [2]."""
    return np.array(examples.running_tables().p, dtype=float)


@cache
def gae_means(error: float) -> np.ndarray:
    """The exact mean of the GAE estimator at each of ``LAMBDAS`` (``eq:gae``)."""
    mdp, policy, critic = running_critic(error)
    return np.array(
        [estimator_moments(mdp, policy, "gae", critic=critic, lam=lam).mean[0] for lam in LAMBDAS]
    )


@picture(
    title="Only λ = 1 forgives every wrong critic",
    caption="The mean of the estimator with generalised advantages over λ, if the critic errs "
    "in state 1.",
    alt="The mean of the gradient estimator with generalised advantages against lambda: an exact "
    "curve, Monte Carlo points with 95 percent intervals, and the true gradient as a level line. "
    "The curve meets the line at lambda one for every critic, elsewhere only if the critic is "
    "right.",
    error="error of the critic in state 1",
)
def gae_with_a_wrong_critic(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-0.04, 1.04), ylim=(-0.75, 1.75), xlabel="$λ$", ylabel="gradient")
    true = float(exact.policy_gradient(*running_critic(0)[:2])[0])
    axes.plot([0, 1], [true, true], color=TRUTH, lw=2.2)
    mean_curve = curve(axes, CONTRAST, ls=DASHED)
    sampled = Intervals(axes, SAMPLED_LAMBDAS)
    names = (
        ("true gradient", TRUTH),
        ("exact mean with this critic", CONTRAST),
        (f"{CRITIC_ROLLOUTS} trajectories, 95 %", ESTIMATE),
    )
    lines_of_text(axes, (1.03, 1.6), 0.18, *names, ha="right")

    def draw(rng, error):
        mdp, policy, critic = running_critic(error)
        means = gae_means(error)
        run = simulate(mdp, policy, CRITIC_ROLLOUTS, CRITIC_HORIZON, rng)
        estimates = [
            policy_gradient(run, policy, mdp, "gae", critic=critic, lam=lam)
            for lam in SAMPLED_LAMBDAS
        ]
        mean_curve.set_data(LAMBDAS, means)
        ends = np.array([e.confidence_interval() for e in estimates])[:, :, 0]
        sampled.show([e.mean[0] for e in estimates], *ends.T)
        claim = f"wrong by {signed(error, 1)} in state 1" if error else "right"
        return (
            f"The critic is {claim}. At λ = 0 the mean is "
            f"{signed(means[0])}, at λ = 1 it is {signed(means[-1])}; "
            f"the gradient is {signed(true)}."
        )

    return draw


BATCHES = np.arange(2, 31)
SAFE_REWARD, MEAN_PRIZE = 1, 2


@cache
def standardised_update(p: float, chance: float) -> np.ndarray:
    """E[(1/N) sum_i psi_i (R_i - mean) / sd] / (p(1 - p)) for each N of ``BATCHES``.

    One step, two actions with pi(1) = p. Action 1 pays 2/chance with probability ``chance``, else
    0; action 0 pays 1. The true gradient is p(1 - p), so the answer is 1 if nothing is divided.
    The sum runs over the counts of the three outcomes; a batch without spread counts 0.
    """
    laws = np.array([p * chance, p * (1 - chance), 1 - p])
    rewards = np.array([MEAN_PRIZE / chance, 0.0, SAFE_REWARD])
    scores = np.array([1 - p, 1 - p, -p])
    out = []
    for n in BATCHES:
        counts = np.array([(i, j, n - i - j) for i in range(n + 1) for j in range(n + 1 - i)])
        ways = np.array([comb(n, i) * comb(n - i, j) for i, j, _ in counts.tolist()], dtype=float)
        centred = rewards - (counts @ rewards)[:, None] / n
        spread = np.sqrt((counts * centred**2).sum(axis=1) / n)
        update = (counts * scores * centred).sum(axis=1) / (n * np.where(spread > 0, spread, 1))
        out.append((ways * np.prod(laws**counts, axis=1)) @ update)
    multiples = np.array(out) / (p * (1 - p))
    return np.where(np.abs(multiples) < 1e-12, 0, multiples)  # rounding has no direction


def downhill(update: np.ndarray) -> str:
    """Which of ``BATCHES`` point downhill, in words; they are the small ones."""
    wrong = BATCHES[update < 0]
    if len(wrong) == 0:
        return "no batch shown points downhill"
    if len(wrong) == len(BATCHES):
        return "all batches shown point downhill"
    if len(wrong) == 1:
        return f"only batches of N = {wrong[0]} point downhill"
    return f"batches of N = {wrong[0]} to {wrong[-1]} point downhill"


@picture(
    title="Standardising a small batch can reverse the update",
    caption="The expected update with standardised returns, as a multiple of the gradient, over "
    "the size of the batch.",
    alt="The expected update with standardised returns, as a multiple of the true gradient, "
    "against the size of the batch. For rare prizes and small batches the points lie below zero.",
    p="policy p = π(1)",
    chance="chance of the prize",
)
def standardised_returns(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(0, 31), ylim=(-2.2, 1.5), xlabel="trajectories in a batch, $N$")
    axes.set_ylabel("expected update / gradient")
    axes.plot([0, 31], [0, 0], color=INK, lw=1)
    axes.text(30.5, 1.2, "uphill", color=FAINT, ha="right")
    axes.text(30.5, -2.08, "downhill", color=FAINT, ha="right")
    up = marks(axes, TRUTH, ms=4.5)
    down = marks(axes, CONTRAST, "s", ms=4.5)

    def draw(rng, p, chance):
        update = standardised_update(p, chance)
        up.set_data(BATCHES[update >= 0], update[update >= 0])
        down.set_data(BATCHES[update < 0], update[update < 0])
        first = f"{signed(update[0])} times the gradient" if update[0] else "0"
        return (
            f"Action 1, played with p = {p:g}, pays {MEAN_PRIZE / chance:.3g} with chance "
            f"{chance:g}; action 0 pays 1. "
            f"At N = 2 the update is {first}, and {downhill(update)}."
        )

    return draw


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


FORM_ROLLOUTS, FORM_BATCHES = 300, 6


@cache
def exact_forms(gamma: float) -> np.ndarray:
    """The exact variances of ``comparison.LONG_FORMS`` on the running MDP, one logit a state."""
    policy = LinearSoftmax.logits(running_p())
    return np.array(list(comparison.long_run_variances(examples.running(gamma), policy).values()))


@picture(
    title="Subtracting matters more than knowing Q",
    caption="The variance of twelve estimators of one gradient on the running MDP, exact and "
    "sampled.",
    alt="Twelve estimators of the gradient as rows, their variance on a logarithmic axis: exact "
    "marks and Monte Carlo points with 95 percent intervals. A state baseline moves the mark far "
    "to the left; putting Q for G alone moves it very little.",
    size=(5.4, 4.6),
    gamma="discount γ",
)
def forms_side_by_side(figure: Figure):
    axes = figure.subplots()
    names = list(comparison.LONG_FORMS)
    rows = np.arange(len(names))[::-1]
    axes.set(xscale="log", xlim=(0.003, 150), ylim=(-0.6, len(names) + 0.9))
    axes.set_yticks(rows, names)
    axes.set_xlabel("variance of one trajectory's estimate")
    exact_marks = marks(axes, TRUTH, "|", ms=13, mew=2.4)
    estimates = Intervals(axes, rows, upright=False)
    axes.text(0.004, len(names) + 0.2, "exact", color=TRUTH)
    count = f"{FORM_ROLLOUTS * FORM_BATCHES:,}".replace(",", " ")
    axes.text(140, len(names) + 0.2, f"{count} trajectories, 95 %", color=ESTIMATE, ha="right")
    policy = LinearSoftmax.logits(running_p())

    def draw(rng, gamma):
        true = exact_forms(gamma)
        mdp = examples.running(gamma)
        horizon = int(np.ceil(np.log(1e-3) / np.log(gamma)))
        sampled = comparison.sampled_variances(
            mdp, policy, FORM_BATCHES, FORM_ROLLOUTS, horizon, rng
        )
        mean, error = np.array(list(sampled.values())).T
        low, high = student_interval(mean, error, FORM_BATCHES)
        exact_marks.set_data(true, rows)
        # The bar has to stay on a logarithmic axis.
        estimates.show(mean, np.maximum(low, 0.3 * mean), high)
        of = dict(zip(names, true, strict=True))
        return (
            f"At γ = {gamma:g} the variance falls from {of['G']:.3g} to {of['G − V']:.2g} when V "
            f"is subtracted from G, but only to {of['Q']:.3g} when Q replaces G. "
            f"The advantage has {of['A']:.2g}, the best form {of['Q − best b(s)']:.2g}."
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
    "their variances.",
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
