"""Pictures of chapter 7: what dropping gamma^t does to sign, goal, field and samples."""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib.figure import Figure
from scipy.special import expit

from utils import exact
from utils.common.statistics import confidence_interval, mean_and_standard_error
from utils.common.words import plain, signed, small
from utils.exact.average_reward import average_reward_gradient
from utils.exact.dropped_discount import (
    angle_to_gradient,
    direction_without_gamma_t,
    effective_steps,
)
from utils.explorer import Choice, picture
from utils.explorer.style import (
    CONTRAST,
    DASHED,
    DOTTED,
    ESTIMATE,
    FAINT,
    INK,
    LEVEL,
    SAFE,
    TRUTH,
)
from utils.figures.instruments import Intervals, curve, empty_band, lines_of_text, marks
from utils.model import examples
from utils.model.mdp import FiniteMDP
from utils.model.policies import LinearSoftmax, TabularSoftmax
from utils.sampling.rollouts import simulate

GAIN, COSTS, COIN_ROLLOUTS = 3.0, np.linspace(0.5, 7.5, 8), 400


def two_coin_samples(
    cost: float, gamma: float, n: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """n samples of both estimators of dJ/dp, with and without gamma^t, [n] each (``eq:sign-flip``).

    One coin with p = 1/2 decides twice: a_0 = 1 pays ``GAIN``, a_1 = 1 costs ``cost``. The score a
    - p by the logit is divided by p (1 - p) = 1/4.
    """
    first, second = rng.random((2, n)) < 0.5
    later = -cost * second
    now = GAIN * first + gamma * later
    scores = 4 * (np.array([first, second]) - 0.5)
    return scores[0] * now + gamma * scores[1] * later, scores[0] * now + scores[1] * later


def side_by_side(places: np.ndarray, shift: float) -> np.ndarray:
    """Each place twice, a little to its left and a little to its right, [2K]."""
    return (np.asarray(places)[:, None] + np.array([-shift, shift])).ravel()


@picture(
    title="Without γᵗ the sign can flip",
    caption="Two coins with one parameter: the slope of the objective over the cost y, with γᵗ "
    "and without.",
    alt="Two falling lines over the cost y: the true slope x - gamma y and the steeper x - y that "
    "is left without gamma^t. Between their zeros, in a shaded band, they have opposite signs. "
    "Estimates with 95 percent intervals follow each line.",
    gamma="discount γ",
)
def signs_part(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(0, 8), ylim=(-7, 7.6), xlabel="cost $y$ of action 1 at time 1")
    axes.set_ylabel(r"$\mathrm{d}/\mathrm{d}p$")
    axes.axhline(0, color=INK, lw=0.8)
    band = empty_band(axes)
    costs = np.array([0.0, 8.0])
    true_line = curve(axes, TRUTH)
    axes.plot(costs, GAIN - costs, color=CONTRAST, ls=DASHED)
    sampled = Intervals(axes, side_by_side(COSTS, 0.07), lw=1.3, paired=True)
    names = ((r"with $γ^t$: the true slope $3-γ\,y$", TRUTH), ("without: $3-y$", CONTRAST))
    lines_of_text(axes, (7.9, 6.7), 0.9, *names, ha="right")
    axes.text(0.1, -6.6, f"{COIN_ROLLOUTS} trajectories, 95 %", color=ESTIMATE)
    axes.text(7.9, 4.9, "shaded: opposite signs", color=FAINT, ha="right")

    def draw(rng, gamma):
        end = min(GAIN / gamma, 8.0) if gamma else 8.0
        band.set_data([GAIN, end], [-7, -7], [4.4, 4.4])
        true_line.set_data(costs, GAIN - gamma * costs)
        pairs = [two_coin_samples(cost, gamma, COIN_ROLLOUTS, rng) for cost in COSTS]
        sampled.estimate(np.concatenate(pairs).T)
        where = f"3 < y < {plain(GAIN / gamma, 2)}" if gamma else "every y above 3"
        return (
            f"At γ = {gamma:g} the two slopes have opposite signs for {where}. "
            f"At y = 4 the true slope is {signed(GAIN - 4 * gamma)}, without the factor −1.00."
        )

    return draw


ASCENT_STEPS, NOISY_STEPS, NOISY_RUNS, NOISY_BATCH = 4000, 300, 4, 20


@cache
def exact_ascent(slope: float, steps: int) -> np.ndarray:
    """p after 0, ..., ``steps`` steps theta += slope p (1 - p) from theta = 0, [steps + 1].

    theta is the logit of p and the step size is 1 (``eq:worst-policy``).
    """
    p, theta = np.empty(steps + 1), 0.0
    for k in range(steps + 1):
        p[k] = expit(theta)
        theta += slope * p[k] * (1 - p[k])
    return p


def sampled_ascent(
    gamma: float, power: int, steps: int, runs: int, batch: int, rng: np.random.Generator
) -> np.ndarray:
    """p along ``runs`` independent stochastic ascents, [steps + 1, runs] (``eq:worst-policy``).

    Each step adds the batch mean of sum_t gamma^(power t) psi_t G_t; power 1 keeps the factor and
    power 0 drops it.
    """
    theta, path = np.zeros(runs), np.empty((steps + 1, runs))
    for k in range(steps + 1):
        p = path[k] = expit(theta)
        first, second = rng.random((2, batch, runs)) < p
        G_1 = 3.0 * first - 2.0 * second
        terms = (first - p) * gamma * G_1 + gamma**power * (second - p) * G_1
        theta = theta + terms.mean(axis=0)
    return path


@picture(
    title="Uphill, and what is taken for uphill",
    caption="Gradient ascent with γᵗ and without, exact and with sampled gradients.",
    alt="The probability p against the number of ascent steps on a logarithmic axis. With gamma^t "
    "it climbs to 1, the best policy; without it, for gamma below two thirds, it sinks to 0, the "
    "worst. Thin lines are ascents with sampled gradients.",
    gamma="discount γ",
)
def two_ascents(figure: Figure):
    axes = figure.subplots()
    axes.set(xscale="log", xlim=(1, ASCENT_STEPS), ylim=(-0.2, 1.2), xlabel="ascent steps")
    axes.set_ylabel("$p$, with $J = γ\\,p$")
    axes.set_yticks([0, 0.5, 1], ["0 worst", "0.5", "1 best"])
    shown = np.unique(np.round(np.geomspace(1, ASCENT_STEPS, 50)).astype(int))
    early = shown[shown <= NOISY_STEPS]
    noisy = [[curve(axes, ESTIMATE, lw=0.7) for _ in range(NOISY_RUNS)] for _ in (0, 1)]
    kept = curve(axes, TRUTH, lw=2.2)
    dropped = curve(axes, CONTRAST, lw=2.2, ls=DASHED)
    axes.text(1.15, 1.1, "with $γ^t$", color=TRUTH, va="center")
    axes.text(1.15, -0.11, "without $γ^t$", color=CONTRAST, va="center")
    axes.text(
        3600, -0.11, f"thin: batches of {NOISY_BATCH}", color=ESTIMATE, ha="right", va="center"
    )

    def draw(rng, gamma):
        for power, lines in zip((1, 0), noisy, strict=True):
            paths = sampled_ascent(gamma, power, NOISY_STEPS, NOISY_RUNS, NOISY_BATCH, rng)
            for n, line in enumerate(lines):
                line.set_data(early, paths[early, n])
        with_it = exact_ascent(gamma, ASCENT_STEPS)
        without = exact_ascent(3 * gamma - 2, ASCENT_STEPS)
        kept.set_data(shown, with_it[shown])
        dropped.set_data(shown, without[shown])
        goal = "sinks" if gamma < 2 / 3 else "climbs too, more slowly" if gamma < 1 else "climbs"
        return (
            f"At γ = {gamma:g} the true slope is {signed(gamma)}, without the factor it is "
            f"{signed(3 * gamma - 2)}. After {ASCENT_STEPS} exact steps p = {with_it[-1]:.5f} with "
            f"γᵗ; without it p {goal}, to {without[-1]:.5f}."
        )

    return draw


def field(p, q, gamma: float, dropped: bool) -> tuple[np.ndarray, np.ndarray]:
    """(gamma q, gamma p), or (gamma q, p) if gamma^t is dropped (``eq:curl`` with c = 0).

    The first is the gradient of J = gamma p q.
    """
    return gamma * np.asarray(q), (1.0 if dropped else gamma) * np.asarray(p)


@picture(
    title="Without γᵗ a round trip promises a gain",
    caption="The direction of ascent on a square of policies, and its gain round the square.",
    alt="Arrows on a square of policies (p, q), and a loop round the square with the gain promised "
    "along each edge. With the weights gamma^t the gains add up to zero; without them to one "
    "minus gamma.",
    size=(5.4, 4.6),
    gamma="discount γ",
    dropped=Choice("the factor γᵗ is", {0: "kept", 1: "dropped"}),
)
def round_trip(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-0.42, 1.42), ylim=(-0.24, 1.24), aspect="equal")
    axes.set(xlabel="$p$: go on in state 1", ylabel="$q$: take the 1 in state 2")
    axes.set_xticks([0, 0.5, 1])
    axes.set_yticks([0, 0.5, 1])
    axes.grid(False)
    axes.plot([0, 1, 1, 0, 0], [0, 0, 1, 1, 0], color=FAINT, lw=1.2)
    for x, y, marker in ((0.5, 0, ">"), (1, 0.5, "^"), (0.5, 1, "<"), (0, 0.5, "v")):
        axes.plot([x], [y], marker, color=FAINT, ms=7)
    grid = np.linspace(0.1, 0.9, 5)
    p, q = (x.ravel() for x in np.meshgrid(grid, grid))
    arrows = axes.quiver(p, q, p * 0, q * 0, color=TRUTH, scale=9, width=0.006, pivot="mid")
    axes.text(0.5, -0.06, "0", ha="center", va="top", color=INK)
    axes.text(-0.05, 0.5, "0", ha="right", va="center", color=INK)
    right = axes.text(1.05, 0.5, "", ha="left", va="center", color=INK)
    top = axes.text(0.5, 1.05, "", ha="center", va="bottom", color=INK)
    total = axes.text(0.5, -0.15, "", ha="center", va="top", color=CONTRAST, weight="bold")

    def draw(rng, gamma, dropped):
        arrows.set_UVC(*field(p, q, gamma, bool(dropped)))
        up = float(field(1, 1, gamma, bool(dropped))[1])
        right.set_text(signed(up) if up else "0")
        top.set_text(signed(-gamma) if gamma else "0")
        total.set_text(f"round trip: {signed(up - gamma) if dropped else '0'}")
        return trip_reading(gamma, bool(dropped))

    return draw


