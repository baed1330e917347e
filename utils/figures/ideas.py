"""Pictures of the ideas on the main road: pairs, tails, backups, the tower, stacked visits."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle

from utils import exact
from utils.explorer import Choice, picture
from utils.explorer.style import CONTRAST, DASHED, FAINT, GRID, INK, TRUTH
from utils.figures.instruments import Bars, curve, lines_of_text
from utils.model import examples

# Chapter 3


PAIRS = 6


@picture(
    title="Half of the pairs drop out",
    caption="Each square is a pair of a score at time t and a reward at time k. The return counts "
    "them all; the pairs with k < t have mean 0.",
    alt="A grid of six by six squares, one for each pair of a score time t and a reward time k. "
    "Those with the reward before the score, below the diagonal, are crossed out in the second "
    "form; in the third only one row of each score is left, the reward-to-go.",
    size=(4.6, 4.0),
    form=Choice("which pairs are summed", {0: "all", 1: "rewards that follow", 2: "one score"}),
)
def pairs(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-0.6, PAIRS - 0.4), ylim=(PAIRS - 0.4, -0.6), aspect="equal")
    axes.set(xlabel="time $k$ of the reward $r_k$", ylabel=r"time $t$ of the score $\psi_t$")
    axes.set(xticks=range(PAIRS), yticks=range(PAIRS))
    axes.grid(False)
    times = np.arange(PAIRS)
    k, t = (x.ravel() for x in np.meshgrid(times, times))
    squares = axes.scatter(k, t, marker="s", s=620, c=TRUTH, lw=0)
    crosses = axes.scatter(k, t, marker="x", s=120, c=CONTRAST, lw=1.6)

    def draw(rng, form):
        follows = k >= t
        summed = [np.ones_like(follows), follows, follows & (t == 2)][int(form)]
        squares.set_sizes(np.where(summed, 620, 0))
        crosses.set_sizes(np.where((form > 0) & ~follows, 120, 0))
        many = int(summed.sum())
        return (
            f"All {many} pairs: the return times the sum of the scores.",
            f"{many} of {PAIRS**2} pairs are left: each score with the rewards from its own time "
            "on. The crossed ones have mean 0 each.",
            f"The row t = 2: its {many} rewards, from k = 2 on, are the reward-to-go of step 2.",
        )[int(form)]

    return draw


TAIL = 30


def share_beyond(gamma: float, horizon: float) -> float:
    """sum_{k >= T} (k+1) gamma^k as a share of the whole sum: gamma^T (T + 1 - T gamma)."""
    return gamma**horizon * (horizon + 1 - horizon * gamma)


@picture(
    title="Rewards shrink faster than the error grows",
    caption="What is cut off beyond the horizon T: the weight γᵏ of the reward at step k, times "
    "the number k + 1 of scores that meet it.",
    alt="Bars over the step k. Pale bars are the weights gamma to the k, which shrink; dark bars "
    "are k plus one times as high and rise at first, then shrink too. The bars from the horizon "
    "on are what is missing.",
    gamma="discount γ",
    horizon="horizon T",
)
def shrinking_rewards(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-0.8, TAIL + 0.8), ylim=(0, 6), xlabel="step $k$", ylabel="weight")
    steps = np.arange(TAIL + 1)
    bars, light = Bars(axes, steps, TRUTH), Bars(axes, steps, GRID)
    edge = curve(axes, INK, lw=1.2, ls=DASHED)
    names = (
        (r"counted: $(k+1)\,γ^k$", TRUTH),
        ("beyond the horizon: missing", CONTRAST),
        (r"grey: $γ^k$ alone", FAINT),
    )
    lines_of_text(axes, (TAIL + 0.4, 5.55), 0.42, *names, ha="right")

    def draw(rng, gamma, horizon):
        bars.stand((steps + 1) * gamma**steps)
        bars.marks.set_facecolor([TRUTH if k < horizon else CONTRAST for k in steps])
        light.stand(gamma**steps)
        edge.set_data([horizon - 0.5, horizon - 0.5], [0, 4.2])
        missing = share_beyond(gamma, horizon)
        return (
            f"At γ = {gamma:g} the {horizon:g} steps before the horizon hold "
            f"{100 * (1 - missing):.3g} % of the whole sum, "
            f"1/(1 − γ)² = {1 / (1 - gamma) ** 2:.4g}."
        )

    return draw


# Chapter 4


def _node(axes: Axes, x: float, y: float, text: str, filled: bool = False, colour=INK) -> None:
    """An open circle for a state, a filled dot for a pair of state and action."""
    radius = 0.09 if filled else 0.26
    axes.add_patch(Circle((x, y), radius, fc=colour if filled else "none", ec=colour, lw=1.6))
    axes.text(
        x + (0.16 if filled else 0),
        y,
        text,
        color=colour,
        va="center",
        ha="left" if filled else "center",
    )


def _edge(axes: Axes, start, end, text: str, colour, gap=(0.26, 0.26), side: float = -1) -> None:
    """A line between two nodes, with its weight beside it."""
    start, end = np.array(start, dtype=float), np.array(end, dtype=float)
    along = (end - start) / np.hypot(*(end - start))
    start, end = start + gap[0] * along, end - gap[1] * along
    axes.plot(*np.transpose([start, end]), color=colour, lw=1.4)
    x, y = (start + end) / 2
    ha = "right" if side < 0 else "left"
    axes.text(x + 0.08 * side, y, text, color=colour, ha=ha, va="center")


@picture(
    title="Where V and Q get their values from",
    caption="Backup diagrams in the running MDP from state 0. A circle is a state, a dot a state "
    "with an action chosen in it. A circle is the mean of what hangs below it; a dot is its reward "
    "plus γ times that mean.",
    alt="Two trees. Left: from state 0 two branches, weighted with the policy, lead to the dots "
    "of actions 0 and 1, whose values Q average to V of state 0. Right: from the dot of state 0 "
    "and action 1 two branches, weighted with the kernel, lead to states 0 and 1, whose values V, "
    "discounted and with the reward added, give Q.",
    size=(5.4, 3.4),
    gamma="discount γ",
)
def backups(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-2.9, 7.1), ylim=(-2.75, 1.4), aspect="equal")
    axes.set_axis_off()
    policy, kernel = examples.running_policy().probabilities, examples.running().P
    _node(axes, 0, 0.6, "0")
    _node(axes, 5.0, 0.6, "0, 1", filled=True, colour=CONTRAST)
    for a, x in ((0, -1.4), (1, 1.4)):
        _node(axes, x, -1.7, "", filled=True, colour=(TRUTH, CONTRAST)[a])
        text = rf"$\pi({a}|0)={policy[0, a]:.1f}$"
        _edge(axes, (0, 0.6), (x, -1.7), text, (TRUTH, CONTRAST)[a], (0.26, 0.1), 2 * a - 1)
    for s, x in ((0, 3.9), (1, 6.1)):
        _node(axes, x, -1.7, str(s))
        text = f"{kernel[0, 1, s]:.2f}"
        _edge(axes, (5.0, 0.6), (x, -1.7), text, CONTRAST, (0.1, 0.26), 2 * s - 1)
    look: dict[str, Any] = {"ha": "center", "va": "center"}
    v, q = axes.text(0, 1.08, "", **look), axes.text(5.0, 1.08, "", color=CONTRAST, **look)
    leaves = [axes.text(x, -2.15, "", color=c, **look) for x, c in ((-1.4, TRUTH), (1.4, CONTRAST))]
    leaves += [axes.text(x, -2.3, "", **look) for x in (3.9, 6.1)]

    def draw(rng, gamma):
        V, Q = exact.values(examples.running(gamma), examples.running_policy())
        v.set_text(f"$V(0)={V[0]:.3f}$")
        q.set_text(f"$Q(0,1)={Q[0, 1]:.3f}$")
        for text, name, value in zip(
            leaves, ("Q(0,0)", "Q(0,1)", "V(0)", "V(1)"), (*Q[0], *V), strict=True
        ):
            text.set_text(f"${name}={value:.3f}$")
        return (
            f"V(0) = 0.6 · {Q[0, 0]:.3f} + 0.4 · {Q[0, 1]:.3f} = {V[0]:.3f}, and "
            f"Q(0,1) = 0 + {gamma:g} · (0.25 · {V[0]:.3f} + 0.75 · {V[1]:.3f}) = {Q[0, 1]:.3f}."
        )

    return draw


def leaves_of(gamma: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two steps of the running MDP after (s_0, a_0) = (0, 1): (paths, probabilities, returns).

    paths [8, 3] hold s_1, a_1, s_2; the return is r_0 + gamma r_1 + gamma^2 V(s_2).
    """
    mdp, policy = examples.running(gamma), examples.running_policy()
    V, pi = exact.values(mdp, policy)[0], policy.probabilities
    paths = np.array([(s, a, k) for s in (0, 1) for a in (0, 1) for k in (0, 1)])
    s, a, k = paths.T
    probabilities = mdp.P[0, 1, s] * pi[s, a] * mdp.P[s, a, k]
    return paths, probabilities, mdp.R[0, 1] + gamma * mdp.R[s, a] + gamma**2 * V[k]


