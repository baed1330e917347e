"""Pictures of chapter 2: weights that move, two ways to lose mass, an edge, and REINFORCE."""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib.figure import Figure
from scipy.special import expit
from scipy.stats import binom

from utils.common.words import plain, signed
from utils.exact.moments import return_and_score_moments
from utils.explorer.picture import picture
from utils.explorer.style import (
    CONTRAST,
    ESTIMATE,
    FAINT,
    GRID,
    INK,
    LEVEL,
    SAFE,
    SHORT_DASHED,
    TRUTH,
)
from utils.figures.instruments import Intervals, Row, curve, empty_band, lines_of_text, marks
from utils.model import examples
from utils.sampling.rollouts import simulate

TOSSES = 10
HEADS = np.arange(TOSSES + 1)
PAY = np.where(HEADS <= 7, HEADS, 0)  # the number of heads, but nothing above seven
CEILING = 7.5  # the labels stand above it


def heads_law(theta) -> np.ndarray:
    """The law of the number of heads in ten tosses with logit theta, [..., 11]."""
    return binom.pmf(HEADS, TOSSES, expit(np.asarray(theta, dtype=float))[..., None])


def score_slope(theta: float, shares: np.ndarray, n: float) -> tuple[float, float, float]:
    """(estimate, standard error, exact value) of the slope of the mean pay-out at theta.

    ``shares`` [11] says how often each number of heads came among ``n`` samples
    (``eq:score-function``).
    """
    law = heads_law(theta)
    slopes = PAY * (HEADS - law @ HEADS)
    slope = float(shares @ slopes)
    error = float(np.sqrt((shares @ slopes**2 - slope**2) / (n - 1)))
    return slope, error, float(law @ slopes)


WEIGHT_NAMES = (
    ("exact", TRUTH),
    ("one sample, reweighted", ESTIMATE),
    (r"band: $\pm 2$ exact standard errors", FAINT),
)


@picture(
    title="The sample stays; only its weights move",
    caption="Mean pay-out of ten tosses over θ': exact, and reweighted from one sample drawn at θ.",
    alt="Mean pay-out as a curve over theta. A second curve reweights one fixed sample to every "
    "other theta. Near the theta of the sample it follows the exact curve, and its tangent there "
    "is the score-function estimate. Away from there a band shows two exact standard errors; for "
    "most choices of theta it is wide on one side.",
    theta="the sample is drawn at θ",
    n="samples N",
)
def weights_move(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-1.5, 2.5), ylim=(0, 10), xlabel="$θ'$, the logit of heads")
    axes.set_ylabel("mean pay-out")
    grid = np.linspace(-1.5, 2.5, 61)
    laws = heads_law(grid)
    exact_curve = laws @ PAY
    band = empty_band(axes)
    axes.plot(grid, exact_curve, color=TRUTH)
    reweighted = curve(axes, ESTIMATE)
    tangent = curve(axes, INK, ls=SHORT_DASHED)
    point = marks(axes, INK, ms=5)
    lines_of_text(axes, (-1.42, 9.35), 0.75, *WEIGHT_NAMES)
    slope_label = axes.text(2.42, 9.35, "", color=INK, ha="right")

    def draw(rng, theta, n):
        law = heads_law(theta)
        shares = rng.multinomial(int(n), law) / n
        # p_theta'(x) / p_theta(x) f(x): the pay-out times its weight, [61, 11].
        weighted = laws / law * PAY
        spread = np.sqrt(np.maximum(weighted**2 @ law - exact_curve**2, 0) / n)
        slope, error, true = score_slope(theta, shares, n)
        low, high = np.clip(exact_curve + 2 * np.array([-1, 1])[:, None] * spread, 0, CEILING)
        band.set_data(grid, low, high)
        guess = weighted @ shares
        reweighted.set_data(grid, np.where(guess <= CEILING, guess, np.nan))
        height = float(shares @ PAY)
        tangent.set_data([theta - 0.5, theta + 0.5], [height - slope / 2, height + slope / 2])
        point.set_data([theta], [height])
        slope_label.set_text(f"dashed: slope {signed(slope)}")
        return (
            f"{n:g} samples drawn at θ = {plain(theta)} put the slope there at {signed(slope)} "
            f"± {1.96 * error:.2f}. The exact slope is {signed(true)}."
        )

    return draw


