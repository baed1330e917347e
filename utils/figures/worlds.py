"""The named worlds of the book as diagrams, each from the tables that its checks use."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle

from utils.explorer import picture
from utils.explorer.style import ESTIMATE, FAINT, INK, TRUTH
from utils.figures.diagram import CAPTION, Picture, diagram
from utils.figures.lake import PolicyArrows, draw_ice
from utils.learning import clinic
from utils.model import examples
from utils.model.mdp import FiniteMDP

HALF = 0.5


def world(next_states, rewards, gamma: float = HALF) -> FiniteMDP:
    """An MDP without chance: action a in state s leads to ``next_states[s][a]``."""
    P = examples.deterministic_kernel(next_states)
    return FiniteMDP(P, rewards, gamma, np.eye(len(P))[0])


def gamble_world(x: float) -> FiniteMDP:
    """Action 1 costs 1 and reaches, with probability ``x``, a state that pays 4; gamma = 1/2."""
    end = [[0, 0, 1], [0, 0, 1]]
    P = [[[0, 0, 1], [0, x, 1 - x]], end, end]
    return FiniteMDP(P, [[0, -1], [4, 4], [0, 0]], HALF, [1, 0, 0])


def short_corridor_world(gamma: float = 0.99) -> FiniteMDP:
    """Three rooms and the goal; each step costs 1, and in the middle room left and right swap.

    Actions are left (0) and right (1). Sutton and Barto (2018), example 13.1, there with gamma = 1.
    """
    return world([[0, 1], [2, 0], [1, 3], [3, 3]], [[-1, -1]] * 3 + [[0, 0]], gamma)


running_mdp: Picture = diagram(
    examples.running(),
    at=[(0, 0), (5.0, 0)],
    name="running-mdp",
    title="The running MDP",
    caption="The running MDP. " + CAPTION,
)

lever: Picture = diagram(
    examples.running(),
    actions=["a ≤ 0", "a > 0"],
    at=[(0, 0), (5.0, 0)],
    name="lever",
    title="The running MDP with a lever",
    caption="The running MDP with a lever: the action is a real force a, and only its sign counts. "
    + CAPTION,
)

fork: Picture = diagram(
    world([[2, 1], [3, 3], [3, 3], [3, 3]], [[0, 0], [3, 1], [0, -2], [0, 0]]),
    states=["s₀", "s₊", "s₋", "end"],
    name="fork",
    title="The fork",
    caption="The fork: one coin decides twice. An arrow says which side of it, and what that pays.",
)

gamble: Picture = diagram(
    gamble_world(0.25),
    states=["s₀", "s₊", "end"],
    name="gamble",
    title="The gamble",
    caption="The gamble, here with the kernel entry x = 0.25. " + CAPTION,
)

ward: Picture = diagram(
    *clinic.ward(),
    states=["0", "1", "home"],
    name="ward",
    title="The ward",
    caption="The ward. An arrow is an action with what it pays and, in brackets, how likely it is.",
)

hiker: Picture = diagram(
    world([[2, 1], [2, 2], [2, 2]], [[0, 0], [0, 1], [0, 0]]),
    states=["1", "2", "end"],
    rewards={(0, 0): "c"},
    name="hiker",
    title="The world of the round trip",
    caption="Two decisions with parameters of their own: p goes on in state 1, q takes the 1 in "
    "state 2. To stop at once pays c.",
)

two_futures: Picture = diagram(
    world([[2, 1], [1, 1], [2, 2]], [[0, 0], [1, 1], [0, 0]]),
    states=["s₀", "s₊", "s₋"],
    name="two-futures",
    title="Two futures",
    caption="One decision, and then 1 a step for ever or nothing: no single stationary law.",
)

three_decisions: Picture = diagram(
    world([[3, 1], [3, 2], [3, 3], [3, 3]], [[0, 0], [0, 0], [0, 1], [0, 0]]),
    states=["1", "2", "3", "end"],
    rewards={(0, 0): "c₁", (1, 0): "c₂"},
    at=[(0, 0), (2.6, 0), (5.2, 0), (2.6, -2.4)],
    name="three-decisions",
    title="Three decisions in a row",
    caption="Three decisions with parameters of their own: p and q go on, r takes the 1 in state "
    "3. To stop pays c₁ or c₂.",
)

aliased_corridor: Picture = diagram(
    gamble_world(1.0),
    states=["o", "o", "end"],
    name="aliased-corridor",
    title="Two states that look the same",
    caption="The aliased corridor: the agent sees o in both states, so one p serves both.",
)

short_corridor: Picture = diagram(
    short_corridor_world(),
    states=["1", "2", "3", "goal"],
    actions=["left", "right"],
    rewards={(s, a): "" for s in range(3) for a in range(2)},
    at=[(0, 0), (2.2, 0), (4.4, 0), (6.6, 0)],
    name="short-corridor",
    title="The short corridor",
    caption="The short corridor: each step costs 1, and in room 2 left and right are swapped. The "
    "agent cannot tell the rooms apart.",
)

xor_game: Picture = diagram(
    world([[1, 2], [3, 3], [3, 3], [3, 3]], [[0, 0], [0, 4], [4, 0], [0, 0]]),
    name="xor-game",
    title="The XOR game",
    caption="The XOR game: two tosses of one coin, and 4 if they differ.",
)

survival_chain: Picture = diagram(
    world([[1, 0], [1, 1]], [[0, 1], [0, 0]], 0.9),
    states=["alive", "over"],
    name="survival-chain",
    title="The survival chain",
    caption="The survival chain: action 1 pays 1 and goes on, action 0 ends it.",
)

two_tosses: Picture = diagram(
    world([[1, 1], [2, 2], [2, 2]], [[0, 3], [0, -4], [0, 0]]),
    states=["s₀", "s₁", "end"],
    rewards={(0, 1): "+x", (1, 1): "−y"},
    name="two-tosses",
    title="Two tosses of one coin",
    caption="One coin decides twice: action 1 pays x at time 0 and costs y at time 1.",
)

button: Picture = diagram(
    FiniteMDP([[[1], [1]]], [[0, 1]], 0.9, [1]),
    states=["s"],
    name="button",
    title="One state, for ever",
    caption="A single state: action 1 pays 1, action 0 nothing, and the next step is the same.",
)


@picture(
    title="FrozenLake",
    caption="The lake with the book's policy: an arrow is as wide as its action is likely. On the "
    "ice a step goes where it was meant in one case of three, else to one of the two sides.",
    alt="A square of four by four cells. It begins at the top left and ends with the reward 1 at "
    "the bottom right; four cells are holes. Arrows in each cell show that down and right are "
    "the likeliest actions.",
    size=(3.8, 3.8),
)
def frozen_lake(figure: Figure):
    axes = figure.subplots()
    draw_ice(axes)
    PolicyArrows(axes).show(examples.frozen_lake_policy().probabilities)
    return lambda rng: "The wider an arrow, the likelier the action."


@picture(
    title="CartPole",
    caption="CartPole: the agent pushes the cart left or right. Each step pays 1 until the pole "
    "leans more than 12° or the cart leaves the track, and at most 500 steps.",
    alt="A cart on a track with a pole that leans to the right. The position x, the angle of the "
    "pole and the two pushes, left and right, are marked.",
    size=(5.0, 3.0),
)
def cart_pole(figure: Figure):
    axes = figure.subplots()
    axes.set(xlim=(-2.9, 2.9), ylim=(-0.75, 2.5), aspect="equal")
    axes.set_axis_off()
    axes.plot([-2.4, 2.4], [0, 0], color=INK, lw=1.6)
    for end in (-2.4, 2.4):
        axes.plot([end, end], [-0.12, 0.12], color=INK, lw=1.6)
        axes.text(end, -0.2, f"{end:g} m".replace("-", "−"), ha="center", va="top", color=FAINT)
    axes.add_patch(Rectangle((-0.5, 0.16), 1.0, 0.42, fc="none", ec=INK, lw=1.8))
    for wheel in (-0.3, 0.3):
        axes.add_patch(Circle((wheel, 0.1), 0.1, fc=INK, ec=INK))
    lean = np.radians(12)
    tip = np.array([1.8 * np.sin(lean), 0.58 + 1.8 * np.cos(lean)])
    axes.plot([0, tip[0]], [0.58, tip[1]], color=ESTIMATE, lw=5, solid_capstyle="round")
    axes.plot([0, 0], [0.58, 2.3], color=FAINT, lw=1)
    axes.text(0.08, 2.32, "angle", color=ESTIMATE, va="bottom")
    axes.text(0, -0.2, "position x", color=INK, ha="center", va="top")
    for side, name, ha in ((-1, "push left", "right"), (1, "push right", "left")):
        arrow = {"arrowstyle": "-|>", "color": TRUTH, "lw": 2}
        axes.annotate("", (1.25 * side, 0.37), (0.6 * side, 0.37), arrowprops=arrow)
        axes.text(1.32 * side, 0.37, name, color=TRUTH, ha=ha, va="center")
    return lambda rng: "The state is position and speed of the cart, angle and speed of the pole."


WORLDS = (
    running_mdp,
    lever,
    fork,
    gamble,
    ward,
    hiker,
    two_futures,
    three_decisions,
    aliased_corridor,
    short_corridor,
    xor_game,
    survival_chain,
    two_tosses,
    button,
    frozen_lake,
    cart_pole,
)
