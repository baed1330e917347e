"""What a chapter's drawing has to provide: a figure that is set up once and then updated."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from utils.explorer.controls import Choice

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Draw = Callable[..., str]


@dataclass(frozen=True)
class Picture:
    """A drawing with controls, before their values are chosen.

    ``setup(figure)`` draws everything that never moves and returns ``draw(rng, **values)``. That
    function changes artists for one setting of the controls and returns the *reading*: one or two
    sentences that say what is to be seen now. It must set every moving artist at each call, and it
    may not add or remove artists.

    name     of the figure on its page: lower-case words joined by hyphens; its id is "fig-" + name
    title    the figure's one message, above it; Unicode, no formulas
    alt      what the figure shows, for a reader who cannot see it
    caption  what the figure shows, in one sentence below it
    labels   slider name -> label, such as {"horizon": "horizon T"}, or a ``Choice`` of categories
    size     width and height in inches
    """

    name: str
    title: str
    alt: str
    caption: str
    labels: dict[str, str | Choice]
    size: tuple[float, float]
    setup: Callable[[Figure], Draw]


SIZE = (5.4, 3.8)


def picture(
    *,
    alt: str,
    title: str = "",
    caption: str = "",
    size: tuple[float, float] = SIZE,
    **labels: str | Choice,
):
    """Decorator: turn a ``setup(figure)`` function into a ``Picture`` named after it."""

    def decorate(setup: Callable[[Figure], Draw]) -> Picture:
        name = setup.__name__.replace("_", "-")
        return Picture(name, title, alt, caption, labels, size, setup)

    return decorate


class Stage:
    """A picture set up on a figure of its own, ready to show one frame after another."""

    def __init__(self, shown: Picture, first: dict[str, float], seed: int):
        # Matplotlib is loaded when something is drawn, not when a chapter begins.
        from utils.explorer.style import blank_figure, house_style
        from utils.explorer.svg import PersistentSvg

        self._style = house_style
        with house_style():
            self.figure = blank_figure(*shown.size)
            self._draw = shown.setup(self.figure)
            expected = list(inspect.signature(self._draw).parameters)
            if expected != ["rng", *shown.labels]:
                raise ValueError(
                    f"{shown.name}: draw takes ({', '.join(expected)}), "
                    f"it should take (rng, {', '.join(shown.labels)})"
                )
            self.reading = self._read(first, seed)
        self.svg = PersistentSvg(self.figure, shown.name)

    def _read(self, values: dict[str, float], seed: int) -> str:
        # The same seed at every slider value: a move then changes the law, not the luck.
        return self._draw(np.random.default_rng(seed), **values)

    def show(self, values: dict[str, float], seed: int) -> dict[str, str]:
        """Update the figure; the SVG groups that changed. ``reading`` holds the new reading."""
        with self._style():
            self.reading = self._read(values, seed)
        return self.svg.touched()