def trip_reading(gamma: float, dropped: bool) -> str:
    """What the loop of ``round_trip`` shows, in words."""
    if not dropped:
        return (
            f"With the factor γᵗ the right edge promises {gamma:.2f} and the top takes "
            f"{gamma:.2f} back. The gains cancel: the arrows are the gradient of J = γ p q."
        )
    return (
        f"Without γᵗ, at γ = {gamma:g}, the right edge promises 1.00 and the top takes "
        f"{gamma:.2f} back: {signed(1 - gamma)} for going nowhere. No function has such a gradient."
    )


ANGLE_GAMMAS = np.array([0.02, 0.05, *np.arange(0.1, 0.96, 0.05), 0.97, 0.99])


@cache
def angles(firmness: float) -> tuple[np.ndarray, np.ndarray]:
    """(cosine, bound) over ``ANGLE_GAMMAS`` on FrozenLake, tabular softmax (``eq:kantorovich``).

    The logits of the book's policy are multiplied by ``firmness``.
    """
    policy = TabularSoftmax(firmness * examples.frozen_lake_policy().theta)
    lake = examples.frozen_lake()
    found = [
        angle_to_gradient(FiniteMDP(lake.P, lake.R, gamma, lake.rho0), policy)
        for gamma in ANGLE_GAMMAS
    ]
    return np.array([a.cosine for a in found]), np.array([a.bound for a in found])


