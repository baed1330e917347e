"""Pictures of chapter 0: a learner on the ice, two slot machines, and a misleading corridor."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from utils import exact
from utils.common.statistics import mean_and_standard_error
from utils.common.words import plain, signed
from utils.explorer import picture
from utils.explorer.style import CONTRAST, DASHED, ESTIMATE, FAINT, GRID, INK, TRUTH
from utils.figures.instruments import Bars, Row, curve, lines_of_text, marks
from utils.figures.lake import GOAL, HOLES, PolicyArrows, cell, draw_ice
from utils.figures.stored_runs import (
    LAKE_EPISODES,
    LAKE_GAMMA,
    SHOWN_SEED,
    SHOWN_UPDATES,
    lake_policies,
    lake_runs,
)
from utils.learning.frozen_lake import best_finite_horizon_objective
from utils.model import examples
from utils.model.policies import TablePolicy
from utils.sampling.rollouts import simulate

WALK_STEPS = 100


def walk(probabilities: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The states of one skater, from the start to a hole, the goal or the end of 100 steps, [n]."""
    mdp = examples.frozen_lake(LAKE_GAMMA)
    states = simulate(mdp, TablePolicy(probabilities), 1, WALK_STEPS + 1, rng).states[:, 0]
    over = np.flatnonzero(np.isin(states, (*HOLES, GOAL)))
    return states[: over[0] + 1] if len(over) else states


def chance_of_home(probabilities: np.ndarray) -> float:
    """P(the goal is reached within 100 steps), exactly."""
    mdp = examples.frozen_lake(LAKE_GAMMA)
    laws = exact.state_distributions(mdp, TablePolicy(probabilities), WALK_STEPS)
    return float(laws[WALK_STEPS, GOAL])


def walk_in_words(states: np.ndarray) -> str:
    """How the walk of one skater ended."""
    steps = len(states) - 1
    if states[-1] == GOAL:
        return f"This skater reaches the goal in {steps} steps"
    if states[-1] in HOLES:
        return f"This skater falls into a hole after {steps} steps"
    return f"This skater is still on the ice after {steps} steps"


@picture(
    name="learner-on-the-ice",
    title="A learner on the ice",
    caption="FrozenLake while a learner plays it: its policy as arrows, as wide as an action is "
    "likely; one skater's walk; and J, the exact mean of the discounted reward (γ = 0.95) of a "
    "game of at most 100 steps.",
    alt="On the left a lake of four by four cells with four holes and a goal; arrows in each cell "
    "are as wide as their action is likely, and a line is the walk of one skater. On the right "
    "the objective J climbs with the number of updates towards the best possible value.",
    size=(5.4, 3.3),
    updates="updates of the policy",
)
def lake(figure: Figure):
    ice, climb = figure.subplots(1, 2, width_ratios=(5, 3))
    draw_ice(ice)
    arrows = PolicyArrows(ice)
    path = curve(ice, ESTIMATE, lw=1.8, alpha=0.85)
    skater = marks(ice, ESTIMATE, ms=9)
    J = lake_runs()[0, SHOWN_SEED]
    best = best_finite_horizon_objective(examples.frozen_lake(LAKE_GAMMA), WALK_STEPS)
    climb.set(xlim=(0, len(J) - 1), ylim=(0, 0.21), xlabel="updates", ylabel="$J$")
    climb.set_xticks([0, 100, 200])
    climb.axhline(best, color=FAINT, lw=1.2)
    climb.text(4, best + 0.004, "best possible", color=FAINT)
    climb.plot(J, color=GRID, lw=2)
    climbed, here = curve(climb, TRUTH, lw=2.4), marks(climb, TRUTH, ms=8)

    def draw(rng, updates):
        k = int(updates)
        pi = lake_policies()[SHOWN_UPDATES.index(k)]
        arrows.show(pi)
        states = walk(pi, rng)
        places = np.array([cell(s) for s in states]) + rng.uniform(-0.16, 0.16, (len(states), 2))
        path.set_data(*places.T)
        skater.set_data(*places[-1:].T)
        climbed.set_data(np.arange(k + 1), J[: k + 1])
        here.set_data([k], [J[k]])
        return (
            f"After {k} updates of {LAKE_EPISODES} games each: J = {J[k]:.3f}, "
            f"{100 * J[k] / best:.0f} % of the best possible, and {100 * chance_of_home(pi):.0f} % "
            f"of all walks reach the goal. {walk_in_words(states)}."
        )

    return draw


