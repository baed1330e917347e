"""The live face: ipywidgets sliders that draw fresh samples in a running kernel."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import ipywidgets as widgets

from utils.explorer.controls import Slider
from utils.explorer.picture import Picture, Stage
from utils.explorer.static import theme_css


def live_widget(shown: Picture, sliders: Sequence[Slider], sampled: bool) -> widgets.Widget:
    """The explorer as a widget; `sampled` adds a button that draws fresh samples."""
    wide = {"description_width": "initial"}
    controls = {
        slider.name: widgets.SelectionSlider(
            options=[(slider.text(i), value) for i, value in enumerate(slider.values)],
            value=slider.values[slider.start],
            description=slider.label,
            style=wide,
            layout=widgets.Layout(width="28rem", max_width="95%"),
        )
        for slider in sliders
    }
    seed = 0
    stage = Stage(shown, {name: control.value for name, control in controls.items()}, seed)
    face = widgets.HTML()

    def paint() -> None:
        svg = stage.svg.draw(shown.alt)
        face.value = (
            f'<figure class="explorer"><style>{theme_css()}</style>'
            f'<div class="explorer-picture" style="max-width:40rem">{svg}</div>'
            f'<p class="explorer-reading">{escape(stage.reading)}</p></figure>'
        )

    def redraw(_change: object = None) -> None:
        stage.show({name: control.value for name, control in controls.items()}, seed)
        paint()

    def draw_again(_button: object) -> None:
        nonlocal seed
        seed += 1
        redraw()

    for control in controls.values():
        control.observe(redraw, names="value")
    rows: list[widgets.Widget] = [face, *controls.values()]
    if sampled:
        button = widgets.Button(description="Draw again", tooltip="draw fresh samples")
        button.on_click(draw_again)
        rows.append(button)
    paint()
    return widgets.VBox(rows)