@picture(
    title="In a table the direction never turns its back",
    caption="FrozenLake: the cosine of the angle between the gradient and the direction without "
    "γᵗ, over γ.",
    alt="The cosine of the angle between the direction without gamma^t and the gradient, over "
    "gamma, on FrozenLake with a table of logits. It stays above the Kantorovich bound, which "
    "rises from 0 to 1.",
    firmness="firmness of the policy",
    gamma="discount γ",
)
def angle_in_a_table(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(0, 1), ylim=(-0.32, 1.06), xlabel="$γ$", ylabel="cosine of the angle")
    axes.axhline(0, color=INK, lw=0.8)
    cosine_curve = curve(axes, TRUTH)
    bound_curve = curve(axes, SAFE, ls=DASHED)
    cosine_dot = marks(axes, TRUTH, ms=6)
    bound_dot = marks(axes, SAFE, ms=6)
    names = (
        ("exact cosine on FrozenLake", TRUTH),
        (r"dashed: bound $2\sqrt{κ}/(1+κ)$", SAFE),
    )
    lines_of_text(axes, (0.02, -0.14), 0.11, *names, va="center")

    def draw(rng, firmness, gamma):
        cosine, bound = angles(firmness)
        at = int(np.abs(ANGLE_GAMMAS - gamma).argmin())
        cosine_curve.set_data(ANGLE_GAMMAS, cosine)
        bound_curve.set_data(ANGLE_GAMMAS, bound)
        cosine_dot.set_data([ANGLE_GAMMAS[at]], [cosine[at]])
        bound_dot.set_data([ANGLE_GAMMAS[at]], [bound[at]])
        degrees = np.degrees(np.arccos(min(cosine[at], 1)))
        return (
            f"At γ = {gamma:g} and firmness {firmness:g} the direction without γᵗ is "
            f"{degrees:.0f}° off the gradient: cosine {cosine[at]:.3f}, where the theorem promises "
            f"{small(np.floor(1000 * bound[at]) / 1000)} at least."
        )

    return draw


