"""The static face: every frame computed beforehand, moved by native inputs; no kernel, no request.

The first frame is stored whole. Of the others only the groups that differ are stored, each distinct
content once: a pool of strings, and per frame the indices into it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from importlib import resources
from itertools import product

from utils.explorer.controls import Slider
from utils.explorer.picture import Picture, Stage


def static_html(shown: Picture, sliders: Sequence[Slider], draws: int) -> str:
    """The explorer as one self-contained `<figure>`."""
    start = {slider.name: slider.values[slider.start] for slider in sliders}
    stage = Stage(shown, start, seed=0)
    first_reading = stage.reading
    first_svg_groups = stage.svg.groups()
    data = _frames(stage, sliders, draws, first_svg_groups)
    stage.show(start, seed=0)
    svg = stage.svg.draw(shown.alt)
    asset = resources.files(__package__).joinpath
    return (
        f'<figure class="explorer" id="{shown.name}">'
        f"<style>{theme_css()}{_squeeze(asset('explorer.css').read_text())}</style>"
        f'<div class="explorer-picture">{svg}</div>'
        f'<div class="explorer-controls" role="group" aria-label="Controls of the figure" hidden>'
        f"{''.join(_control(shown.name, slider) for slider in sliders)}"
        f"{_draw_again(draws)}</div>"
        f'<p class="explorer-reading" aria-live="polite">{escape(first_reading)}</p>'
        f'<script type="application/json">{_json(data)}</script>'
        f"<script>{_squeeze(asset('explorer.js').read_text())}</script>"
        "</figure>"
    )


def _frames(
    stage: Stage, sliders: Sequence[Slider], draws: int, groups: dict[str, str]
) -> dict[str, object]:
    current = dict(groups)
    shots, readings = [], []
    for *values, draw in product(*(slider.values for slider in sliders), range(draws)):
        named = dict(zip((slider.name for slider in sliders), values, strict=True))
        current.update(stage.show(named, seed=draw))
        shots.append(dict(current))
        readings.append(stage.reading)
    moving = [gid for gid in groups if len({shot[gid] for shot in shots}) > 1]
    pool: dict[str, int] = {}
    return {
        "groups": moving,
        "sizes": [*(len(slider.values) for slider in sliders), draws],
        "texts": [[slider.text(i) for i in range(len(slider.values))] for slider in sliders],
        "frames": [[pool.setdefault(shot[g], len(pool)) for g in moving] for shot in shots],
        "readings": [pool.setdefault(reading, len(pool)) for reading in readings],
        "pool": list(pool),
    }


def _control(name: str, slider: Slider) -> str:
    control = f"{name}-{slider.name}"
    text = slider.text(slider.start)
    return (
        f'<label for="{control}">{escape(slider.label)}</label>'
        # JupyterLab and Notebook otherwise take the arrow keys for themselves.
        f'<input type="range" id="{control}" min="0" max="{len(slider.values) - 1}" step="1" '
        f'value="{slider.start}" aria-valuetext="{text}" autocomplete="off" '
        f'data-lm-suppress-shortcuts="true">'
        f'<output for="{control}" aria-live="off">{text}</output>'
    )


def _draw_again(draws: int) -> str:
    if draws == 1:
        return ""
    return (
        '<div class="explorer-again">'
        '<button type="button" class="explorer-draw-again">Draw again</button>'
        f'<span class="explorer-sample">sample 1 of {draws}</span></div>'
    )


def theme_css() -> str:
    """The colours of the roles as CSS variables, for light, dark and printed pages."""
    from utils.explorer.style import ROLES  # it loads Matplotlib

    light = "".join(f"--figure-{role.name}:{role.light};" for role in ROLES)
    dark = "".join(f"--figure-{role.name}:{role.dark};" for role in ROLES)
    return (
        f".explorer{{{light}}}"
        f"html[data-theme=dark] .explorer,body[data-jp-theme-light=false] .explorer{{{dark}}}"
        f"@media print{{html .explorer.explorer{{{light}}}}}"
    )


def _squeeze(text: str) -> str:
    """Drop line breaks and indentation (the sources keep one statement a line)."""
    return "".join(line.strip() for line in text.splitlines())


def _json(data: object) -> str:
    # "</" would end the script element.
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
