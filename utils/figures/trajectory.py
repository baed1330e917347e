"""Pictures of chapter 1: the likelihood of a prefix, its slope, its return and its score sum."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from scipy.special import expit, logit
from scipy.stats import binom

from utils import exact
from utils.common.words import plain, power_of_ten, signed, small
from utils.exact.moments import score_moments
from utils.explorer.picture import picture
from utils.explorer.style import (
    CONTRAST,
    ESTIMATE,
    FAINT,
    INK,
    LEVEL,
    SAFE,
    SHORT_DASHED,
    TRUTH,
)
from utils.figures.instruments import Intervals, curve, empty_band, lines_of_text, marks
from utils.model import examples
from utils.model.mdp import FiniteMDP
from utils.model.policies import TabularSoftmax
from utils.sampling.rollouts import Rollouts, simulate

# One prefix of five steps of the running MDP; state 0 is met three times, with actions 1, 1, 0.
PREFIX = ((0, 1), (1, 0), (0, 1), (1, 1), (0, 0))
NEXT_STATES = tuple(state for state, _ in PREFIX[1:])


def log_likelihood_of_prefix(theta, kernel_entry):
    """log p_theta^5 of ``PREFIX`` where pi(1|0) = expit(theta) and P(1|0,1) = kernel_entry.

    Everything else is as in the running MDP (``eq:log-likelihood``).
    """
    tables = examples.running_tables()
    total = np.log(float(tables.rho0[PREFIX[0][0]]))
    for state, action in PREFIX:
        p = expit(theta) if state == 0 else float(tables.p[state])
        total = total + np.log(p if action == 1 else 1 - p)
    for (state, action), next_state in zip(PREFIX, NEXT_STATES, strict=False):
        if (state, action) == (0, 1):
            total = total + np.log(kernel_entry if next_state == 1 else 1 - kernel_entry)
        else:
            total = total + np.log(float(tables.P[state][action][next_state]))
    return total


def policy_score_of_prefix(theta: float) -> float:
    """sum_t psi_t of ``PREFIX`` along theta, by the sigmoid score a - p."""
    return float(sum(action - expit(theta) for state, action in PREFIX if state == 0))


@picture(
    title="The log-likelihood of one prefix",
    caption="The log-likelihood of one prefix of five steps over the policy's parameter θ, for "
    "one entry of the kernel.",
    alt="The log-likelihood of one five-step prefix as a curve over theta, with a tangent line. "
    "Moving the kernel entry shifts the curve up or down; the tangent keeps its slope.",
    kernel="kernel entry P(1|0,1)",
    theta="parameter θ",
)
def kernel_shifts_the_curve(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-3, 3), ylim=(-15, -3), xlabel="$θ$, the logit of $π_θ(1|0)$")
    axes.set_ylabel(r"$\log\, p_θ^5(τ^*)$")
    grid = np.linspace(-3, 3, 61)
    reference = float(examples.running_tables().P[0][1][1])
    axes.plot(grid, log_likelihood_of_prefix(grid, reference), color=FAINT, lw=1, ls=LEVEL)
    solid, _ = lines_of_text(
        axes,
        (2.9, -13.4),
        1.2,
        ("", TRUTH),
        (f"dashed: P(1|0,1) = {reference:g}", FAINT),
        ha="right",
    )
    likelihood = curve(axes, TRUTH)
    tangent = curve(axes, ESTIMATE)
    point = marks(axes, ESTIMATE, ms=6)
    label = axes.text(-2.9, -3.9, "", color=ESTIMATE)

    def draw(rng, kernel, theta):
        slope = policy_score_of_prefix(theta)
        height = float(log_likelihood_of_prefix(theta, kernel))
        likelihood.set_data(grid, log_likelihood_of_prefix(grid, kernel))
        reach = np.array([-0.8, 0.8])
        tangent.set_data(theta + reach, height + slope * reach)
        point.set_data([theta], [height])
        solid.set_text(f"solid: P(1|0,1) = {kernel:g}")
        label.set_text(f"tangent: slope = score sum = {signed(slope)}")
        return (
            f"With P(1|0,1) = {kernel:g} the log-likelihood at θ = {plain(theta)} is "
            f"{plain(height, 2)}. Its slope is the score sum, {signed(slope)}, whatever the kernel."
        )

    return draw


def kernel_with_coupling(theta, coupling: float):
    """P_theta(1|0,1) = expit(logit(3/4) + coupling (theta - running_theta()))."""
    start = float(examples.running_tables().P[0][1][1])
    return expit(logit(start) + coupling * (theta - running_theta()))


def kernel_score_of_prefix(kernel: float, coupling: float) -> float:
    """The sum over ``PREFIX`` of d/dtheta log P(s'|0,1): coupling (s' - P(1|0,1)) at each visit."""
    visits = [n for step, n in zip(PREFIX, NEXT_STATES, strict=False) if step == (0, 1)]
    return coupling * sum(next_state - kernel for next_state in visits)


def running_theta() -> float:
    """The logit of pi(1|0) in the running policy."""
    return float(logit(float(examples.running_tables().p[0])))


@picture(
    title="A kernel that moves with θ",
    caption="The same log-likelihood if the kernel depends on θ too, with its tangent and the "
    "line that the policy scores give.",
    alt="Two lines through one point of the log-likelihood curve: the true tangent and the line "
    "whose slope is the sum of the policy scores. They agree at coupling 0 and part as it grows.",
    coupling="coupling c",
)
def kernel_that_moves(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-3, 3), ylim=(-15, -2), xlabel="$θ$, the logit of $π_θ(1|0)$")
    axes.set_ylabel(r"$\log\, p_θ^5(τ^*)$")
    grid = np.linspace(-3, 3, 61)
    theta = running_theta()
    reach = np.array([-1.4, 1.4])
    likelihood = curve(axes, FAINT, lw=1.2)
    true_line = curve(axes, TRUTH, lw=2.4)
    policy_line = curve(axes, CONTRAST, ls=SHORT_DASHED)
    point = marks(axes, INK, ms=6)
    lines = (("log-likelihood", FAINT), ("", TRUTH), ("", CONTRAST))
    _, true_label, policy_label = lines_of_text(axes, (2.9, -11.6), 1.3, *lines, ha="right")
    policy_slope = policy_score_of_prefix(theta)

    def draw(rng, coupling):
        kernel = float(kernel_with_coupling(theta, coupling))
        missing = kernel_score_of_prefix(kernel, coupling)
        slope = policy_slope + missing
        height = float(log_likelihood_of_prefix(theta, kernel))
        moved = kernel_with_coupling(grid, coupling)
        likelihood.set_data(grid, log_likelihood_of_prefix(grid, moved))
        true_line.set_data(theta + reach, height + slope * reach)
        policy_line.set_data(theta + reach, height + policy_slope * reach)
        point.set_data([theta], [height])
        true_label.set_text(f"true slope {signed(slope)}")
        policy_label.set_text(f"policy scores alone {signed(policy_slope)}")
        return (
            f"At coupling c = {coupling:g} the true slope is {signed(slope)}. "
            f"The policy scores give {signed(policy_slope)}; "
            f"{signed(missing) if missing else 'nothing'} is missing."
        )

    return draw


def share_missing(share: float) -> str:
    """A share of 1 in words, never finer than a tenth of a per cent."""
    return f"at most {100 * share:.2g} %" if share >= 0.001 else "less than 0.1 %"


TRUNCATION_HORIZONS = np.array([1, 2, 4, 7, 11, 16, 22, 30, 40])
TRUNCATION_ROLLOUTS = 40


@picture(
    title="The objective of the first T steps",
    caption="The objective of the first T steps, its limit, the band that the tail bound "
    "allows, and simulated means.",
    alt="The scaled objective (1-gamma) J_T against the horizon T: exact curve, its limit, the "
    "band that the tail bound allows, and Monte Carlo points with 95 percent intervals.",
    gamma="discount γ",
)
def truncation(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(0, 42), ylim=(-0.15, 1.85), xlabel="horizon $T$", ylabel=r"$(1-γ)\,J_T$")
    horizons = np.arange(0, 43)
    band = empty_band(axes)
    limit = curve(axes, FAINT, ls=LEVEL, lw=1.2)
    objectives = curve(axes, TRUTH)
    sampled = Intervals(axes, TRUNCATION_HORIZONS)
    names = (
        (f"{TRUNCATION_ROLLOUTS} trajectories, 95 % intervals", ESTIMATE),
        ("exact $(1-γ)\\,J_T$", TRUTH),
        ("dashed: $(1-γ)\\,J$; band: $\\pm γ^T R_{\\max}$", FAINT),
    )
    lines_of_text(axes, (41.5, 1.68), 0.16, *names, ha="right")
    policy = examples.running_policy()

    def draw(rng, gamma):
        mdp = examples.running(gamma)
        scale = 1 - gamma
        J = scale * exact.objective(mdp, policy)
        J_T = scale * finite_objectives(mdp, policy, horizons[-1])
        allowed = gamma**horizons * mdp.R_max
        run = simulate(mdp, policy, TRUNCATION_ROLLOUTS, TRUNCATION_HORIZONS[-1], rng)
        returns = scale * np.cumsum(discounted_rewards(run, gamma), axis=0)
        sampled.estimate(returns[TRUNCATION_HORIZONS - 1].T)
        band.set_data(horizons, J - allowed, J + allowed)
        limit.set_data([0, 42], [J, J])
        objectives.set_data(horizons, J_T)
        reached = int(np.ceil(np.log(0.01) / np.log(gamma)))
        return (
            f"At γ = {gamma:g} the limit is J = {J / scale:.3f}. "
            f"After 20 steps {share_missing(gamma**20)} of the largest possible return is missing, "
            f"after {reached} steps less than 1 %."
        )

    return draw


def finite_objectives(mdp: FiniteMDP, policy: TabularSoftmax, horizon: int) -> np.ndarray:
    """J_0, ..., J_T as an array [T+1] (``eq:J-finite-matrix``)."""
    laws = score_moments(mdp, policy, np.zeros_like(policy.probabilities), horizon, order=0)[0]
    rewards = laws[:-1] @ (policy.probabilities * mdp.R).sum(axis=1)
    discounted = mdp.gamma ** np.arange(horizon) * rewards
    return np.concatenate([[0.0], np.cumsum(discounted)])


def discounted_rewards(rollouts: Rollouts, gamma: float) -> np.ndarray:
    """gamma^t r_t as an array [T, N]."""
    return gamma ** np.arange(rollouts.horizon)[:, None] * rollouts.rewards


WALK_STEPS, WALKS = 100, 6


@picture(
    title="Six score sums and six likelihoods",
    caption="Six trajectories of the running MDP: the sum of their scores, and the likelihood "
    "of their prefixes.",
    alt="Upper panel: score sums of six trajectories wander inside a band of two standard "
    "deviations that widens like the square root of t. Lower panel: the log10-likelihoods of the "
    "same prefixes fall in nearly straight lines.",
    size=(5.4, 4.8),
    p="policy p = π(1|0) = π(1|1)",
    horizon="read at step T",
)
def score_walk(figure: Figure):
    upper, lower = figure.subplots(2, 1, sharex=True)
    upper.set(xlim=(0, WALK_STEPS + 1), ylim=(-16, 16), ylabel="$M_t$")
    lower.set(ylim=(-66, 2), xlabel="$t$", ylabel=r"$\log_{10}$ likelihood")
    times = np.arange(WALK_STEPS + 1)
    band = empty_band(upper)
    walks = [curve(upper, ESTIMATE, lw=0.9) for _ in range(WALKS)]
    falls = [curve(lower, CONTRAST, lw=0.9) for _ in range(WALKS)]
    cursors = [upper.axvline(0, ymin=0.17, color=INK, lw=1), lower.axvline(0, color=INK, lw=1)]
    upper.text(1, -15, r"band: $\pm 2$ exact standard deviations", color=FAINT)
    upper.text(1, 12, f"{WALKS} score sums", color=ESTIMATE)
    lower.text(1, -62, "their likelihoods; line: $T$", color=CONTRAST)
    mdp = examples.running()

    def draw(rng, p, horizon):
        policy = TabularSoftmax(np.tile([0.0, logit(p)], (2, 1)))
        shared_logit = np.tile([-p * (1 - p), p * (1 - p)], (2, 1))
        second = score_moments(mdp, policy, shared_logit, WALK_STEPS, order=2)[2].sum(axis=1)
        rollouts = simulate(mdp, policy, WALKS, WALK_STEPS, rng)
        sums = np.vstack([np.zeros(WALKS), np.cumsum(rollouts.actions - p, axis=0)])
        logs = log10_likelihoods(mdp, policy, rollouts)
        band.set_data(times, -2 * np.sqrt(second), 2 * np.sqrt(second))
        for n in range(WALKS):
            walks[n].set_data(times, sums[:, n])
            falls[n].set_data(times[1:], logs[:, n])
        for cursor in cursors:
            cursor.set_xdata([horizon, horizon])
        return (
            f"At T = {horizon} the score sum has standard deviation {second[horizon] ** 0.5:.2f}. "
            f"The six likelihoods lie between {power_of_ten(logs[horizon - 1].min())} "
            f"and {power_of_ten(logs[horizon - 1].max())}."
        )

    return draw


def log10_likelihoods(mdp: FiniteMDP, policy: TabularSoftmax, rollouts: Rollouts) -> np.ndarray:
    """log10 of the likelihood of every prefix of each trajectory, [T, N].

    ``eq:log-likelihood``.
    """
    states, actions = rollouts.states, rollouts.actions
    steps = np.log10(policy.probabilities[states, actions])
    steps[0] += np.log10(mdp.rho0[states[0]])
    steps[1:] += np.log10(mdp.P[states[:-1], actions[:-1], states[1:]])
    return np.cumsum(steps, axis=0)


@picture(
    title="Two policies, told apart by their actions",
    caption="The share of action 1 among T actions under p = 0.5 and under a second policy.",
    alt="Two binomial laws of the share of action 1 among T actions, one for p = 1/2 and one for "
    "the other policy. As T grows both sharpen and their overlap vanishes.",
    horizon="horizon T",
    other="other policy p'",
)
def two_laws(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-0.02, 1.02), ylim=(0, 1.18))
    axes.set_xlabel("share of action 1 among the first $T$ actions")
    axes.set_ylabel("probability (largest = 1)")
    axes.set_yticks([0, 0.5, 1])
    first = curve(axes, TRUTH, marker="o", ms=2.5, lw=1.2)
    second = curve(axes, CONTRAST, marker="o", ms=2.5, lw=1.2)
    axes.text(0.5, 1.06, "p = 0.5", color=TRUTH, ha="right")
    second_label = axes.text(0, 1.06, "", color=CONTRAST, ha="left")
    note = axes.text(0.02, 0.9, "", color=SAFE)

    def draw(rng, horizon, other):
        counts = np.arange(horizon + 1)
        laws = [binom.pmf(counts, horizon, p) for p in (0.5, other)]
        for line, law in zip((first, second), laws, strict=True):
            seen = law > 1e-3 * law.max()
            line.set_data(counts[seen] / horizon, law[seen] / law.max())
        affinity = float(np.sqrt(laws[0] * laws[1]).sum())
        second_label.set_position((other - 0.04, 1.06))
        second_label.set_text(f"p' = {other:g}")
        note.set_text(f"affinity {small(affinity)}")
        return (
            f"After T = {horizon} actions the affinity of the two laws is {small(affinity)}. "
            "Equal laws have 1, laws that one look tells apart have 0."
        )

    return draw