PAYS = np.array([1.0, 3.0])  # what the two machines pay on average
PRIZE = np.array([2.0, 12.0])  # a win; the chances are 1/2 and 1/4
CHANCE = PAYS / PRIZE


def bandit_games(p: float, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(actions, returns) of n games: machine 1 is played with probability p, [n] each."""
    actions = (rng.random(n) < p).astype(int)
    return actions, PRIZE[actions] * (rng.random(n) < CHANCE[actions])


@picture(
    name="slot-machines",
    title="Score times return, game after game",
    caption="Two slot machines. Each game gives a bar, its score times its return; the mean of all "
    "bars estimates the slope of J, which stands beside it exactly.",
    alt="Upper panel: the last forty games as bars of score times return, upwards for a win of "
    "machine 1 and downwards for a win of machine 0. Lower panel: their mean over all games with "
    "its 95 percent interval, beside a line at the exact slope of J.",
    size=(5.4, 4.2),
    p="chance p of machine 1",
    games="games played",
)
def two_coins(figure: Figure):
    upper, lower = figure.subplots(2, 1, height_ratios=(5, 3))
    upper.set(xlim=(-0.6, LAST_GAMES - 0.4), ylim=(-6, 13), ylabel="score × return")
    upper.set_xticks([])
    upper.axhline(0, color=INK, lw=0.8)
    bars = Bars(upper, np.arange(LAST_GAMES), ESTIMATE, width=0.7)
    upper.text(LAST_GAMES - 0.6, 11.2, "up: machine 1 won", ha="right")
    upper.text(LAST_GAMES - 0.6, -5.4, "down: machine 0 won", ha="right")
    count = upper.text(-0.3, 11.2, "", color=ESTIMATE)
    lower.set(
        xlim=(-1.4, 2.8), ylim=(-0.6, 1.6), yticks=[], xlabel="slope of $J$ by the logit of p"
    )
    slope = curve(lower, TRUTH, lw=2.4)
    estimate = Row(lower, 0.0, reach=(-1.4, 2.8))
    mean_label, slope_label = lines_of_text(
        lower, (2.75, 1.15), 0.42, ("", ESTIMATE), ("", TRUTH), ha="right"
    )

    def draw(rng, p, games):
        n = int(games)
        actions, returns = bandit_games(p, n, rng)
        products = (actions - p) * returns
        last = np.zeros(LAST_GAMES)
        shown = products[-LAST_GAMES:]
        last[: len(shown)] = shown
        bars.stand(last)
        true = p * (1 - p) * (PAYS[1] - PAYS[0])
        mean, half = estimate.estimate(products)
        slope.set_data([true, true], [-0.6, 0.6])
        count.set_text(f"{'all' if n <= LAST_GAMES else f'last {LAST_GAMES} of'} {n} games")
        mean_label.set_text(f"mean of all bars {signed(mean)} ± {half:.2f}")
        slope_label.set_text(f"exact slope {signed(true)}")
        return (
            f"Machine 1 is played with p = {p:g}. After {n} games the mean of score × return is "
            f"{signed(mean)}, with a 95 % interval of ± {half:.2f}. "
            f"The slope of J is {signed(true)}."
        )

    return draw


LAST_GAMES = 40
BEST_P = 2 - np.sqrt(2)


def corridor_objective(p) -> np.ndarray:
    """J = -(4 - 2p) / (p (1 - p)): minus the mean number of steps to the goal.

    In every room "right" has probability p. With T_1 = 1/p + T_2 and
    T_2 = (3 - p) / (p (1 - p)); the maximum lies at p = 2 - sqrt(2).
    Sutton and Barto (2018), example 13.1.
    """
    p = np.asarray(p, dtype=float)
    return -(4 - 2 * p) / (p * (1 - p))


def corridor_steps(p: float, n: int, rng: np.random.Generator, most: int = 2000) -> np.ndarray:
    """Steps of n walks from the first room to the goal, [n]; none is longer than ``most``."""
    room, steps = np.zeros(n, dtype=int), np.zeros(n, dtype=int)
    for _ in range(most):
        walking = room < 3
        if not walking.any():
            break
        right = rng.random(n) < p
        move = np.where((room == 1) == right, -1, 1)
        room = np.where(walking, np.clip(room + move, 0, 3), room)
        steps += walking
    return steps


CORRIDOR_WALKS = 200


@picture(
    title="One room is the wrong way round",
    caption="The short corridor: J, minus the mean number of steps to the goal, over the "
    "probability p of going right, which is the same in all rooms.",
    alt="Above, three rooms in a row and the goal at the right; in the middle room left and right "
    "are swapped. Below, the objective J over p: it falls without bound towards p = 0 and p = 1 "
    "and is largest at p = 0.59.",
    size=(5.4, 4.0),
    p="chance p of going right",
)
def corridor(figure: Figure):
    rooms, axes = figure.subplots(2, 1, height_ratios=(2, 5))
    _draw_rooms(rooms)
    arrows = _room_arrows(rooms)
    axes.set(xlim=(0, 1), ylim=(-62, 0), xlabel="$p$, the probability of right in every room")
    axes.set_ylabel("$J$")
    grid = np.linspace(0.03, 0.97, 95)
    axes.plot(grid, corridor_objective(grid), color=TRUTH)
    axes.plot([BEST_P, BEST_P], [-62, corridor_objective(BEST_P)], color=FAINT, ls=DASHED, lw=1.2)
    best = f"best: p = {BEST_P:.2f}, J = {plain(float(corridor_objective(BEST_P)), 1)}"
    axes.text(BEST_P - 0.02, -60, best, color=FAINT, ha="right")
    point = marks(axes, TRUTH, ms=8)
    sampled = marks(axes, ESTIMATE, "s", ms=6)
    exact_label, sampled_label = lines_of_text(
        axes, (0.34, -34), 6, ("", TRUTH), ("", ESTIMATE), ha="center"
    )

    def draw(rng, p):
        steps = corridor_steps(p, CORRIDOR_WALKS, rng)
        J, (mean, error) = float(corridor_objective(p)), mean_and_standard_error(-steps)
        for arrow, chance in zip(arrows, (p, 1 - p) * 3, strict=True):
            arrow.set_linewidth(7 * chance)
        point.set_data([p], [J])
        sampled.set_data([p], [mean])
        exact_label.set_text(f"exact J = {plain(J, 1)}")
        sampled_label.set_text(
            f"square: {CORRIDOR_WALKS} walks, {plain(float(mean), 1)} ± {1.96 * error:.1f}"
        )
        least = -float(corridor_objective(BEST_P))
        return (
            f"With p = {p:g} a walk takes {-J:.1f} steps on average. One that always goes right "
            f"never arrives, nor does one that always goes left; the best is p = {BEST_P:.2f} with "
            f"{least:.1f} steps."
        )

    return draw


def _draw_rooms(axes) -> None:
    """Three rooms and the goal; the arrows are added at each move."""
    axes.set(xlim=(-0.9, 3.6), ylim=(-0.62, 0.62))
    axes.set_axis_off()
    for room, name in enumerate(("1", "2: swapped", "3", "goal")):
        axes.plot(
            [room - 0.48, room + 0.48, room + 0.48, room - 0.48, room - 0.48],
            [-0.3, -0.3, 0.3, 0.3, -0.3],
            color=INK,
            lw=1.2,
        )
        axes.text(room, 0.36, name, ha="center", va="bottom")
    axes.text(-0.55, 0.13, "right", color=TRUTH, ha="right", va="center")
    axes.text(-0.55, -0.13, "left", color=CONTRAST, ha="right", va="center")


def _room_arrows(axes) -> list[Line2D]:
    """Right and left in each room, where they lead; their widths are set at each move."""
    arrows = []
    for room in range(3):
        for side, colour, y in ((1, TRUTH, 0.13), (-1, CONTRAST, -0.13)):
            leads = -side if room == 1 else side
            head = ">" if leads > 0 else "<"
            (line,) = axes.plot(
                [room, room + 0.36 * leads], [y, y], color=colour, marker=head, ms=11, markevery=[1]
            )
            arrows.append(line)
    return arrows