PRACTICE_GAMMAS, LONG_RUN = np.array([0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99]), 400
CURVE_GAMMAS = np.array([*np.linspace(0, 0.9, 19), 0.93, 0.96, 0.98, 0.99])


def shared_running(gamma: float) -> tuple[FiniteMDP, LinearSoftmax]:
    """The running MDP, and its policy moved by one logit of action 1 in both states."""
    return examples.running(gamma), examples.shared_logit(examples.running_policy(), 1)


@cache
def practice_curves() -> tuple[np.ndarray, np.ndarray, float]:
    """((1 - gamma) grad J, omega_T / T, grad eta) over ``CURVE_GAMMAS`` with T = ``LONG_RUN``."""
    problems = [shared_running(float(gamma)) for gamma in CURVE_GAMMAS]
    kept = [(1 - m.gamma) * float(exact.policy_gradient(m, pi)[0]) for m, pi in problems]
    dropped = [
        float(direction_without_gamma_t(m, pi, LONG_RUN)[0]) / LONG_RUN for m, pi in problems
    ]
    return np.array(kept), np.array(dropped), float(average_reward_gradient(*problems[0])[0])


def long_run_samples(gamma: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """n samples each of (1 - gamma) sum_t gamma^t psi_t A_t and of sum_t psi_t A_t / T, [2, n].

    The running MDP along its one logit, T = ``LONG_RUN``, A the exact advantage.
    """
    mdp, policy = shared_running(gamma)
    run = simulate(mdp, policy, n, LONG_RUN, rng)
    terms = (policy.scores[:, :, 0] * exact.advantage(mdp, policy))[run.states, run.actions]
    weights = (1 - gamma) * gamma ** np.arange(LONG_RUN)
    return np.array([weights @ terms, terms.mean(axis=0)])


@picture(
    title="Without γᵗ the long run is climbed",
    caption="The running MDP over γ: the gradient, the direction without γᵗ, and the gradient "
    "of the average reward.",
    alt="Three curves over gamma in the running MDP: the gradient of J times one minus gamma, "
    "negative until gamma is about 0.86; the direction without gamma^t per step, which is "
    "positive; and the level line of the gradient of the average reward, which both approach. "
    "Estimates with intervals follow the first two.",
    n="trajectories n",
)
def what_practice_climbs(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(0, 1.02), ylim=(-0.34, 0.27), xlabel="$γ$", ylabel="slope per step")
    axes.axhline(0, color=INK, lw=0.8)
    kept, dropped, target = practice_curves()
    axes.plot([0, 1], [target, target], color=SAFE, lw=1.2, ls=DOTTED)
    axes.plot(CURVE_GAMMAS, kept, color=TRUTH)
    axes.plot(CURVE_GAMMAS, dropped, color=CONTRAST, ls=DASHED)
    sampled = Intervals(axes, side_by_side(PRACTICE_GAMMAS, 0.007), lw=1.3, paired=True)
    names = (
        (r"dotted: $\nabla\bar{R}$, the average reward", SAFE),
        (r"without $γ^t$: $\omega_T/T$, $T=400$", CONTRAST),
    )
    lines_of_text(axes, (0.02, 0.225), 0.05, *names)
    axes.text(1.0, -0.32, r"with $γ^t$: $(1-γ)\nabla J$", color=TRUTH, ha="right")

    def draw(rng, n):
        pairs = [long_run_samples(float(gamma), int(n), rng) for gamma in PRACTICE_GAMMAS]
        mean, error = mean_and_standard_error(np.concatenate(pairs).T)
        low, high = confidence_interval(mean, error)
        sampled.show(*np.clip([mean, low, high], -0.34, 0.16))
        at = 2 * list(PRACTICE_GAMMAS).index(0.9)
        with_it, without = ((high - low) / 2)[at : at + 2]
        return (
            f"With {int(n)} trajectories of {LONG_RUN} steps the half-widths at γ = 0.9 are "
            f"{with_it:.4f} with γᵗ and {without:.4f} without. "
            f"The average reward has the gradient {signed(target, 4)}."
        )

    return draw


LONGEST = 1000


@picture(
    title="How many steps of a long run count",
    caption="The weights γᵗ of T steps, and how many equal weights would be as good.",
    alt="The weight gamma^t over the step t, up to the horizon T. A shaded strip from 0 shows the "
    "effective number of steps, which for long horizons is (1 + gamma)/(1 - gamma) whatever T is.",
    gamma="discount γ",
    horizon="horizon T",
)
def effective_horizon(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(0, LONGEST), ylim=(0, 1.34), xlabel="step $t$", ylabel="weight $γ^t$")
    axes.set_yticks([0, 0.5, 1])
    band = empty_band(axes)
    weights = curve(axes, TRUTH)
    end = curve(axes, FAINT, lw=1.2, ls=LEVEL)
    label, last = lines_of_text(axes, (985, 1.22), 0.12, ("", INK), ("", TRUTH), ha="right")

    def draw(rng, gamma, horizon):
        t = np.unique(np.round(np.geomspace(1, horizon, 40)).astype(int)) - 1
        steps = effective_steps(gamma, int(horizon))
        band.set_data([0, steps], [0, 0], [1, 1])
        weights.set_data(t, gamma**t)
        end.set_data([horizon, horizon], [0, 1])
        label.set_text(f"shaded: {steps:.0f} effective of T = {horizon:g} steps")
        weight = gamma ** (horizon - 1)
        size = f"{weight:.2g}" if weight >= 1e-3 else "below 0.001"
        last.set_text(f"$γ^{{T-1}}$ = {size}" if weight >= 1e-3 else "$γ^{T-1}$ below 0.001")
        return (
            f"With γ = {gamma:g} and T = {horizon:g} the last weight, γᵀ⁻¹, is {size}. "
            "If the terms were independent with equal mean and variance, the weighted mean would "
            f"be as accurate as a plain mean of {steps:.0f} of them "
            f"({100 * steps / horizon:.0f} %)."
        )

    return draw
