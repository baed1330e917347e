"""The static face: every frame computed beforehand, moved by native inputs; no kernel, no request.

The first frame is stored whole. Of the others only the groups that differ are stored, each distinct
content once: a pool of strings, and per frame the indices into it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import product
from typing import Any

from utils.explorer.controls import Control
from utils.explorer.markup import asset, figure_html, style
from utils.explorer.picture import Picture, Stage


def static_html(
    shown: Picture, controls: Sequence[Control], draws: int, number: str = "", complete: bool = True
) -> str:
    """The explorer as one ``<figure>``.

    ``complete`` puts style and script into it. In the book every page has both in files.
    """
    start = {control.name: control.values[control.start] for control in controls}
    stage = Stage(shown, start, seed=0)
    first_reading = stage.reading
    data = _frames(stage, controls, draws, stage.svg.groups())
    stage.show(start, seed=0)
    more = (
        f'<script type="application/json">{_json(data)}</script>' if controls or draws > 1 else ""
    )
    if complete:
        more = f"<style>{style()}</style>{more}<script>{script()}</script>"
    return figure_html(
        shown,
        controls,
        svg=stage.svg.draw(shown.alt, described_by=f"fig-{shown.name}-reading"),
        reading=first_reading,
        longest=max((data["pool"][i] for i in data["readings"]), key=len),
        again=f"sample 1 of {draws}" if draws > 1 else "",
        number=number,
        more=more,
    )


def script() -> str:
    """The script that moves every static explorer of a page."""
    return asset("controls.js") + asset("static.js")


def _frames(
    stage: Stage, controls: Sequence[Control], draws: int, groups: dict[str, str]
) -> dict[str, Any]:
    current = dict(groups)
    shots, readings = [], []
    for *values, draw in product(*(control.values for control in controls), range(draws)):
        named = dict(zip((control.name for control in controls), values, strict=True))
        current.update(stage.show(named, seed=int(draw)))
        shots.append(dict(current))
        readings.append(stage.reading)
    moving = [gid for gid in groups if len({shot[gid] for shot in shots}) > 1]
    pool: dict[str, int] = {}
    return {
        "groups": moving,
        "sizes": [*(len(control.values) for control in controls), draws],
        "frames": [[pool.setdefault(shot[g], len(pool)) for g in moving] for shot in shots],
        "readings": [pool.setdefault(reading, len(pool)) for reading in readings],
        "pool": list(pool),
    }


def _json(data: object) -> str:
    # "</" would end the script element.
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