BOX_STEP, BOX_SAMPLES, RUG = 0.2, 200, 40


def corners(left: float, right: float, bottom: float, top: float) -> list[tuple[float, float]]:
    """The four corners of a box, against the clock."""
    return [(left, bottom), (right, bottom), (right, top), (left, top)]


BOX_NAMES = (
    ("lost: the score sees it", CONTRAST),
    ("gained: the score does not", SAFE),
    (f"ticks: {RUG} of the samples", ESTIMATE),
)


@picture(
    title="A box that grows wider and lower",
    caption="The uniform density on (0, θ) and its change with θ, and the two parts of the "
    "derivative of a mean.",
    alt="Upper panel: the uniform density on (0, theta) as a box; moving theta lowers its top and "
    "adds a strip at its right edge. Lower panel: bars for the score part, the edge part and "
    "their sum, the true derivative. Monte Carlo of the score formula sits on the score part.",
    size=(5.4, 4.8),
    theta="right edge θ",
    power="power k in f(x) = xᵏ",
)
def sinking_box(figure: Figure):
    upper, lower = figure.subplots(2, 1, height_ratios=(3, 2))
    upper.set(xlim=(0, 2.9), ylim=(0, 2.2), xlabel="$x$", ylabel="density")
    lower.set(xlim=(-2.6, 4.6), ylim=(-0.6, 2.6))
    lower.set_yticks([2, 1, 0], ["score part", "edge part", "truth"])
    lower.set_xlabel("derivative of the mean of $f(X)$, and its parts")
    lower.axvline(0, color=INK, lw=0.8)
    kept, lost, gained = (
        upper.fill([0, 0, 0, 0], [0, 0, 0, 0], color=c, lw=0)[0] for c in (GRID, CONTRAST, SAFE)
    )
    rug = marks(upper, ESTIMATE, "|", ms=7)
    lines_of_text(upper, (2.85, 1.98), 0.24, *BOX_NAMES, ha="right")
    bars = lower.barh([2, 1, 0], [0, 0, 0], color=[CONTRAST, SAFE, TRUTH], height=0.5)
    estimate = Row(lower, 2)
    lower.text(4.55, 2.02, f"dot: {BOX_SAMPLES} samples, 95 %", color=ESTIMATE, ha="right")

    def draw(rng, theta, power):
        top, new_top = 1 / theta, 1 / (theta + BOX_STEP)
        kept.set_xy(corners(0, theta, 0, new_top))
        lost.set_xy(corners(0, theta, new_top, top))
        gained.set_xy(corners(theta, theta + BOX_STEP, 0, new_top))
        edge = theta ** (power - 1)
        score = -edge / (power + 1)
        for bar, width in zip(bars, (score, edge, score + edge), strict=True):
            bar.set_width(width)
        x = theta * rng.random(BOX_SAMPLES)
        estimate.estimate(-(x**power) / theta)
        rug.set_data(x[:RUG], np.full(RUG, 0.08))
        return (
            f"At θ = {theta:g} with f(x) = x{'⁰¹²³'[int(power)]} the truth is "
            f"{signed(score + edge)}. The score formula gives {signed(score)}, "
            f"the edge adds {signed(edge)}."
        )

    return draw