RIM = 0.08  # of a circle of the tree, in levels
LEVELS = ("s₀, a₀", "s₁", "a₁", "s₂")


def tree() -> list[np.ndarray]:
    """The heights of the nodes of each level, from the root to the eight leaves."""
    heights = [np.linspace(1, 0, 8)]
    while len(heights[0]) > 1:
        heights.insert(0, heights[0].reshape(-1, 2).mean(axis=1))
    return heights


@picture(
    title="The tower: leaves average into Q",
    caption="Everything that can follow (s₀, a₀) = (0, 1) in two steps of the running MDP. At "
    "the leaves stand returns, r₀ + γ r₁ + γ² V(s₂); averaged over s₂, then a₁, then s₁, they "
    "become Q.",
    alt="A tree from left to right: the root, two states, four actions, eight last states, with "
    "branches as wide as their path is likely. Numbers at the outermost nodes are returns; each "
    "position of the control takes the mean over one level, until one number is left, Q.",
    size=(5.4, 4.2),
    averaged=Choice("averaged over", {0: "nothing", 1: "s₂", 2: "a₁ too", 3: "s₁ too"}),
    gamma="discount γ",
)
def tower(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-0.3, 3.75), ylim=(-0.1, 1.16))
    axes.set_axis_off()
    heights = tree()
    probabilities = leaves_of(0.5)[1]
    branches = []
    for level in (1, 2, 3):
        chances = probabilities.reshape(len(heights[level]), -1).sum(axis=1)
        lines = curves_of_level(axes, heights, level)
        for line, chance in zip(lines, chances, strict=True):
            line.set_linewidth(0.8 + 9 * chance)
        branches.append(lines)
        for n, y in enumerate(heights[level]):
            _leaf(axes, level, y, str(n % 2), is_state=level != 2)
    _leaf(axes, 0, heights[0][0], "", is_state=False)
    for level, name in enumerate(LEVELS):
        axes.text(level, 1.11, name, ha="center", va="center", color=FAINT)
    values = [axes.text(0, 0, "", va="center", color=TRUTH) for _ in range(8)]

    def draw(rng, averaged, gamma):
        _, chances, returns = leaves_of(gamma)
        level, group = 3 - int(averaged), 2 ** int(averaged)
        weights = chances.reshape(-1, group).sum(axis=1)
        means = (chances * returns).reshape(-1, group).sum(axis=1) / weights
        for n, text in enumerate(values):
            there = n < len(means)
            text.set_text(f"{means[n]:.3f}" if there else "")
            text.set_position((level + 0.13, heights[level][n] if there else 0))
        for depth, lines in enumerate(branches, 1):
            for line in lines:
                line.set_color(INK if depth <= level else GRID)
        Q = float(chances @ returns)
        count = "One value is" if len(means) == 1 else f"{len(means)} values are"
        return (
            f"At γ = {gamma:g}: {count} left. Weighted with the probabilities of their paths they "
            f"have the mean Q(0, 1) = {Q:.3f}, at this level as at every other."
        )

    return draw


