"""Pictures of chapter 4: the theorem's two sides, its three forms, its kernel and its secant."""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib.figure import Figure

from utils import exact
from utils.common.words import plain, signed
from utils.explorer.picture import picture
from utils.explorer.style import (
    CLOSE_DASHED,
    CONTRAST,
    DASHED,
    ESTIMATE,
    FAINT,
    GRID,
    INK,
    LEVEL,
    TRUTH,
)
from utils.figures.instruments import Intervals, Row, curve, lines_of_text, marks
from utils.model import examples
from utils.model.mdp import FiniteMDP
from utils.model.policies import LinearSoftmax
from utils.sampling.rollouts import simulate

TWO_SIDES_HORIZONS = np.array([1, 3, 6, 9, 13, 18, 24, 31, 39])
TWO_SIDES_ROLLOUTS, LONGEST = 20_000, 40


@cache
def two_sides(gamma: float) -> tuple[float, np.ndarray, np.ndarray]:
    """(grad J, grad J_T [H], first T terms of the theorem [H]) on FrozenLake for T = 0, ..., 40.

    The parameter is the logit of "down" in all states. The third entry is
    sum_{t<T} gamma^t E[psi_t Q(s_t, a_t)] with the Q of the infinite horizon
    (``eq:pgt-infinite``).
    """
    mdp, policy = frozen_lake_with_one_logit(gamma)
    left = [
        float(exact.finite_horizon_policy_gradient(mdp, policy, T)[0])
        for T in range(1, LONGEST + 1)
    ]
    h = (policy.probabilities * psi_Q(mdp, policy)).sum(axis=1)
    laws = exact.state_distributions(mdp, policy, LONGEST)[:-1]
    right = np.cumsum(gamma ** np.arange(LONGEST) * (laws @ h))
    limit = float(exact.policy_gradient(mdp, policy)[0])
    return limit, np.array([0.0, *left]), np.array([0.0, *right])


@cache
def frozen_lake_with_one_logit(gamma: float) -> tuple[FiniteMDP, LinearSoftmax]:
    """FrozenLake and its policy of the book, moved by one logit of "down" in all states."""
    policy = examples.shared_logit(examples.frozen_lake_policy(), examples.DOWN)
    return examples.frozen_lake(gamma), policy


def psi_Q(mdp: FiniteMDP, policy: LinearSoftmax) -> np.ndarray:
    """psi(s,a) Q(s,a) along the single parameter of the policy, [S, A]."""
    return policy.scores[:, :, 0] * exact.values(mdp, policy)[1]


@picture(
    title="Both sides arrive at the same gradient",
    caption="FrozenLake: the gradient of the first T steps and the first T terms of the "
    "theorem, as shares of the full gradient.",
    alt="Two curves against the horizon T, as shares of the full gradient of FrozenLake: the "
    "derivative of J_T is zero up to five steps and rises from the sixth on, the first T terms of "
    "the theorem rise at once; both end at one. Monte Carlo points with intervals follow the "
    "second.",
    gamma="discount γ",
)
def two_sides_meet(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(0, LONGEST), ylim=(-0.25, 1.95), xlabel="horizon $T$")
    axes.set_ylabel(r"share of $\nabla J$")
    axes.plot([0, LONGEST], [1, 1], color=FAINT, lw=1.2, ls=LEVEL)
    horizons = np.arange(LONGEST + 1)
    left_curve = curve(axes, TRUTH, lw=2.4)
    right_curve = curve(axes, CONTRAST, ls=DASHED)
    sampled = Intervals(axes, TWO_SIDES_HORIZONS)
    axes.text(0.4, 1.04, r"full $\nabla J$", color=INK, va="bottom")
    names = (
        (r"$\nabla J_T$, exact", TRUTH),
        ("first $T$ terms of the theorem, exact", CONTRAST),
        ("the same, 20 000 trajectories, 95 %", ESTIMATE),
    )
    lines_of_text(axes, (39.5, 1.78), 0.18, *names, ha="right")

    def draw(rng, gamma):
        limit, left, right = two_sides(gamma)
        mdp, policy = frozen_lake_with_one_logit(gamma)
        run = simulate(mdp, policy, TWO_SIDES_ROLLOUTS, LONGEST, rng)
        terms = psi_Q(mdp, policy)[run.states, run.actions]
        terms *= gamma ** np.arange(LONGEST)[:, None]
        sums = np.cumsum(terms, axis=0)[TWO_SIDES_HORIZONS - 1]
        sampled.estimate(sums.T / limit)
        left_curve.set_data(horizons, left / limit)
        right_curve.set_data(horizons, right / limit)
        return (
            f"At γ = {gamma:g} the full gradient is {limit:.5f}. After 5 steps ∇J_T has "
            f"reached {left[5] / limit:.0%} of it and the first terms {right[5] / limit:.0%}; "
            f"after 30 steps {left[30] / limit:.1%} and {right[30] / limit:.1%}."
        )

    return draw


