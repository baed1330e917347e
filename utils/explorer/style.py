"""House style of every figure: named colours, line weights, and an empty figure that has them.

A drawing names a *role* (``TRUTH``, ``ESTIMATE``, ...), never a hue. Each role has one colour for
light pages and one for dark pages, so that the same SVG serves both: the explorer replaces the
light hex value by a CSS variable. The colours of marks stay 20 units of CIELAB apart also under the
three forms of colour blindness, and all reach 4.5:1 against the page, so that a coloured label
stays readable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure


@dataclass(frozen=True)
class Role:
    """A colour with a meaning: its CSS name, and its hex value on light and on dark pages."""

    name: str
    light: str
    dark: str


ROLES = (
    INK_ROLE := Role("ink", "#1f2428", "#e8e8ea"),
    FAINT_ROLE := Role("faint", "#6a7178", "#a2a9b1"),
    GRID_ROLE := Role("grid", "#d9dde1", "#3c4148"),
    TRUTH_ROLE := Role("truth", "#0062a3", "#62b6f2"),
    ESTIMATE_ROLE := Role("estimate", "#b84c00", "#ffa557"),
    CONTRAST_ROLE := Role("contrast", "#640028", "#f028a0"),
    SAFE_ROLE := Role("safe", "#783cdc", "#a064f0"),
)

INK = INK_ROLE.light  # text, axes
FAINT = FAINT_ROLE.light  # secondary marks
GRID = GRID_ROLE.light  # grid lines
TRUTH = TRUTH_ROLE.light  # exact values
ESTIMATE = ESTIMATE_ROLE.light  # Monte Carlo
CONTRAST = CONTRAST_ROLE.light  # the other policy, the broken version
SAFE = SAFE_ROLE.light  # bounds that hold

# Dashes, in widths of the line: on, off.
LEVEL = (0, (4, 3))  # a level or a limit that other lines are compared with
DASHED = (0, (5, 2))  # the second of two curves
SHORT_DASHED = (0, (4, 2))  # the second of two straight lines
CLOSE_DASHED = (0, (3, 2))  # a short mark
DOTTED = (0, (2, 2))  # what stands in the background

RC: dict[Any, Any] = {
    "svg.hashsalt": "policy-gradient-book",
    "svg.fonttype": "path",
    "path.simplify": True,
    "path.simplify_threshold": 0.2,
    "font.size": 12.5,
    "axes.labelsize": 12.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
}


def blank_figure(width: float, height: float) -> Figure:
    """An empty figure of ``width`` by ``height`` inches; draw on it inside ``house_style()``."""
    # SVG counts in points: at any other resolution artists drawn alone would land elsewhere.
    figure = Figure(figsize=(width, height), dpi=72, layout="constrained")
    FigureCanvasSVG(figure)
    return figure


def house_style():
    """Context manager under which Matplotlib draws in the house style."""
    return mpl.rc_context(RC)