def escaping_parts(theta: float, log_x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The density of log10 X under the law of ``eq:escape-mass``: what stays, what runs away."""
    x = 10.0**log_x
    stays = (1 - theta / 4) / (2 * (1 + x) ** 1.5)
    runs = theta / 4 * theta**4 * x * np.exp(-(theta**2) * x)
    return stays * x * np.log(10), runs * x * np.log(10)


def mass_up_to(limit: float, theta) -> np.ndarray:
    """P_theta(X <= limit) under the law of ``eq:escape-mass``."""
    theta = np.asarray(theta, dtype=float)
    reach = theta**2 * limit
    stays = (1 - theta / 4) * (1 - (1 + limit) ** -0.5)
    return stays + theta / 4 * (1 - (1 + reach) * np.exp(-reach))


def mass_at_zero(limit: float) -> tuple[float, float]:
    """P_theta(X <= limit) at theta = 0, and its derivative there (``eq:escape-mass``)."""
    return float(mass_up_to(limit, 0)), -0.25 * (1 - (1 + limit) ** -0.5)


LOG_X = np.linspace(-2, 6, 121)
NEAR_ZERO = np.sinh(np.linspace(-7, 7, 161)) / np.sinh(7) * 0.9  # densest where the curve bends


@picture(
    title="A share θ/4 of the mass runs to infinity as θ → 0",
    caption="A density whose lump moves to infinity as θ → 0, and the mass below a limit K.",
    alt="Upper panel: a density on a logarithmic axis with a lump, or a dent, that moves right as "
    "theta goes to 0. Lower panel: the mass up to a limit K as a function of theta; for large K it "
    "is nearly flat away from 0, and its slope at 0 tends to -1/4.",
    size=(5.4, 4.8),
    theta="parameter θ",
    exponent="limit K = 10ᵐ with m",
)
def escaping_mass(figure: Figure):
    upper, lower = figure.subplots(2, 1)
    upper.set(xlim=(-2, 6), ylim=(0, 0.75), xlabel=r"$\log_{10} x$")
    upper.set_ylabel(r"density of $\log_{10} X$")
    lower.set(xlim=(-0.9, 0.9), ylim=(0.5, 1.25), xlabel="$θ$", ylabel=r"mass up to $K$")
    lump = empty_band(upper, CONTRAST, alpha=0.35)
    density = curve(upper, TRUTH)
    stays_line = curve(upper, FAINT, ls=LEVEL, lw=1.2)
    limit_line = curve(upper, SAFE, lw=1.2)
    limit_label = upper.text(0, 0.66, "", color=SAFE, ha="center")
    lower.axhline(1, color=FAINT, ls=LEVEL, lw=1.2)
    mass = curve(lower, TRUTH)
    tangent = curve(lower, CONTRAST, ls=SHORT_DASHED)
    point = marks(lower, INK, ms=5)
    upper.text(5.9, 0.45, "density", color=TRUTH, ha="right")
    upper.text(5.9, 0.33, "dashed: what stays", color=FAINT, ha="right")
    lower.text(-0.88, 0.53, "mass up to $K$", color=TRUTH)
    lower.text(0.88, 1.03, "total mass 1", color=FAINT, ha="right")
    slope_label = lower.text(0.88, 1.14, "", color=CONTRAST, ha="right")

    def draw(rng, theta, exponent):
        stays, runs = escaping_parts(theta, LOG_X)
        limit = 10.0**exponent
        lump.set_data(LOG_X, stays, stays + runs)
        density.set_data(LOG_X, stays + runs)
        stays_line.set_data(LOG_X, stays)
        limit_line.set_data([exponent, exponent], [0, 0.63])
        limit_label.set(x=exponent, text=f"K = {limit:,.0f}".replace(",", "\u202f"))
        start, slope = mass_at_zero(limit)
        mass.set_data(NEAR_ZERO, mass_up_to(limit, NEAR_ZERO))
        tangent.set_data([-0.6, 0.6], [start - 0.6 * slope, start + 0.6 * slope])
        point.set_data([theta], [inside := float(mass_up_to(limit, theta))])
        slope_label.set_text(f"slope at 0: {signed(slope, 3)}")
        return (
            f"At θ = {plain(theta)} the mass up to K is {inside:.3f}, of 1 in all. "
            f"As a function of θ it has slope {signed(slope, 3)} at 0; the total has slope 0."
        )

    return draw


EDGE_GRID = 10.0 ** np.arange(-4, -0.1, 0.25)
EDGE_TOP = 4.0


@picture(
    title="Estimates near the edge",
    caption="Score-function estimates of a derivative that is 1 everywhere, for θ from 0.0001 "
    "to 1.",
    alt="Score-function estimates of a derivative that is 1 for every theta, against theta on a "
    "logarithmic axis. The band of two exact standard errors widens as theta goes to 0. Where "
    "theta is well below 1/N most estimates are exactly 0, and a few may lie beyond the top.",
    n="samples N for each dot",
)
def edge_of_the_simplex(figure: Figure):
    axes = figure.subplots()
    axes.set(xscale="log", xlim=(7e-5, 1.3), ylim=(-0.4, 5.4), xlabel="$θ = p_θ(1)$")
    axes.set_ylabel("estimate of the derivative")
    fine = np.geomspace(1e-4, 1, 81)
    band = empty_band(axes)
    axes.plot([1e-4, 1], [1, 1], color=TRUTH)
    dots = marks(axes, ESTIMATE, ms=5)
    beyond = marks(axes, ESTIMATE, "^", ms=6)
    names = (
        ("truth: 1 at every $θ$", TRUTH),
        ("estimates (triangle: beyond the top)", ESTIMATE),
        (r"band: $\pm 2$ exact standard errors", FAINT),
    )
    lines_of_text(axes, (1.2, 4.95), 0.4, *names, ha="right")

    def draw(rng, n):
        counts = rng.binomial(int(n), EDGE_GRID)
        estimates = counts / n / EDGE_GRID
        spread = 2 * np.sqrt((1 / fine - 1) / n)
        band.set_data(fine, np.maximum(1 - spread, -0.4), np.minimum(1 + spread, EDGE_TOP))
        inside = estimates <= EDGE_TOP
        dots.set_data(EDGE_GRID[inside], estimates[inside])
        beyond.set_data(EDGE_GRID[~inside], np.full((~inside).sum(), EDGE_TOP - 0.15))
        zeros = int((counts == 0).sum())
        return (
            f"With N = {n:g}, {zeros} of {len(counts)} estimates are exactly 0 and "
            f"{int((~inside).sum())} lie above 4. At θ = 1/N the standard error is about 1."
        )

    return draw


REINFORCE_HORIZONS = np.array([1, 2, 4, 7, 11, 16, 22, 30, 40])


@cache
def reinforce_law(gamma: float) -> np.ndarray:
    """Mean and standard deviation of one REINFORCE sample for T = 1, ..., 40: [2, 40]."""
    mdp = examples.running(gamma)
    policy = examples.shared_logit(examples.running_policy(), action=1)
    moments = [return_and_score_moments(mdp, policy, T)[:, :, 0] for T in range(1, 41)]
    return np.array([(m[1, 1], np.sqrt(m[2, 2] - m[1, 1] ** 2)) for m in moments]).T


@picture(
    title="REINFORCE for longer and longer horizons",
    caption="REINFORCE on the running MDP: the exact gradient of the first T steps, and "
    "estimates of it.",
    alt="REINFORCE estimates of the gradient of J_T against the horizon T, with 95 percent "
    "intervals, the exact gradient as a line and a band of two exact standard errors that widens "
    "steadily with T. The exact gradient settles, at large gamma only towards T = 40.",
    gamma="discount γ",
    n="trajectories N",
)
def reinforce(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(0, 41), ylim=(-0.8, 1.2), xlabel="horizon $T$")
    axes.set_ylabel(r"$(1-γ)\,\nabla J_T$")
    horizons = np.arange(1, 41)
    band = empty_band(axes)
    gradient = curve(axes, TRUTH)
    sampled = Intervals(axes, REINFORCE_HORIZONS)
    names = (
        ("exact", TRUTH),
        ("estimates with 95 % intervals", ESTIMATE),
        (r"band: $\pm 2$ exact standard errors", FAINT),
    )
    lines_of_text(axes, (0.6, 1.09), 0.13, *names)
    policy = examples.shared_logit(examples.running_policy(), action=1)
    longest = int(REINFORCE_HORIZONS[-1])

    def draw(rng, gamma, n):
        scale = 1 - gamma
        mean, spread = scale * reinforce_law(gamma)
        error = spread / np.sqrt(n)
        run = simulate(examples.running(gamma), policy, int(n), longest, rng)
        discounted = gamma ** np.arange(longest)[:, None] * run.rewards
        returns = np.cumsum(discounted, axis=0)
        score_sums = np.cumsum(policy.scores[run.states, run.actions, 0], axis=0)
        sampled.estimate(scale * (returns * score_sums)[REINFORCE_HORIZONS - 1].T)
        band.set_data(horizons, mean - 2 * error, mean + 2 * error)
        gradient.set_data(horizons, mean)
        return (
            f"At γ = {gamma:g} the exact gradient of J₄₀ is {signed(mean[-1] / scale, 3)}. "
            f"With {n:g} trajectories the standard error is {error[0] / scale:.3f} at T = 1 and "
            f"{error[-1] / scale:.3f} at T = 40."
        )

    return draw