def running_with_one_logit(gamma: float) -> tuple[FiniteMDP, LinearSoftmax]:
    """The running MDP and policy, moved by the logit of action 1 in state 1 alone."""
    policy = examples.running_policy()
    features = np.zeros((2, 2, 1))
    features[1, 1] = 1
    return examples.running(gamma), LinearSoftmax(features, np.zeros(1), np.array(policy.theta))


def samples_of_the_three_forms(
    mdp: FiniteMDP, policy: LinearSoftmax, n: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """n independent samples of each form of the theorem, and of a slip (``eq:pgt-infinite``).

    "discounted": sum_t gamma^t psi_t Q_t, to the step where gamma^t < 1e-4;
    "occupancy": psi Q / (1 - gamma) at one pair drawn from d_gamma and pi;
    "killed": sum_{t<N} psi_t Q_t with P(N = n) = (1 - gamma) gamma^(n-1), n >= 1;
    "from zero": the same with N counted from 0; its mean is gamma times the gradient.
    """
    gamma = mdp.gamma
    horizon = int(np.ceil(np.log(1e-4) / np.log(gamma)))
    product = psi_Q(mdp, policy)
    run = simulate(mdp, policy, n, horizon, rng)
    out = {"discounted": gamma ** np.arange(horizon) @ product[run.states, run.actions]}
    lengths = rng.geometric(1 - gamma, size=(3, n))  # on 1, 2, ...
    last, killed, from_zero = lengths[0], lengths[1], lengths[2] - 1
    run = simulate(mdp, policy, n, int(lengths.max()), rng)
    terms = product[run.states, run.actions]
    sums = np.vstack([np.zeros(n), np.cumsum(terms, axis=0)])
    each = np.arange(n)
    out["occupancy"] = terms[last - 1, each] / (1 - gamma)
    out["killed"] = sums[killed, each]
    out["from zero"] = sums[from_zero, each]
    return out


FORMS = {
    "discounted": (3, r"$\sum_t\gamma^t\,ψ_t Q$", ESTIMATE),
    "occupancy": (2, r"$ψ\,Q/(1-\gamma)$,  $s\sim d_\gamma$", ESTIMATE),
    "killed": (1, r"$\sum_{t<N}ψ_t Q$,  $N$ from 1", ESTIMATE),
    "from zero": (0, r"$\sum_{t<N}ψ_t Q$,  $N$ from 0", CONTRAST),
}


@picture(
    title="Three forms, one gradient",
    caption="Estimates of the gradient in the three forms of the theorem, and in a version "
    "counted from 0.",
    alt="Four horizontal 95 percent intervals for the gradient, divided by its exact value. The "
    "three forms of the theorem close in on one as the number of trajectories grows; the version "
    "whose lifetime is counted from zero closes in on gamma.",
    gamma="discount γ",
    n="trajectories n",
)
def three_forms(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-1, 3), ylim=(-0.45, 3.85), yticks=[])
    axes.set_xlabel(r"estimate divided by the exact $\nabla J$, 95 % interval")
    axes.axvline(1, color=TRUTH, lw=1.6)
    slip = curve(axes, CONTRAST, lw=1.2, ls=CLOSE_DASHED)
    axes.text(2.95, 3.5, "line: exact", color=TRUTH, ha="right")
    axes.text(2.95, -0.3, "dashed: $γ$", color=CONTRAST, ha="right")
    rows = {}
    for name, (row, label, colour) in FORMS.items():
        rows[name] = Row(axes, row, (-1, 3), colour)
        axes.text(-0.95, row + 0.3, label, color=colour, va="center")

    def draw(rng, gamma, n):
        mdp, policy = running_with_one_logit(gamma)
        truth = float(exact.policy_gradient(mdp, policy)[0])
        samples = samples_of_the_three_forms(mdp, policy, int(n), rng)
        halves = {name: row.estimate(samples[name] / truth)[1] for name, row in rows.items()}
        slip.set_data([gamma, gamma], [-0.45, 0.2])
        return (
            f"With n = {n:g} trajectories at γ = {gamma:g} the half-widths are "
            f"{halves['discounted']:.2f} (discounted sum), {halves['occupancy']:.2f} (occupancy) "
            f"and {halves['killed']:.2f} (killed process), in units of ∇J. "
            f"Counted from 0, the lifetime gives γ = {gamma:g} times the truth."
        )

    return draw


