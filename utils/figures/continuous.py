"""Pictures of chapter 6: tall densities, clipped actions, two kinds of gradient, soft edges."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import ndtr, ndtri
from scipy.stats import beta, norm

from utils.common.statistics import confidence_interval
from utils.common.words import plain, signed
from utils.continuous import lqr
from utils.continuous.policies import Gaussian, SquashedGaussian
from utils.explorer.picture import picture
from utils.explorer.style import CONTRAST, ESTIMATE, FAINT, GRID, INK, SAFE, TRUTH
from utils.figures.instruments import Intervals, Row, curve, empty_band, lines_of_text, marks

TALL_SAMPLES = 30


@picture(
    title="A log-density above 0 is no error",
    caption="The log-density of a squashed Gaussian action, and sampled actions on it.",
    alt="The log-density of a squashed Gaussian action between -1 and 1, with a line at 0. For a "
    "small standard deviation the curve is a narrow arch that rises above 0; for a large one it "
    "climbs at both edges. Dots mark sampled actions.",
    sigma="standard deviation σ before squashing",
    mu="mean μ before squashing",
)
def tall_density(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-1.04, 1.04), ylim=(-6, 5.6), xlabel=r"action $a = \tanh u$")
    axes.set_ylabel(r"$\log\,π_θ(a)$")
    above = empty_band(axes)
    axes.axhline(0, color=INK, lw=0.9)
    log_density = curve(axes, TRUTH)
    dots = marks(axes, ESTIMATE, ms=3.5)
    names = (
        ("exact log-density; grey: where it is above 0", TRUTH),
        (f"{TALL_SAMPLES} sampled actions", ESTIMATE),
    )
    lines_of_text(axes, (-1, 4.85), 0.75, *names)
    z = np.linspace(-4.6, 4.6, 161)

    def draw(rng, sigma, mu):
        policy = SquashedGaussian([mu, math.log(sigma)])
        grid = np.tanh(mu + sigma * z)
        height = policy.log_density(grid)
        shown = np.where(height >= -6, np.minimum(height, 3.8), np.nan)
        log_density.set_data(grid, shown)
        above.set_data(grid, np.zeros_like(grid), np.clip(height, 0, 3.8))
        actions = policy.sample(TALL_SAMPLES, rng)
        levels = policy.log_density(actions)
        seen = (levels > -6) & (levels < 3.8)
        dots.set_data(actions[seen], levels[seen])
        share = share_above_zero(policy)
        return (
            f"At μ = {plain(mu)}, σ = {sigma:g}, {100 * share:.0f} % of all actions have a "
            "log-density above 0. The area under the density is 1 all the same."
        )

    return draw


SCORE_SAMPLES = 60


@picture(
    title="Less exploration, larger scores",
    caption="The density of a Gaussian action with mean 0, and both scores of sampled actions.",
    alt="Upper panel: the bell of a Gaussian policy with mean 0, and sampled actions under it. "
    "Lower panel: the score by mu, a line through 0, and the score by log sigma, a parabola, with "
    "dots at the sampled actions. The narrower the bell, the steeper the line; the dots on the "
    "parabola keep their heights.",
    size=(5.4, 4.8),
    sigma="standard deviation σ",
)
def gaussian_scores(figure: Figure):
    upper, lower = figure.subplots(2, 1, height_ratios=(2, 3), sharex=True)
    upper.set(xlim=(-4.2, 4.2), ylim=(-0.22, 1.75), ylabel="density")
    upper.axhline(1, color=FAINT, lw=0.9, ls=":")
    lower.set(ylim=(-11, 17), xlabel="action $a$", ylabel="score")
    lower.axhline(0, color=INK, lw=0.9)
    bell = empty_band(upper)
    below = marks(upper, INK, "|", ms=7)
    by_mu, by_sigma = curve(lower, TRUTH), curve(lower, CONTRAST)
    dots = marks(lower, TRUTH, ms=4.5), marks(lower, CONTRAST, "s", ms=4)
    names = (
        (r"$ψ_μ = a/σ^2$", TRUTH),
        (r"$ψ_{\log\,σ} = a^2/σ^2 - 1$", CONTRAST),
    )
    lines_of_text(lower, (-4.05, 14), 3.2, *names)
    grid = np.linspace(-4.2, 4.2, 113)

    def draw(rng, sigma):
        policy = Gaussian([0, math.log(sigma)])
        actions = policy.sample(SCORE_SAMPLES, rng)
        bell.set_data(grid, np.zeros_like(grid), np.exp(policy.log_density(grid)))
        below.set_data(actions, np.full_like(actions, -0.1))
        within = np.where(np.abs(grid) <= 3 * sigma, grid, np.nan)
        scores = policy.score(actions)
        for column, (line, marked) in enumerate(zip((by_mu, by_sigma), dots, strict=True)):
            line.set_data(within, policy.score(grid)[:, column])
            marked.set_data(actions, scores[:, column])
        size = np.sqrt((scores**2).mean(axis=0))
        return (
            f"At σ = {sigma:g} the scores of these {SCORE_SAMPLES} actions have the root mean "
            f"square {size[0]:.2f} by μ (exact 1/σ = {1 / sigma:g}) and {size[1]:.2f} by log σ "
            "(exact √2)."
        )

    return draw


def share_above_zero(policy: SquashedGaussian) -> float:
    """P(log pi(a) > 0) for the squashed Gaussian, from 20 000 equal slices of its noise."""
    levels = (np.arange(20_000) + 0.5) / 20_000
    z = ndtri(levels[10_000:])
    u = policy.location + policy.scale * np.concatenate([-z[::-1], z])
    # log(1 - tanh^2 u), written so that nothing is rounded to 0 for a large u
    log_slope = 2 * (math.log(2) - np.abs(u) - np.log1p(np.exp(-2 * np.abs(u))))
    return float((Gaussian(policy.theta).log_density(u) - log_slope > 0).mean())


def clipped_score_mean(mu, sigma: float, low: float, high: float) -> np.ndarray:
    """E[(clip(a) - mu) / sigma^2] for a ~ N(mu, sigma^2) clipped to [low, high].

    The Gaussian score, wrongly taken at the clipped action (``eq:clipped-score``).
    """
    z1, z2 = ((limit - np.asarray(mu, dtype=float)) / sigma for limit in (low, high))
    inside = norm.pdf(z1) - norm.pdf(z2)
    return (z1 * ndtr(z1) + inside + z2 * ndtr(-z2)) / sigma


CLIP_MEANS = np.linspace(-2, 2, 9)
CLIP_SAMPLES = 40


@picture(
    title="Scored at the clipped action, the mean is not 0",
    caption="The mean of the Gaussian score over μ, taken at the raw action and at the clipped "
    "one.",
    alt="The mean of the Gaussian score against the mean mu of the policy. Taken at the raw action "
    "it is 0. Taken at the clipped action it falls from positive to negative values, the more "
    "steeply the tighter the clip. Monte Carlo points with 95 percent intervals lie on the curve.",
    limit="actions are clipped to [−c, c] with c",
)
def clipped_score(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-2.3, 2.3), ylim=(-2.6, 2.6), xlabel="mean $μ$ of the Gaussian ($σ = 1$)")
    axes.set_ylabel("mean of the score")
    axes.axhline(0, color=TRUTH, lw=1.6)
    fine = np.linspace(-2.3, 2.3, 61)
    clipped = curve(axes, CONTRAST)
    sampled = Intervals(axes, CLIP_MEANS, lw=1.6)
    names = (
        ("score of the raw action: 0", TRUTH),
        ("score at the clipped action, exact", CONTRAST),
        (f"{CLIP_SAMPLES} samples, 95 % intervals", ESTIMATE),
    )
    lines_of_text(axes, (2.25, 2.2), 0.4, *names, ha="right")

    def draw(rng, limit):
        clipped.set_data(fine, clipped_score_mean(fine, 1.0, -limit, limit))
        raw = CLIP_MEANS + rng.standard_normal((CLIP_SAMPLES, len(CLIP_MEANS)))
        sampled.estimate(np.clip(raw, -limit, limit) - CLIP_MEANS)
        bias = float(clipped_score_mean(1.0, 1.0, -limit, limit))
        return (
            f"With actions clipped to [−{limit:g}, {limit:g}] the mean score at μ = 1 is "
            f"{signed(bias, 3)}. It should be 0."
        )

    return draw


class _Race:
    """Two rows of one axes: both estimates of one derivative, with their exact standard errors."""

    def __init__(self, axes: Axes, reach: tuple[float, float], n: int):
        self.axes, self.reach, self.n = axes, reach, n
        axes.set(xlim=reach, ylim=(-0.6, 2.9), xlabel=r"derivative of $\mathbb{E}\,f(a)$ by $μ$")
        axes.set_yticks([1, 0], ["score", "pathwise"])
        axes.locator_params(axis="x", nbins=5)
        self.bands = [curve(axes, GRID, lw=11, solid_capstyle="butt") for _ in "ab"]
        self.truth = curve(axes, TRUTH)
        self.rows = [Row(axes, y, reach) for y in (1, 0)]
        left = reach[0] + 0.01 * (reach[1] - reach[0])
        axes.text(left, 2.4, r"grey: exact value $\pm 2$ exact standard errors", color=FAINT)
        axes.text(left, 1.75, f"{n} samples, 95 % interval", color=ESTIMATE)
        right = reach[1] - 0.01 * (reach[1] - reach[0])
        axes.text(right, 1.75, "line: exact", color=TRUTH, ha="right")

    def show(self, truth: float, second_moments, samples) -> list[float]:
        """Draw both; the two exact standard errors."""
        self.truth.set_data([truth, truth], [-0.6, 1.45])
        errors = [
            math.sqrt(max(second - truth**2, 0) / self.n) if math.isfinite(second) else math.inf
            for second in second_moments
        ]
        for row, (error, rows) in enumerate(zip(errors, samples, strict=True)):
            y = 1 - row
            left, right = np.clip([truth - 2 * error, truth + 2 * error], *self.reach)
            self.bands[row].set_data([left, right], [y, y])
            self.rows[row].estimate(rows)
        return errors


def _reward_over_race(figure: Figure, xlim, ylabel: str):
    """A panel of reward and density above an empty one: (density, reward, dots, lower axes)."""
    upper, lower = figure.subplots(2, 1, height_ratios=(5, 4))
    upper.set(xlim=xlim, ylim=(-1.15, 2.15), xlabel="action $a$", ylabel=ylabel)
    upper.set_yticks([-1, 0, 1])
    mass = empty_band(upper)
    reward = curve(upper, INK)
    dots = marks(upper, ESTIMATE, ms=3)
    names = (("reward $f(a)$", INK), ("sampled actions", ESTIMATE))
    lines_of_text(upper, (xlim[1], 1.82), 0.4, *names, ha="right")
    upper.text(xlim[0] + 0.02 * (xlim[1] - xlim[0]), 1.82, "grey: density of $a$", color=FAINT)
    return mass, reward, dots, lower


def wave_law(k: float, mu: float, sigma: float) -> tuple[float, float, float]:
    """d/dmu E cos(k a) for a ~ N(mu, sigma^2), and E of the squared score and pathwise samples.

    (``eq:gauss-pg-cos``, ``eq:cos-second-moments``)
    """
    damp = math.exp(-2 * (k * sigma) ** 2) * math.cos(2 * k * mu)
    slope = -k * math.sin(k * mu) * math.exp(-((k * sigma) ** 2) / 2)
    score = (1 + (1 - 4 * (k * sigma) ** 2) * damp) / (2 * sigma**2)
    return slope, score, k**2 * (1 - damp) / 2


WAVE_MEAN, WAVE_SAMPLES = 0.5, 40


@picture(
    title="The wigglier the reward, the noisier its slope",
    caption="The reward cos(ka), and two estimates of the derivative of its mean.",
    alt="Upper panel: the reward cos(k a) and the bell of the policy. Lower panel: score and "
    "pathwise estimates of the derivative with 95 percent intervals, a line at the exact value, "
    "and grey bands of two exact standard errors. The pathwise band grows with k.",
    size=(5.4, 4.8),
    k="number k in the reward cos(k a)",
    sigma="standard deviation σ",
)
def wiggly_reward(figure: Figure):
    mass, reward, dots, lower = _reward_over_race(figure, (-2, 3), "reward")
    race = _Race(lower, (-3.6, 2.8), WAVE_SAMPLES)
    grid = np.linspace(-2, 3, 161)

    def draw(rng, k, sigma):
        bell = norm.pdf((grid - WAVE_MEAN) / sigma)
        mass.set_data(grid, np.full_like(grid, -1.15), -1.15 + 2.2 * bell)
        z = rng.standard_normal(WAVE_SAMPLES)
        actions = WAVE_MEAN + sigma * z
        reward.set_data(grid, np.cos(k * grid))
        dots.set_data(actions, np.cos(k * actions))
        slope, *seconds = wave_law(k, WAVE_MEAN, sigma)
        samples = z / sigma * np.cos(k * actions), -k * np.sin(k * actions)
        errors = race.show(slope, seconds, samples)
        return (
            f"At k = {k:g}, σ = {sigma:g} the exact derivative is {signed(slope)}. One sample has "
            f"the standard deviation {errors[0] * math.sqrt(WAVE_SAMPLES):.2f} in the score form "
            f"and {errors[1] * math.sqrt(WAVE_SAMPLES):.2f} in the pathwise form."
        )

    return draw


def ramp_law(width: float, mu: float, sigma: float) -> tuple[float, float, float]:
    """d/dmu E Phi(a / width) for a ~ N(mu, sigma^2), and E of both squared samples.

    At width 0 the reward is 1{a > 0}. (``eq:probit-squash``, ``eq:sharp-step``; the score form by
    quadrature, 4000 slices of the noise)
    """
    total = math.hypot(width, sigma)
    slope = float(norm.pdf(mu / total)) / total
    z = np.linspace(-8, 8, 4001)
    heights = ramp(mu + sigma * z, width)
    score = float((z**2 * heights**2 * norm.pdf(z)).sum() * (z[1] - z[0])) / sigma**2
    if width == 0:
        return slope, score, 0.0
    wide = width**2 + 2 * sigma**2
    return slope, score, math.exp(-(mu**2) / wide) / (2 * math.pi * width * math.sqrt(wide))


def ramp(actions, width: float) -> np.ndarray:
    """Phi(a / width), the smoothed step; at width 0 the step 1{a > 0}."""
    actions = np.asarray(actions, dtype=float)
    return ndtr(actions / width) if width else (actions > 0).astype(float)


RAMP_MEAN, RAMP_SAMPLES = 0.5, 100


@picture(
    title="The steeper the step, the rarer its slope is met",
    caption="A reward that rises on a ramp of width w, and two estimates of the derivative of "
    "its mean.",
    alt="Upper panel: a reward that rises from 0 to 1 on a ramp of adjustable width, and the bell "
    "of the policy. Lower panel: score and pathwise estimates of the derivative with intervals and "
    "the exact value. As the ramp narrows the pathwise band widens; at width 0 it sits at 0.",
    size=(5.4, 4.8),
    width="width w of the ramp",
)
def sharp_step(figure: Figure):
    mass, reward, dots, lower = _reward_over_race(figure, (-3, 4), "reward")
    race = _Race(lower, (-0.7, 1.4), RAMP_SAMPLES)
    grid = np.unique(np.concatenate([np.linspace(-3, 4, 81), np.linspace(-0.3, 0.3, 61), [1e-6]]))
    bell = norm.pdf(grid - RAMP_MEAN)

    def draw(rng, width):
        mass.set_data(grid, np.full_like(grid, -1.15), -1.15 + 2.2 * bell)
        z = rng.standard_normal(RAMP_SAMPLES)
        actions = RAMP_MEAN + z
        reward.set_data(grid, ramp(grid, width))
        dots.set_data(actions, ramp(actions, width))
        slope, *seconds = ramp_law(width, RAMP_MEAN, 1.0)
        slopes = norm.pdf(actions / width) / width if width else np.zeros(RAMP_SAMPLES)
        errors = race.show(slope, seconds, (z * ramp(actions, width), slopes))
        met = int((np.abs(actions) < 2 * width).sum())
        if not width:
            return (
                f"The reward is a step: its slope is 0 wherever there is one. The pathwise form "
                f"returns 0, without any noise. The truth is {slope:.3f}."
            )
        return (
            f"At w = {width:g}, {met} of {RAMP_SAMPLES} actions lie on the ramp (within 2w of 0). "
            f"The standard errors are {errors[0]:.3f} (score) and {errors[1]:.3f} (pathwise)."
        )

    return draw


EDGE_RUN = 20_000


def edge_score(x, shape: float) -> np.ndarray:
    """The score -p'(x)/p(x) of the location of a shifted Beta(shape, shape)."""
    return -(shape - 1) * (1 - 2 * x) / (x * (1 - x))


