"""Pictures of chapter 3: what the past tells, what survives, where the formula breaks, tails."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import binom

from utils.common.statistics import confidence_interval, mean_and_standard_error
from utils.common.words import plain, signed
from utils.exact.single_rewards import pair_means, series_tail
from utils.explorer.picture import picture
from utils.explorer.style import (
    CONTRAST,
    ESTIMATE,
    FAINT,
    INK,
    SAFE,
    SHORT_DASHED,
    TRUTH,
)
from utils.figures.instruments import Intervals, Stems, curve, empty_band, lines_of_text
from utils.model import examples
from utils.model.policies import TabularSoftmax
from utils.sampling.rollouts import simulate


@picture(
    title="The past shapes the score, its mean stays 0",
    caption="The law of the score at time 1, given each value of the reward at time 0.",
    alt="Two laws of the score at time 1, one for each value of the first reward, as vertical "
    "lines on four values. Their shapes differ; a marker shows that both have mean 0.",
    kernel="kernel entry P(1|0,1)",
    p1="policy p₁ = π(1|1)",
)
def past_shapes_the_score(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-1, 1), ylim=(-1.15, 1.15), xlabel=r"score $\psi_1 = a_1 - p(s_1)$")
    axes.set_ylabel("probability")
    axes.set_xticks([-1, -0.5, 0, 0.5, 1])
    axes.set_yticks([-0.5, 0, 0.5], ["0.5", "0", "0.5"])
    axes.axhline(0, color=INK, lw=0.8)
    above, below = (Stems(axes, colour) for colour in (TRUTH, CONTRAST))
    axes.plot([0, 0], [0.05, -0.05], "d", color=SAFE, ms=7, ls="none")
    axes.text(0.06, 0.08, "means", color=SAFE)
    upper = axes.text(-0.97, 1.0, "", color=TRUTH)
    lower = axes.text(-0.97, -1.08, "", color=CONTRAST)
    tables = examples.running_tables()
    p0, to_one = float(tables.p[0]), float(tables.P[0][0][1])

    def draw(rng, kernel, p1):
        atoms = np.array([-p0, 1 - p0, -p1, 1 - p1])
        laws = {}
        for reward, one in ((0, kernel), (1, to_one)):  # the reward 0 is paid for action 1
            laws[reward] = np.array(
                [(1 - one) * (1 - p0), (1 - one) * p0, one * (1 - p1), one * p1]
            )
        above.show(atoms, laws[0])
        below.show(atoms, -laws[1])
        spreads = [float(np.sqrt(laws[r] @ atoms**2)) for r in (0, 1)]
        upper.set_text(f"given $r_0 = 0$: mean 0, standard deviation {spreads[0]:.3f}")
        lower.set_text(f"given $r_0 = 1$: mean 0, standard deviation {spreads[1]:.3f}")
        same = "the same" if kernel == to_one else "different"
        return (
            f"With P(1|0,1) = {kernel:g} and p₁ = {p1:g} the two laws are {same}. Both have mean 0."
        )

    return draw


GRID_STEPS = 6


@picture(
    title="Below the diagonal there is only noise",
    caption="Mean products of the score at time t and the reward at time k: sampled (filled) "
    "and exact (open).",
    alt="A triangle of discs: row t is the time of a score, column k the time of a reward. Filled "
    "discs are estimates of their mean product, open circles the exact values. Below the diagonal "
    "the exact values are 0, and the filled discs shrink as the number of trajectories grows.",
    size=(5.4, 4.2),
    trajectories="trajectories N",
)
def past_is_noise(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-0.6, 5.6), ylim=(6.4, -0.6), xlabel="time $k$ of the reward")
    axes.set_ylabel("time $t$ of the score")
    axes.set_yticks(range(GRID_STEPS))
    axes.grid(False)
    axes.plot([-0.5, 5], [0, 5.5], color=FAINT, lw=1)
    axes.text(3.62, 4.72, "$k < t$", color=FAINT, ha="right")
    times = np.arange(GRID_STEPS)
    k, t = (x.ravel() for x in np.meshgrid(times, times))
    mdp = examples.running()
    policy = examples.shared_logit(TabularSoftmax(np.log([[0.6, 0.4], [0.2, 0.8]])), 1)
    pi, score = policy.probabilities, policy.scores[:, :, 0]
    exact_means = pair_means(mdp, pi, score, mdp.R, GRID_STEPS).ravel()
    unclear, clear = (axes.scatter(k, t, s=1 + 0 * k, color=c, lw=0) for c in (FAINT, ESTIMATE))
    axes.scatter(k, t, s=area(exact_means), facecolors="none", edgecolors=TRUTH, lw=1.3)
    axes.text(-0.5, 6.3, "interval contains 0", color=FAINT)
    axes.text(2.05, 6.3, "does not contain 0", color=ESTIMATE)
    axes.text(4.55, 6.3, "exact", color=TRUTH)

    def draw(rng, trajectories):
        rollouts = simulate(mdp, policy, int(trajectories), GRID_STEPS, rng)
        psi = score[rollouts.states, rollouts.actions]
        products = (psi[:, None, :] * rollouts.rewards[None, :, :]).reshape(-1, rollouts.n)
        means, errors = mean_and_standard_error(products.T)
        low, high = confidence_interval(means, errors)
        found = (low > 0) | (high < 0)
        for discs, chosen in ((unclear, ~found), (clear, found)):
            discs.set_sizes(area(means) * chosen)
        past = k < t
        return (
            f"With {int(trajectories)} trajectories {found[past].sum()} of the {past.sum()} "
            f"intervals below the diagonal miss the exact 0; on and above it "
            f"{found[~past].sum()} of {(~past).sum()} exclude 0."
        )

    return draw


def area(values: np.ndarray) -> np.ndarray:
    """Disc areas in square points, proportional to the absolute values."""
    return 1400 * np.abs(values)


PEEKING_SHARES = np.array([0, 0.25, 0.5, 0.75, 1])
PEEKING_ROLLOUTS = 1000


@picture(
    title="A reward that peeks loses its gradient",
    caption="Two steps in which a share of the rewards is paid for the action after them: the "
    "gradient, and what the reward-to-go formula gives.",
    alt="The gradient against the share of rewards that are paid for the next action: the true "
    "gradient is a level line, the reward-to-go formula falls to 0; estimates with intervals "
    "follow the formula.",
    p="policy p",
)
def peeking_reward(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-0.04, 1.04), ylim=(-0.06, 0.36), ylabel="gradient")
    axes.set_xlabel("share of rewards $r_0$ paid for $a_1$ instead of $a_0$")
    axes.axhline(0, color=INK, lw=0.8)
    true_line = curve(axes, TRUTH)
    formula = curve(axes, CONTRAST, ls=SHORT_DASHED)
    sampled = Intervals(axes, PEEKING_SHARES)
    true_label = axes.text(1.03, 0, "true gradient", color=TRUTH, ha="right", va="bottom")
    axes.text(0, -0.045, f"{PEEKING_ROLLOUTS} trajectories, 95 % intervals", color=ESTIMATE)
    axes.text(0, 0.325, "reward-to-go formula", color=CONTRAST)

    def draw(rng, p):
        true = p * (1 - p)
        actions = rng.random((2, PEEKING_ROLLOUTS)) < p
        peeks = rng.random(PEEKING_ROLLOUTS) < PEEKING_SHARES[:, None]
        rewards = np.where(peeks, actions[1], actions[0])
        mean = sampled.estimate((rewards * (actions[0] - p)).T)
        true_line.set_data([0, 1], [true, true])
        formula.set_data([0, 1], [true, 0])
        true_label.set_position((1.03, true + 0.005))
        return (
            f"At p = {p:g} the true gradient is {true:.4f} for every share. "
            f"If every reward peeks the formula gives 0, and the estimate is {signed(mean[-1], 3)}."
        )

    return draw


WALK_STEPS, WALKS = 60, 8


@picture(
    title="With the past the sum wanders, without it it settles",
    caption="Eight sampled values of the estimator over the horizon, with the rewards of the "
    "past and without them.",
    alt="Upper panel: eight sample paths of the return times the score sum wander off inside a "
    "band that widens with the horizon. Lower panel: the same trajectories without the past terms "
    "settle inside a band that stops widening.",
    size=(5.4, 4.8),
    gamma="discount γ",
    p="policy p",
)
def step_one_diverges(figure: Figure):
    panels = figure.subplots(2, 1, sharex=True)
    panels[0].set(ylabel=r"$(1-γ)\,G_0^T M_T$")
    panels[1].set(xlabel="horizon $T$", ylabel=r"$(1-γ)\sum_{t<T} γ^t ψ_t G_t^T$")
    for axes in panels:
        axes.set(xlim=(0, WALK_STEPS), ylim=(-10.5, 10.5))
    bands = [empty_band(axes) for axes in panels]
    paths = [[curve(axes, ESTIMATE, lw=0.9) for _ in range(WALKS)] for axes in panels]
    panels[0].text(1.5, 8.3, r"band: $\pm 2$ exact standard deviations", color=FAINT)
    panels[1].text(1.5, 8.3, f"{WALKS} sampled values in each panel", color=ESTIMATE)
    horizons = np.arange(WALK_STEPS + 1)

    def draw(rng, gamma, p):
        psi = (rng.random((WALK_STEPS, WALKS)) < p) - p
        sums = np.cumsum(psi, axis=0)
        discounts = gamma ** horizons[:-1, None]
        total = (1 - gamma ** horizons[1:, None]) * sums
        to_go = (1 - gamma) * np.cumsum(discounts * sums, axis=0)
        variances = constant_reward_variances(gamma, p, WALK_STEPS)
        for band, variance in zip(bands, variances, strict=True):
            spread = 2 * (1 - gamma) * np.sqrt(variance)
            band.set_data(horizons, -spread, spread)
        for lines, values in zip(paths, (total, to_go), strict=True):
            for n in range(WALKS):
                lines[n].set_data(horizons, np.concatenate([[0], values[:, n]]))
        with_past, without = (float((1 - gamma) ** 2 * v[-1]) for v in variances)
        return (
            f"At γ = {gamma:g} and p = {p:g} the variances of the drawn sums at "
            f"T = {WALK_STEPS} are {with_past:.3g} with the past and {without:.3g} without it."
        )

    return draw


def constant_reward_variances(gamma: float, p: float, horizon: int) -> np.ndarray:
    """Variances of G_0^T M_T and of sum_{t<T} gamma^t psi_t G_t^T, T = 0, ..., horizon: [2, T+1].

    One state, every reward 1, pi(1) = p, so that G_t^T = (1 - gamma^{T-t}) / (1 - gamma) and the
    scores a - p are independent with variance p(1-p).
    """
    T = np.arange(horizon + 1)
    discounts = gamma**T
    total = T * (1 - discounts) ** 2
    to_go = np.array([((discounts[:n] - discounts[n]) ** 2).sum() for n in T])
    return p * (1 - p) / (1 - gamma) ** 2 * np.array([total, to_go])


@picture(
    title="For p near 1 the bound is sharp",
    caption="What is missing of the gradient after T steps in the survival chain, and two "
    "expressions for a bound.",
    alt="The missing part of the gradient of the survival chain against the horizon, on a "
    "logarithmic scale, with the bound that has the factor T and the expression that lacks it. "
    "For p near 1 the exact curve runs along the first and above the second.",
    gamma="discount γ",
    p="survival probability p",
)
def tail_and_bounds(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(0, 100), ylim=(-6, 2.4), xlabel="horizon $T$")
    axes.set_ylabel(r"$\log_{10}$ of $(1-γ)^2\,|\nabla J - \nabla J_T|$")
    bound = curve(axes, SAFE, lw=3.4)
    short = curve(axes, CONTRAST, ls=SHORT_DASHED)
    tail = curve(axes, TRUTH)
    names = (
        ("bound of the corollary", SAFE),
        ("the same without the factor $T$", CONTRAST),
        ("survival chain, exact", TRUTH),
    )
    lines_of_text(axes, (99, 1.9), 0.6, *names, ha="right")
    horizons = np.arange(101)

    def draw(rng, gamma, p):
        exact_tail = series_tail(gamma * p, horizons) * (1 - gamma) ** 2
        allowed = series_tail(gamma, horizons) * (1 - gamma) ** 2
        without = gamma**horizons
        for line, values in ((tail, exact_tail), (bound, allowed), (short, without)):
            line.set_data(horizons, np.log10(values))
        share, excess = exact_tail[50] / allowed[50], exact_tail[50] / without[50]
        return (
            f"At T = 50 the chain with p = {p:g} reaches {100 * share:.3g} % of the bound; "
            f"it is {excess:.3g} times the expression without the factor T."
        )

    return draw


P_STOP, STEP_PRIZES = 0.5, np.linspace(0, 3, 7)
STEP_BATCHES = 400


@picture(
    title="Divide by the number of steps and the sign can turn",
    caption="Two kinds of mean of the same batch: over trajectories, and over all their steps.",
    alt="A gradient coordinate against the prize of the longer episode. The straight line is the "
    "true gradient over the mean length; the dashed curve, a mean over steps, crosses zero later. "
    "With more trajectories in the batch the two approach each other.",
    trajectories="trajectories in a batch",
)
def mean_over_steps(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-0.1, 3.1), ylim=(-0.42, 0.32), xlabel="mean prize of the longer episode")
    axes.set_ylabel("coordinate of the first state")
    axes.axhline(0, color=INK, lw=0.8)
    prizes = np.linspace(0, 3, 31)
    mean_length = 1 + (1 - P_STOP)
    over_steps = curve(axes, CONTRAST, ls=SHORT_DASHED)
    axes.plot(prizes, P_STOP * (1 - P_STOP) * (1 - prizes) / mean_length, color=TRUTH)
    sampled = Intervals(axes, STEP_PRIZES)
    names = (
        ("true gradient / mean length", TRUTH),
        ("mean over all steps of a batch, exact", CONTRAST),
        (f"{STEP_BATCHES} batches, 95 % intervals", ESTIMATE),
    )
    lines_of_text(axes, (0, -0.27), 0.05, *names)

    def draw(rng, trajectories):
        batch = int(trajectories)
        over_steps.set_data(prizes, step_mean(batch, P_STOP, prizes))
        stops = rng.random((STEP_BATCHES, batch)) < P_STOP
        stopped = stops.sum(axis=1)[:, None]
        gains = stopped * (1 - P_STOP) - (batch - stopped) * P_STOP * STEP_PRIZES
        sampled.estimate(gains / (2 * batch - stopped))
        zero = np.interp(0, -step_mean(batch, P_STOP, prizes), prizes)
        return (
            f"With {batch} {'trajectory' if batch == 1 else 'trajectories'} in a batch the mean "
            f"over steps changes its sign at prize {plain(float(zero), 2)}, the gradient at 1."
        )

    return draw


def step_mean(batch: int, p: float, prize: np.ndarray) -> np.ndarray:
    """E[sum of psi_0 G_0 over the batch / number of its steps], gamma = 1.

    An episode stops at once with probability p and pays 1, or takes a second step with mean prize
    ``prize``. The number of episodes that stop at once is binomial.
    """
    counts = np.arange(batch + 1)
    stopped = counts[:, None]
    gains = stopped * (1 - p) - (batch - stopped) * p * prize
    return binom.pmf(counts, batch, p) @ (gains / (2 * batch - stopped))