def kernel_objective(p, kernel: float):
    """J = p (2x - 1): action 1 costs 1 and reaches, with probability x, a state that pays 4.

    gamma = 1/2, and action 0 ends the episode with 0.
    """
    return np.asarray(p) * (-1 + 0.5 * 4 * kernel)


@picture(
    title="The kernel decides which way is up",
    caption="The objective of a small world over p, for one entry x of its kernel.",
    alt="The objective as a straight line over p, the probability of action 1, with an arrow that "
    "points uphill, and no arrow where the line is flat. As the kernel entry x passes one half the "
    "slope changes its sign.",
    kernel="kernel entry x",
)
def kernel_turns_the_sign(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(0, 1), ylim=(-1.25, 1.25), xlabel="$p$, the probability of action 1")
    axes.set_ylabel("$J$")
    grid = np.array([0.0, 1.0])
    for x in (0, 0.25, 0.5, 0.75, 1):
        axes.plot(grid, kernel_objective(grid, x), color=GRID, lw=1)
        va = "bottom" if x >= 0.5 else "top"
        axes.text(0.99, kernel_objective(1, x), f"$x={x:g}$", color=FAINT, ha="right", va=va)
    line = curve(axes, TRUTH)
    shaft = curve(axes, ESTIMATE, lw=2.6)
    head = curve(axes, ESTIMATE, lw=2.6)
    point = marks(axes, INK, ms=6)
    label, uphill = lines_of_text(axes, (0.03, 0.93), 0.17, ("", TRUTH), ("", ESTIMATE))

    def draw(rng, kernel):
        slope = 2 * kernel - 1
        step = 0.2 * np.sign(slope)
        tip = 0.5 + step
        line.set_data(grid, kernel_objective(grid, kernel))
        shaft.set_data([0.5, tip], kernel_objective([0.5, tip], kernel))
        barb = np.array([tip - 0.22 * step, tip, tip - 0.22 * step])
        height = kernel_objective(barb, kernel) + 0.07 * abs(np.sign(slope)) * np.array([1, 0, -1])
        head.set_data(barb, height)
        point.set_data([0.5], kernel_objective([0.5], kernel))
        worth = signed(slope) if slope else "0"
        label.set_text(f"Q(s₀, 1) − Q(s₀, 0) = dJ/dp = {worth}")
        flat = "no uphill: the line is flat"
        uphill.set_text("arrow: uphill from p = 1/2" if slope else flat)
        where = "nowhere" if slope == 0 else "towards action 1" if slope > 0 else "towards action 0"
        return (
            f"With x = {kernel:g} action 1 is worth {worth} and action 0 is worth 0: "
            f"uphill is {where}. The score of action 1 is the same for every x."
        )

    return draw