@picture(
    title="Edges must be soft; softer for a finite variance",
    caption="The density of an action between two edges of softness n, and the running mean of "
    "an estimate.",
    alt="Upper panel: the density of an action between two edges; for n = 1 a box, for larger n "
    "ever softer at the edges. Lower panel: the running mean of the score-form estimate against "
    "the number of samples. For n = 1 it is 0, for n up to 2 rare actions make it jump, above 2 "
    "it closes in on 1.",
    size=(5.4, 4.8),
    shape="softness n of the edges",
)
def soft_edges(figure: Figure):
    upper, lower = figure.subplots(2, 1, height_ratios=(2, 3))
    upper.set(xlim=(-0.25, 1.25), ylim=(0, 2.6), xlabel=r"$a - θ$", ylabel="density")
    lower.set(xscale="log", xlim=(10, EDGE_RUN), ylim=(-0.6, 3.2), xlabel="number of samples")
    lower.set_ylabel("mean so far")
    grid = np.concatenate([[-0.25, 0], np.linspace(1e-6, 1 - 1e-6, 81), [1, 1.25]])
    inside = (grid > 0) & (grid < 1)
    steps = np.unique(np.geomspace(10, EDGE_RUN, 140).astype(int))
    density = curve(upper, TRUTH)
    band = empty_band(lower)
    lower.axhline(1, color=TRUTH, lw=1.6)
    run = curve(lower, ESTIMATE, lw=1.3)
    names = (("one run of the estimate", ESTIMATE), ("exact derivative: 1", TRUTH))
    lines_of_text(lower, (18_500, 2.75), 0.4, *names, ha="right")
    note = lower.text(18_500, -0.42, "", color=FAINT, ha="right")

    def draw(rng, shape):
        heights = np.zeros_like(grid)
        heights[inside] = beta.pdf(grid[inside], shape, shape)
        density.set_data(grid, heights)
        actions = rng.beta(shape, shape, size=EDGE_RUN)
        means = np.cumsum(actions * edge_score(actions, shape)) / np.arange(1, EDGE_RUN + 1)
        shown = means[steps - 1]
        run.set_data(steps, np.where(np.abs(shown - 1.1) < 1.6, shown, np.nan))
        if shape <= 2:
            band.set_data([10, 10], [1, 1], [1, 1])
            note.set_text("no band: the variance is infinite" if shape > 1 else "")
        else:
            error = np.sqrt(location_variance(shape) / steps)
            band.set_data(steps, np.maximum(1 - 2 * error, -0.6), np.minimum(1 + 2 * error, 2.2))
            note.set_text(r"band: $\pm 2$ exact standard errors")
        return edge_reading(shape, means[-1])

    return draw


