"""FrozenLake as a grid: ice, holes, the goal, and a policy as arrows."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.patches import Circle, Rectangle

from utils.explorer.style import FAINT, GRID, INK, SAFE, TRUTH

SIDE, START, GOAL = 4, 0, 15
HOLES = (5, 7, 11, 12)
# The unit steps of left, down, right, up; rows count downwards.
STEPS = np.array([(-1, 0), (0, 1), (1, 0), (0, -1)])
LENGTH, HEAD, WIDEST = 0.4, 0.15, 0.26


def cell(state: int) -> tuple[int, int]:
    """(column, row) of a state; states are numbered row by row from the top left."""
    row, column = divmod(int(state), SIDE)
    return column, row


def draw_ice(axes: Axes) -> None:
    """The 4 x 4 lake with its start, holes and goal; columns to the right, rows downwards."""
    axes.set(xlim=(-0.52, SIDE - 0.48), ylim=(SIDE - 0.48, -0.52), aspect="equal")
    axes.set_axis_off()
    for state in range(SIDE**2):
        column, row = cell(state)
        corner = (column - 0.5, row - 0.5)
        axes.add_patch(Rectangle(corner, 1, 1, fc="none", ec=FAINT, lw=0.8, zorder=0))
        if state in HOLES:
            axes.add_patch(Circle((column, row), 0.36, fc=GRID, ec=INK, lw=1.2, zorder=1))
            axes.text(column, row, "hole", ha="center", va="center")
    column, row = cell(GOAL)
    axes.add_patch(Rectangle((column - 0.42, row - 0.42), 0.84, 0.84, fc="none", ec=SAFE, lw=3))
    axes.text(column, row, "goal", ha="center", va="center", color=SAFE, weight="bold")
    column, row = cell(START)
    axes.text(column - 0.46, row + 0.46, "start", va="bottom", color=FAINT)


def arrow(state: int, action: int, chance: float) -> np.ndarray:
    """The outline of one arrow, [7, 2]: its shaft is as wide as its action is likely."""
    along = STEPS[action]
    across = np.array([-along[1], along[0]])
    half, head = WIDEST * chance / 2, WIDEST * chance / 2 + 0.035 * min(1, 8 * chance)
    neck = LENGTH - HEAD * min(1, 2 * chance + 0.3)
    outline = [(0.06, half), (neck, half), (neck, head), (LENGTH, 0)]
    outline += [(x, -y) for x, y in reversed(outline[:3])]
    return np.array(cell(state)) + np.array([x * along + y * across for x, y in outline])


class PolicyArrows:
    """Four arrows in each cell of ice, as wide as pi(a|s)."""

    def __init__(self, axes: Axes):
        self._arrows = PolyCollection([], facecolors=TRUTH, linewidths=0, zorder=2)
        axes.add_collection(self._arrows, autolim=False)

    def show(self, probabilities: np.ndarray) -> None:
        """Draw pi [16, 4]; an action below one in a hundred has no arrow."""
        ice = [s for s in range(SIDE**2) if s not in (*HOLES, GOAL)]
        outlines = [
            arrow(s, a, probabilities[s, a])
            for s in ice
            for a in range(4)
            if probabilities[s, a] >= 0.01
        ]
        self._arrows.set_verts(outlines)
