"""One slider figure with three faces: live in Jupyter, stored frames in a page, a still picture."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from utils.explorer.controls import Choice, make_controls
from utils.explorer.numbering import figure_number
from utils.explorer.picture import Picture, picture

__all__ = ["Choice", "Explorer", "Picture", "explore", "picture"]

MOST_FRAMES = 400


class Explorer:
    """A slider figure: a widget in Jupyter, native inputs over stored frames in a built page."""

    def __init__(self, shown: Picture, values: dict[str, Sequence[float]], draws: int):
        self._picture = shown
        self._controls = make_controls(shown.labels, values)
        if draws != int(draws) or draws < 1:
            raise ValueError(f"draws is {draws}; it should be a whole number, at least 1")
        self._draws = int(draws)
        frames = self._draws
        for control in self._controls:
            frames *= len(control.values)
        if frames > MOST_FRAMES:
            raise ValueError(f"{frames} frames; a page can carry at most {MOST_FRAMES}")

    def html(self) -> str:
        """The static face, complete in itself."""
        from utils.explorer.static import static_html  # Matplotlib, only when a figure is drawn

        number = figure_number(self._picture.origin, Path.cwd())
        return static_html(self._picture, self._controls, self._draws, number)

    def widget(self):
        """The live face, a widget."""
        from utils.explorer.live import LiveExplorer  # widgets only where a kernel shows them

        number = figure_number(self._picture.origin, Path.cwd())
        return LiveExplorer(self._picture, self._controls, self._draws > 1, number)

    def png(self) -> bytes:
        """The still face: the first frame."""
        from utils.explorer.still import still  # Matplotlib, only when a figure is drawn

        start = {control.name: control.values[control.start] for control in self._controls}
        return still(self._picture, start)

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, object]:
        if os.environ.get("BOOK_STATIC"):
            from utils.explorer.static import static_html
            from utils.explorer.still import MIME

            # Style and script stand in files of the book, and Sphinx gives the number. A widget
            # made during the build would leave its inert state in the page.
            page = static_html(self._picture, self._controls, self._draws, complete=False)
            png = b64encode(self.png()).decode()
            return {"text/plain": self._picture.alt, "text/html": page, MIME: png}
        if not self._controls and self._draws == 1:
            return {"text/plain": self._picture.alt, "image/png": self.png()}
        live, *_ = self.widget()._repr_mimebundle_()
        return live | {"text/plain": self._picture.alt, "image/png": self.png()}


def explore(
    shown: Picture, draws: int = 1, caption: str | None = None, **values: Sequence[float]
) -> Explorer:
    """Give each control of a picture its values, in increasing order.

    ``draws`` is the number of independent samples among which "draw again" chooses; a picture
    without samples has one. ``caption`` takes the place of the picture's own. ValueError names the
    slider or value that is unusable.
    """
    if not isinstance(shown, Picture):
        raise ValueError(f"{shown!r} is not a picture; decorate its setup function with @picture")
    if caption is not None:
        shown = replace(shown, caption=caption)
    return Explorer(shown, values, draws)
