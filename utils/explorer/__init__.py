"""One slider figure with two faces: live widgets in Jupyter, stored frames in the built page."""

from __future__ import annotations

import os
from collections.abc import Sequence

from utils.explorer.controls import make_sliders
from utils.explorer.picture import Picture, picture
from utils.explorer.static import static_html

__all__ = ["Explorer", "Picture", "explore", "picture"]

MOST_FRAMES = 400


class Explorer:
    """A slider figure: widgets in Jupyter, native inputs over stored frames in a built page."""

    def __init__(self, shown: Picture, values: dict[str, Sequence[float]], draws: int):
        self._picture = shown
        self._sliders = make_sliders(shown.labels, values)
        if draws != int(draws) or draws < 1:
            raise ValueError(f"draws is {draws}; it should be a whole number, at least 1")
        self._draws = int(draws)
        frames = self._draws
        for slider in self._sliders:
            frames *= len(slider.values)
        if frames > MOST_FRAMES:
            raise ValueError(f"{frames} frames; a page can carry at most {MOST_FRAMES}")

    def html(self) -> str:
        """The static face, complete in itself."""
        return static_html(self._picture, self._sliders, self._draws)

    def widget(self):
        """The live face, an ipywidgets container."""
        from utils.explorer.live import live_widget  # ipywidgets only where a kernel shows it

        return live_widget(self._picture, self._sliders, sampled=self._draws > 1)

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, object]:
        bundle: dict[str, object] = {"text/plain": self._picture.alt, "text/html": self.html()}
        if not os.environ.get("BOOK_STATIC"):
            # A widget made during the build would leave its inert state in the page.
            bundle |= self.widget()._repr_mimebundle_()
            bundle["text/plain"] = self._picture.alt
        return bundle


def explore(shown: Picture, draws: int = 1, **values: Sequence[float]) -> Explorer:
    """Give each slider of a picture its values, in increasing order.

    `draws` is the number of independent samples among which "draw again" chooses; a picture
    without samples has one. ValueError names the slider or value that is unusable.
    """
    if not isinstance(shown, Picture):
        raise ValueError(f"{shown!r} is not a picture; decorate its setup function with @picture")
    return Explorer(shown, values, draws)