def curves_of_level(axes: Axes, heights: list[np.ndarray], level: int) -> list[Line2D]:
    """A straight branch to each node of this level from its parent, from rim to rim."""
    x = [level - 1 + RIM * (level == 2), level - RIM * (level != 2)]
    return [
        axes.plot(x, [heights[level - 1][n // 2], y], color=INK, zorder=1)[0]
        for n, y in enumerate(heights[level])
    ]


def _leaf(axes: Axes, x: float, y: float, text: str, is_state: bool) -> None:
    """A node of the tree: a state as a circle with its number, an action as a dot."""
    if is_state:
        axes.plot([x], [y], "o", ms=15, mfc="none", mec=INK, mew=1.2, zorder=2)
        axes.text(x, y, text, ha="center", va="center", zorder=3)
    else:
        axes.plot([x], [y], "o", ms=7, color=CONTRAST, zorder=2)
        axes.text(x, y + 0.025, text, ha="center", va="bottom", zorder=3)


STACKED = 12


@picture(
    title="Visits, discounted and stacked",
    caption="The running MDP: at each time t a bar of height (1 − γ)γᵗ, divided between the two "
    "states as the agent divides its time. Stacked, the pieces make d_γ.",
    alt="Left: bars over the time t that shrink like gamma to the t, each divided into a part for "
    "state 0 and one for state 1. Right: the parts of each state stacked on each other, the "
    "discounted occupancy.",
    gamma="discount γ",
)
def stacked_visits(figure: Figure):
    left, right = figure.subplots(1, 2, width_ratios=(3, 1), sharey=True)
    left.set(xlim=(-0.6, STACKED - 0.4), ylim=(0, 1.12), xlabel="time $t$")
    left.set_ylabel(r"$(1-γ)\,γ^t\,P(s_t=s)$")
    right.set(xlim=(-0.6, 1.6), xticks=[0, 1], xlabel="state $s$")
    times = np.arange(STACKED)
    lower, upper = Bars(left, times, TRUTH), Bars(left, times, CONTRAST)
    stacks = [
        Bars(right, np.full(STACKED, s), c, edgecolors="white", linewidths=0.6)
        for s, c in ((0, TRUTH), (1, CONTRAST))
    ]
    rest = Bars(right, [0, 1], GRID)
    left.text(STACKED - 0.6, 0.92, "state 0", color=TRUTH, ha="right")
    left.text(STACKED - 0.6, 0.84, "state 1", color=CONTRAST, ha="right")
    left.text(STACKED - 0.6, 0.76, f"grey: from t = {STACKED} on", color=FAINT, ha="right")
    totals = [right.text(s, 0, "", ha="center", va="bottom") for s in (0, 1)]

    def draw(rng, gamma):
        mdp, policy = examples.running(gamma), examples.running_policy()
        laws = exact.state_distributions(mdp, policy, STACKED)[:STACKED]
        pieces = (1 - gamma) * gamma ** times[:, None] * laws
        d = exact.occupancy(mdp, policy)
        lower.stand(pieces[:, 0])
        upper.stand(pieces[:, 1], pieces[:, 0])
        below = np.cumsum(pieces, axis=0)
        rest.stand(d - below[-1], below[-1])
        for s in (0, 1):
            stacks[s].stand(pieces[:, s], below[:, s] - pieces[:, s])
            totals[s].set(y=d[s] + 0.01, text=f"{d[s]:.3f}")
        return (
            f"At γ = {gamma:g} the pieces of state 0 add up to d_γ(0) = {d[0]:.3f} and those of "
            f"state 1 to {d[1]:.3f}; together 1."
        )

    return draw