SECANT_GAMMA, SECANT_START = 0.8, 1.0


def shifted_running_policy(theta: float) -> LinearSoftmax:
    """The running policy with theta added to the logit of action 1 in both states."""
    base = examples.shared_logit(examples.running_policy(), 1)
    return LinearSoftmax(base.features, np.array([theta]), base.offsets)


@cache
def secant_parts(theta: float) -> tuple[float, float]:
    """(J at theta, J that the visits of the old policy predict), both for the running MDP.

    The second is J_old + sum_s d_old(s) sum_a (pi_theta - pi_old)(a|s) Q_old(s,a) / (1 - gamma):
    ``eq:performance-difference`` with the wrong occupancy.
    """
    mdp = examples.running(SECANT_GAMMA)
    old, new = shifted_running_policy(SECANT_START), shifted_running_policy(theta)
    before = exact.evaluate(mdp, old)
    gains = ((new.probabilities - old.probabilities) * before.Q).sum(axis=1)
    frozen = before.objective + before.occupancy @ gains / (1 - mdp.gamma)
    return exact.objective(mdp, new), float(frozen)


def tangent_slope() -> float:
    """dJ/dtheta of the running MDP at the old policy, ``SECANT_START``."""
    mdp, old = examples.running(SECANT_GAMMA), shifted_running_policy(SECANT_START)
    return float(exact.policy_gradient(mdp, old)[0])


SECANT_NAMES = (
    ("visits of the new policy: exact $J$", TRUTH),
    ("visits of the old policy kept", CONTRAST),
    ("grey: tangent of both", FAINT),
)


@picture(
    title="One objective, counted with two kinds of visits",
    caption="The objective of a new policy θ', exact and with the visits of the old policy, and "
    "the secant between both.",
    alt="The objective as a curve over theta, and a second curve that keeps the state visits of "
    "the old policy. They touch at the old policy, with a common tangent. The secant from the old "
    "to the new policy turns into that tangent as the new policy approaches.",
    theta="new policy θ'",
)
def secant_to_tangent(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-3, 5), ylim=(2.6, 4.75), xlabel="$θ'$", ylabel="$J(θ')$")
    grid = np.linspace(-3, 5, 49)
    exact_curve, frozen_curve = np.array([secant_parts(float(x)) for x in grid]).T
    axes.plot(grid, exact_curve, color=TRUTH)
    axes.plot(grid, frozen_curve, color=CONTRAST, ls=DASHED)
    start, slope = secant_parts(SECANT_START)[0], tangent_slope()
    reach = np.array([-1.6, 1.6])
    axes.plot(SECANT_START + reach, start + slope * reach, color=FAINT, lw=1.2)
    secant = curve(axes, ESTIMATE)
    point = marks(axes, ESTIMATE, ms=6)
    shadow = marks(axes, CONTRAST, ms=5)
    axes.plot([SECANT_START], [start], "o", color=INK, ms=6)
    *_, label = lines_of_text(axes, (-2.8, 4.58), 0.14, *SECANT_NAMES, ("", ESTIMATE))
    axes.text(SECANT_START + 0.15, start - 0.13, "old policy", color=INK)

    def draw(rng, theta):
        value, frozen = secant_parts(theta)
        step = theta - SECANT_START
        rate = (value - start) / step
        secant.set_data([SECANT_START, theta], [start, value])
        point.set_data([theta], [value])
        shadow.set_data([theta], [frozen])
        label.set_text(f"secant slope {signed(rate, 3)}, tangent {signed(slope, 3)}")
        return (
            f"From θ = 1 to θ' = {plain(theta)} the objective changes by "
            f"{signed(value - start, 3)}. "
            f"With the old visits the formula says {signed(frozen - start, 3)}. "
            f"Divided by the step: {signed(rate, 3)} and {signed((frozen - start) / step, 3)}; "
            f"the derivative is {signed(slope, 3)}."
        )

    return draw
