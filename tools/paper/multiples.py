"""An explorer on paper: its first frame, and beside it small ones at other positions.

Where: at the ends and the middle of the first slider, or at the other choices of a first choice,
all else as at the start. If that gives fewer than two pictures, the ends and the middle of the next
control follow, and then further samples.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bs4 import Tag

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
COLOUR = re.compile(r"var\(--[\w-]+, *(#[0-9a-fA-F]+)\)")
FEWEST, MOST = 2, 4
STYLE = "*{stroke-linejoin:round;stroke-linecap:butt}"  # as utils/explorer/explorer.css has it


@dataclass(frozen=True)
class Control:
    """A slider or a choice: its label, what its positions are called, where it starts."""

    label: str
    texts: list[str]
    start: int
    is_choice: bool

    def at(self, place: int) -> str:
        return f"{self.label}: {self.texts[place]}"


@dataclass(frozen=True)
class Still:
    """A frame as a file of its own: what it is called, its SVG, what its reading line says."""

    label: str
    svg: str
    reading: str


def controls(figure: Tag) -> list[Control]:
    found = []
    for one in figure.select(".explorer-control"):
        texts = json.loads(one["data-texts"])
        radios = one.select("input[type=radio]")
        if radios:
            start = next(k for k, radio in enumerate(radios) if radio.has_attr("checked"))
            found.append(Control(one.legend.get_text(), texts, start, True))
        else:
            start = int(one.find("input")["value"])
            found.append(Control(one.label.get_text(), texts, start, False))
    return found


def positions(moved: list[Control], draws: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """(label, a position for each control and the sample), in the order of the rule."""
    start = [control.start for control in moved]
    for k, control in enumerate(moved):
        last = len(control.texts) - 1
        few = control.is_choice and last <= MOST
        for place in range(last + 1) if few else sorted({0, last // 2, last}):
            if place != control.start:
                yield control.at(place), (*start[:k], place, *start[k + 1 :], 0)
        yield "", ()  # enough, if there are some by now
    for draw in range(1, min(draws, 1 + FEWEST)):
        yield f"sample {draw + 1} of {draws}", (*start, draw)


def stills(figure: Tag, svg: str, frames: dict | None) -> tuple[Still, list[Still]]:
    """The first frame as it stands, and the small ones beside it."""
    line = figure.select_one(".explorer-reading > span")
    moved = controls(figure)
    shown = ", ".join(control.at(control.start) for control in moved)
    first = Still(shown, alone(svg), line.get_text() if line else "")
    if frames is None:
        return first, []
    beside: list[Still] = []
    for label, place in positions(moved, frames["sizes"][-1]):
        if not label:
            if len(beside) >= FEWEST:
                break
            continue
        at = 0
        for size, position in zip(frames["sizes"], place, strict=True):
            at = at * size + position
        contents = {
            group: frames["pool"][content]
            for group, content in zip(frames["groups"], frames["frames"][at], strict=True)
        }
        beside.append(Still(label, alone(svg, contents), frames["pool"][frames["readings"][at]]))
    return first, beside[:MOST]


def frames_of(figure: Tag, page: Path) -> dict | None:
    """What the explorer stored of its other frames; None for one that does not move."""
    if not figure.has_attr("data-frames"):
        return None
    text = (page.parent / figure["data-frames"]).read_text(encoding="utf-8")
    return json.loads(text.partition("]=")[2].rstrip().removesuffix(";"))


def alone(svg: str, contents: dict[str, str] | None = None) -> str:
    """The SVG as a file of its own, its colours those of day, with other contents of its groups."""
    for prefix, uri in (("", SVG), ("xlink", XLINK)):
        ET.register_namespace(prefix, uri)
    root = ET.fromstring(svg)
    groups = {node.get("id"): node for node in root.iter()}
    for name, content in (contents or {}).items():
        groups[name][:] = list(ET.fromstring(f'<g xmlns="{SVG}">{content}</g>'))
    for name in ("role", "aria-label", "aria-describedby"):  # the image carries them
        root.attrib.pop(name, None)
    _, _, width, height = root.get("viewBox").split()
    root.attrib |= {"width": width, "height": height}
    for node in root.iter():
        if href := node.attrib.pop("href", None):
            node.set(f"{{{XLINK}}}href", href)  # older readers know no other
    style = ET.Element(f"{{{SVG}}}style")
    style.text = STYLE
    root.insert(0, style)
    return COLOUR.sub(r"\1", ET.tostring(root, encoding="unicode"))