def edge_reading(shape: float, mean: float) -> str:
    """What the run of ``soft_edges`` shows, in words."""
    if shape == 1:
        return "A box: the score is 0 wherever there is one. Every estimate is 0; the truth is 1."
    size = "infinite" if shape <= 2 else f"{location_variance(shape):.1f}"
    return (
        f"At n = {shape:g} the estimate is right on average; the variance of one sample is "
        f"{size}. After {EDGE_RUN // 1000} 000 samples the mean is {mean:.2f}."
    )


def location_variance(shape: float) -> float:
    """Var(a psi) at theta = 0 for a = theta + Beta(shape, shape) with shape > 2.

    E[a^2 psi^2] = 2 (n-1) (2n-1) / (n-2) - 2 (n-1), and the mean is 1.
    """
    return 2 * (shape - 1) * ((2 * shape - 1) / (shape - 2) - 1) - 1


REGULATOR = lqr.LQR(gamma=0.5, noise_variance=0.25)  # the one of the chapter
GAINS = np.array([-2.5, -2.0, -1.5, -1.0, -0.5, 0.0])
NOISE_HORIZON, NOISE_ROLLOUTS = 10, 100
CUT = 8  # intervals are cut here; the labels stand above


def regulator_gradient(gain: float, sigma: float) -> float:
    """dJ_10/dtheta of ``REGULATOR`` under the policy theta s + sigma z (``eq:lqr``)."""
    policy = lqr.LinearGaussianPolicy(gain, sigma)
    return lqr.policy_gradient(REGULATOR, policy, NOISE_HORIZON)


