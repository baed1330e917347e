"""The live face: the same controls as on the page, and a kernel that draws fresh samples."""

from __future__ import annotations

from collections.abc import Sequence

import anywidget
import traitlets

from utils.explorer.controls import Control
from utils.explorer.markup import asset, figure_html, style
from utils.explorer.picture import Picture, Stage


class LiveExplorer(anywidget.AnyWidget):
    """An explorer whose frames are drawn when its controls move.

    places  the position of each control
    draw    how often "Draw again" was pressed: the seed of the samples
    frame   what differs from the first frame: SVG groups, what they refer to, the reading
    """

    _esm = asset("controls.js") + asset("live.js")
    _css = style()
    markup = traitlets.Unicode().tag(sync=True)
    places = traitlets.List(traitlets.Int()).tag(sync=True)
    draw = traitlets.Int(0).tag(sync=True)
    frame = traitlets.Dict().tag(sync=True)

    def __init__(self, shown: Picture, controls: Sequence[Control], sampled: bool, number: str):
        self._controls = controls
        self._changed: dict[str, str] = {}
        places = [control.start for control in controls]
        stage = self._stage = Stage(shown, self._values(places), seed=0)
        super().__init__(
            places=places,
            markup=figure_html(
                shown,
                controls,
                svg=stage.svg.draw(shown.alt, described_by=f"fig-{shown.name}-reading"),
                reading=stage.reading,
                longest=stage.reading,
                again="fresh samples" if sampled else "",
                number=number,
            ),
        )
        self.observe(self._redraw, names=["places", "draw"])

    def _values(self, places: Sequence[int]) -> dict[str, float]:
        chosen = zip(self._controls, places, strict=True)
        return {control.name: control.values[at] for control, at in chosen}

    def _redraw(self, _change: object) -> None:
        self._changed |= self._stage.show(self._values(self.places), seed=self.draw)
        self.frame = {
            "definitions": "".join(text for _, text in self._stage.svg.definitions()),
            "groups": dict(self._changed),
            "reading": self._stage.reading,
        }
