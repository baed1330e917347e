"""The instruments that pictures are built from: curves, marks, bands, intervals, lines of text.

Each is put on its axes empty, in the setup of a picture, and shown its data at every move.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import FillBetweenPolyCollection, LineCollection, PolyCollection
from matplotlib.lines import Line2D
from matplotlib.text import Text

from utils.common.statistics import (
    confidence_interval,
    mean_and_standard_error,
)
from utils.explorer.style import DOTTED, ESTIMATE, FAINT, GRID

Line = tuple[str, str]  # text and colour


def curve(axes: Axes, colour: str, **look: Any) -> Line2D:
    """A line that has no points yet; ``set_data(x, y)`` gives it some."""
    (line,) = axes.plot([], [], color=colour, **look)
    return line


def marks(axes: Axes, colour: str, marker: str = "o", **look: Any) -> Line2D:
    """Unconnected marks, none of them yet; ``set_data(x, y)`` places them."""
    (line,) = axes.plot([], [], marker, color=colour, **look)
    return line


class Bars:
    """Bars that are one mark of the drawing, so that a move of a slider replaces one group.

    ``places`` [N] are the middles; ``stand(heights, bottoms)`` [N] gives them their size.
    """

    def __init__(self, axes: Axes, places: Any, colour: Any, width: float = 0.8, **look: Any):
        self._left = np.asarray(places) - width / 2
        self._width = width
        self.marks = PolyCollection([], facecolors=colour, **look)
        axes.add_collection(self.marks)

    def stand(self, heights: Any, bottoms: Any = 0) -> None:
        """Let the bars reach from ``bottoms`` to ``bottoms + heights``."""
        low = np.broadcast_to(bottoms, self._left.shape)
        high, right = low + heights, self._left + self._width
        corners = [(self._left, low), (right, low), (right, high), (self._left, high)]
        self.marks.set_verts(list(np.stack([np.stack(xy, axis=-1) for xy in corners], axis=1)))


def empty_band(axes: Axes, colour: str = GRID, **look: Any) -> FillBetweenPolyCollection:
    """A filled band, empty at first; ``set_data(x, low, high)`` spans it."""
    return axes.fill_between([0], [0], [0], color=colour, lw=0, **look)


def lines_of_text(
    axes: Axes, corner: tuple[float, float], step: float, *lines: Line, **look: Any
) -> list[Text]:
    """Coloured lines below each other, which name what is drawn in their colour.

    The first stands at ``corner``, each other ``step`` below the one before, in data units.
    """
    x, top = corner
    return [
        axes.text(x, round(top - step * row, 9), text, color=colour, **look)
        for row, (text, colour) in enumerate(lines)
    ]


class Stems:
    """Upright bars from 0 at places that may move: the atoms of a law."""

    def __init__(self, axes: Axes, colour: str):
        self._bars = axes.vlines([0], 0, 0, color=colour, lw=4)

    def show(self, places: np.ndarray, heights: np.ndarray) -> None:
        """One bar for each place, up or down to its height."""
        self._bars.set_segments([[(x, 0), (x, y)] for x, y in zip(places, heights, strict=True)])


class Intervals:
    """Estimates side by side: a dot at each mean and a bar over its interval.

    axes    where they are drawn
    places  where each estimate stands on the other axis, [K]
    upright whether means are read off the vertical axis
    paired  every second estimate gets a hollow square in place of a dot
    """

    def __init__(
        self,
        axes: Axes,
        places: np.ndarray,
        colour: str = ESTIMATE,
        *,
        lw: float = 1.4,
        upright: bool = True,
        paired: bool = False,
    ):
        self._places, self._upright = np.asarray(places), upright
        lines = axes.vlines if upright else axes.hlines
        self._bars: LineCollection = lines(self._places, 1, 1, color=colour, lw=lw)
        self._dots = [marks(axes, colour, ms=4)]
        if paired:
            self._dots.append(marks(axes, colour, "s", ms=4, mfc="none"))

    def show(self, mean, low, high, shown=True) -> None:
        """Draw means and intervals, [K] each; a mean that is not ``shown`` has no dot."""
        shown = np.broadcast_to(shown, self._places.shape)
        ends = np.stack([low, high], axis=1)
        there = np.broadcast_to(self._places[:, None], ends.shape)
        order = (there, ends) if self._upright else (ends, there)
        self._bars.set_segments(list(np.stack(order, axis=-1)))
        kinds = len(self._dots)
        for kind, dots in enumerate(self._dots):
            own = np.arange(len(self._places)) % kinds == kind
            pair = self._places[own & shown], np.asarray(mean)[own & shown]
            dots.set_data(*(pair if self._upright else pair[::-1]))

    def estimate(self, samples: np.ndarray) -> np.ndarray:
        """Draw the means of ``samples`` [N, K] with 95 % intervals; the means."""
        mean, error = mean_and_standard_error(samples)
        self.show(mean, *confidence_interval(mean, error))
        return mean


class Row:
    """One estimate on a line of its own: a dot and its interval, cut off at ``reach``."""

    def __init__(
        self,
        axes: Axes,
        y: float,
        reach: tuple[float, float] = (-np.inf, np.inf),
        colour: str = ESTIMATE,
    ):
        self._y, self._reach = y, reach
        self._bar = curve(axes, colour, lw=2)
        self._dot = marks(axes, colour, ms=5)

    def estimate(self, samples: np.ndarray) -> tuple[float, float]:
        """Draw the mean of ``samples`` [N] with its 95 % interval; (mean, half the width)."""
        mean, error = mean_and_standard_error(samples)
        low, high = confidence_interval(mean, error)
        self._bar.set_data(np.clip([low, high], *self._reach), [self._y, self._y])
        inside = self._reach[0] <= mean <= self._reach[1]
        self._dot.set_data([mean] if inside else [], [self._y] if inside else [])
        return float(mean), float(high - mean)


class Cross:
    """One estimate in the plane, with an interval along each axis, cut off at the frame."""

    def __init__(self, axes: Axes, colour: str = ESTIMATE):
        self._bars = axes.vlines([0, 0], 0, 0, color=colour, lw=1.6)
        self._frame = np.array([axes.get_xlim(), axes.get_ylim()]).T

    def show(self, centre: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
        """Draw the cross at ``centre`` [2] from ``low`` to ``high``, [2] each."""
        least, most = self._frame
        (left, bottom), (right, top) = np.maximum(low, least), np.minimum(high, most)
        x, y = centre
        self._bars.set_segments([[(left, y), (right, y)], [(x, bottom), (x, top)]])


class Pointer:
    """A line from 0 to a point of the plane, with a mark at its end."""

    def __init__(self, axes: Axes, colour: str, marker: str = "o", *, ms: float, **look: Any):
        self._shaft = curve(axes, colour, **look)
        self._tip = marks(axes, colour, marker, ms=ms)

    def show(self, end: np.ndarray) -> None:
        """Point to ``end`` [2]."""
        x, y = end
        self._shaft.set_data([0, x], [0, y])
        self._tip.set_data([x], [y])


class LearningCurves:
    """The runs of one method, thin, their median and their range; the other medians behind.

    axes    where they are drawn
    times   the updates, [T]
    runs    how many runs a method has
    others  how many other methods stand behind, dotted
    """

    def __init__(self, axes: Axes, times: np.ndarray, runs: int, others: int):
        self._times = times
        self._others = [curve(axes, FAINT, lw=1.2, ls=DOTTED) for _ in range(others)]
        self._runs = [curve(axes, ESTIMATE, lw=0.6) for _ in range(runs)]
        self._band = empty_band(axes)
        self._median = curve(axes, ESTIMATE, lw=2.4)
        names = "thick: median; grey: range; dotted: the others"
        axes.set_title(names, loc="left", color=FAINT, size="medium")

    def show(self, methods: np.ndarray, chosen: int) -> None:
        """Draw ``methods`` [methods, runs, T] with one of them ``chosen``."""
        rest = [runs for k, runs in enumerate(methods) if k != chosen]
        for line, runs in zip(self._others, rest, strict=True):
            line.set_data(self._times, np.median(runs, axis=0))
        for line, run in zip(self._runs, methods[chosen], strict=True):
            line.set_data(self._times, run)
        runs = methods[chosen]
        self._band.set_data(self._times, runs.min(axis=0), runs.max(axis=0))
        self._median.set_data(self._times, np.median(runs, axis=0))