def regulator_estimates(gain: float, sigma: float, rng: np.random.Generator) -> np.ndarray:
    """(mean, standard error) of the score form and of the pathwise form, [2, 2]."""
    policy = lqr.LinearGaussianPolicy(float(gain), sigma)
    runs = lqr.simulate(REGULATOR, policy, NOISE_ROLLOUTS, NOISE_HORIZON, rng)
    forms = (lqr.score_gradient, lqr.reparameterised_gradient)
    found = [form(runs, REGULATOR, policy) for form in forms]
    return np.array([(float(e.mean), float(e.standard_error)) for e in found])


@picture(
    title="The regulator with much noise and with little",
    caption="The regulator: its exact gradient over the feedback gain, and two estimates of it.",
    alt="The exact gradient of the linear-quadratic regulator against the feedback gain theta, "
    "with score estimates and pathwise estimates and their 95 percent intervals. For little "
    "exploration noise the score intervals become huge; the pathwise ones stay small.",
    sigma="exploration noise σ",
)
def quiet_policy(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-2.75, 0.25), ylim=(-CUT, 13), xlabel="feedback gain $θ$")
    axes.set_ylabel(r"$\mathrm{d}J_{10}/\mathrm{d}θ$")
    axes.set_xticks([-2.5, -2, -1.5, -1, -0.5, 0])
    axes.set_yticks([-5, 0, 5])
    fine = np.linspace(-2.75, 0.25, 61)
    gradient = curve(axes, TRUTH)
    forms = [
        Intervals(axes, GAINS + shift, colour, lw=1.8)
        for shift, colour in ((-0.035, ESTIMATE), (0.035, SAFE))
    ]
    names = (
        ("exact", TRUTH),
        ("score form, 100 trajectories, 95 %", ESTIMATE),
        ("pathwise form, the same trajectories", SAFE),
    )
    lines_of_text(axes, (0.22, 11.7), 1.5, *names, ha="right")

    def draw(rng, sigma):
        gradient.set_data(fine, [regulator_gradient(gain, sigma) for gain in fine])
        found = np.array([regulator_estimates(gain, sigma, rng) for gain in GAINS])
        for form, (means, errors) in zip(forms, found.transpose(1, 2, 0), strict=True):
            low, high = np.clip(confidence_interval(means, errors), -CUT, CUT)
            form.show(means, low, high, shown=np.abs(means) < CUT)
        score, path = found[list(GAINS).index(-1.0), :, 1]
        return (
            f"At σ = {sigma:g} and θ = −1 the standard errors are {score:.2f} (score) and "
            f"{path:.2f} (pathwise)."
        )

    return draw
