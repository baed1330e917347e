"""One persistent Matplotlib figure as compact, theme-aware SVG; only moved parts are redrawn.

A slider move changes a few artists of a figure and leaves its axes alone. Redrawing everything
costs Matplotlib some 65 ms; drawing the touched artists alone costs a few. ``PersistentSvg``
therefore draws the figure whole once, and after each update asks Matplotlib for the artists that
the update marked as stale, each as one ``<g>`` that replaces its namesake.
"""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree
from html import escape

from matplotlib.artist import Artist
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure

from utils.explorer.style import ROLES, house_style

SVG = "http://www.w3.org/2000/svg"
XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
ElementTree.register_namespace("", SVG)

_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
_PATH_TOKEN = re.compile(r"[MLQCZz]|-?\d+(?:\.\d+)?(?:e-?\d+)?")
_POINTS_TAKEN = {"M": 1, "L": 1, "Q": 2, "C": 3}


def compact_number(value: float) -> str:
    """Write a coordinate to 0.1 px, in as few characters as SVG allows."""
    text = f"{value:.1f}".removesuffix(".0")
    if text in ("-0", "0"):
        return "0"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def compact_path(path: str) -> str:
    """Rewrite absolute path data relative to the last point, rounded to 0.1 px without drift."""
    tokens = _PATH_TOKEN.findall(path)
    out: list[str] = []
    at_x = at_y = start_x = start_y = 0
    previous, position = "", 0
    while position < len(tokens):
        command = tokens[position]
        if command in "Zz":
            out.append("z")
            at_x, at_y, previous = start_x, start_y, "z"
            position += 1
            continue
        if command in _POINTS_TAKEN:
            position += 1
        else:  # SVG lets a repeated command letter be left out
            command = "L" if previous == "M" else previous
        points = []
        for _ in range(_POINTS_TAKEN[command]):
            x, y = (round(10 * float(t)) for t in tokens[position : position + 2])
            points.append((x, y))
            position += 2
        letter = command.lower() if previous else command
        if command != previous or command == "M":
            out.append(letter)
        for x, y in points:
            for number in (x - at_x, y - at_y):
                text = compact_number(number / 10)
                joined = out[-1][-1].isalpha() or text.startswith("-")
                out.append(text if joined else " " + text)
        at_x, at_y = points[-1]
        if command == "M":
            start_x, start_y = at_x, at_y
        previous = command
    return "".join(out)


def _round_text(text: str) -> str:
    return _NUMBER.sub(lambda match: compact_number(float(match.group())), text)


def _compact(element: ElementTree.Element, scaled: bool = False) -> None:
    """Round coordinates in place. Glyph outlines live in font units under a scale: left whole."""
    transform = element.get("transform", "")
    if "scale" in transform:
        translate, _, scale = transform.partition("scale")
        element.set("transform", _round_text(translate).strip() + "scale" + scale)
        scaled = True
    elif transform and not scaled:
        element.set("transform", _round_text(transform))
    if not scaled:
        if "d" in element.attrib:
            element.set("d", compact_path(element.attrib["d"]))
        for name in ("x", "y", "width", "height"):
            if name in element.attrib:
                element.set(name, _round_text(element.attrib[name]))
    href = element.attrib.pop(XLINK_HREF, None)
    if href is not None:
        element.set("href", href)
    for child in element:
        _compact(child, scaled)


def _strip_whitespace(element: ElementTree.Element) -> None:
    for node in element.iter():
        if node.text is not None and not node.text.strip():
            node.text = None
        node.tail = None


def theme_colours(svg: str) -> str:
    """Replace the hex value of each role by its CSS variable: one SVG serves both themes."""
    for role in ROLES:
        svg = svg.replace(role.light, f"var(--figure-{role.name},{role.light})")
    return svg


def moving_candidates(figure: Figure) -> list[Artist]:
    """The artists that an update may touch: the data of each axes, never its frame or ticks."""
    return [
        artist
        for axes in figure.axes
        for kind in (axes.collections, axes.patches, axes.lines, axes.texts, axes.images)
        for artist in kind
    ]


class PersistentSvg:
    """A Matplotlib figure and its SVG, kept in step.

    ``draw()`` gives the whole SVG; ``touched()`` the groups that changed since the last call, as
    ``{id: inner SVG}``. Ids start with ``prefix``, so that several figures can share a page.
    """

    def __init__(self, figure: Figure, prefix: str):
        self._figure = figure
        self._prefix = prefix
        self._artists = {f"{prefix}-g{n}": a for n, a in enumerate(moving_candidates(figure))}
        for group_id, artist in self._artists.items():
            artist.set_gid(group_id)
        self._definitions: dict[str, ElementTree.Element] = {}
        self._short_ids: dict[str, str] = {}
        self._root = self._draw_whole()

    def _draw_whole(self) -> ElementTree.Element:
        buffer = io.StringIO()
        with house_style():
            self._figure.savefig(buffer, format="svg", metadata={"Date": None})
        # The layout is decided once; frames must share their axes.
        self._figure.set_layout_engine("none")
        root = ElementTree.fromstring(buffer.getvalue())
        for child in list(root):
            if child.tag == f"{{{SVG}}}metadata":
                root.remove(child)
        self._take_definitions(root)
        _strip_whitespace(root)
        _compact(root)
        groups = {node.get("id") for node in root.iter()}
        for group_id in self._artists:  # an empty text or line draws nothing: give it its place
            if group_id not in groups:
                ElementTree.SubElement(root, f"{{{SVG}}}g", {"id": group_id})
        self._drop_unused_ids(root)
        return root

    def _take_definitions(self, root: ElementTree.Element) -> None:
        """Move what ``<defs>`` hold (glyphs, markers, clips) out of the groups, under short ids."""
        fresh = []
        for parent in root.iter():
            for child in list(parent):
                if child.tag == f"{{{SVG}}}defs":
                    parent.remove(child)
                    fresh += [node for node in child if node.get("id")]
        for node in fresh:
            name = node.get("id", "")
            if name not in self._short_ids:
                self._short_ids[name] = f"{self._prefix}-d{len(self._short_ids)}"
                node.set("id", self._short_ids[name])
                _strip_whitespace(node)
                _compact(node, scaled=node.tag == f"{{{SVG}}}path")
                self._definitions[self._short_ids[name]] = node
        for node in root.iter():
            href = node.get(XLINK_HREF) or ""
            if href[1:] in self._short_ids:
                node.set(XLINK_HREF, "#" + self._short_ids[href[1:]])
            clip = node.get("clip-path") or ""
            if clip[5:-1] in self._short_ids:
                node.set("clip-path", f"url(#{self._short_ids[clip[5:-1]]})")

    def _drop_unused_ids(self, root: ElementTree.Element) -> None:
        for node in root.iter():
            if node.get("id", "").rpartition("-g")[0] != self._prefix:
                node.attrib.pop("id", None)

    def definitions(self) -> list[tuple[str, str]]:
        """What the groups refer to (glyphs, markers, clip paths), as pairs (id, SVG)."""
        return [(name, _to_text(node)) for name, node in self._definitions.items()]

    def groups(self) -> dict[str, str]:
        """The inner SVG of every group that an update may replace, as it stands now."""
        return {
            node.get("id", ""): theme_colours("".join(map(_to_text, node)))
            for node in self._root.iter()
            if node.get("id") in self._artists
        }

    def touched(self) -> dict[str, str]:
        """Redraw the artists that were changed since the last call; ``{group id: inner SVG}``."""
        artists = moving_candidates(self._figure)
        if len(artists) != len(self._artists):
            raise ValueError(
                f"the update changed the number of artists from {len(self._artists)} to "
                f"{len(artists)}; it may change artists, not add or remove them"
            )
        stale = {gid: artist for gid, artist in self._artists.items() if artist.stale}
        if not stale:
            return {}
        width, height = (72 * inches for inches in self._figure.get_size_inches())
        buffer = io.StringIO()
        with house_style():
            renderer = RendererSVG(width, height, buffer, image_dpi=72)
            for artist in stale.values():
                artist.draw(renderer)
                artist.stale = False
            renderer.finalize()
        drawn = ElementTree.fromstring(buffer.getvalue())
        self._take_definitions(drawn)
        _strip_whitespace(drawn)
        _compact(drawn)
        groups = {node.get("id"): node for node in drawn}
        changed = {}
        for gid in stale:
            new = groups.get(gid, ElementTree.Element(f"{{{SVG}}}g", {"id": gid}))
            self._drop_unused_ids(new)
            old = next(node for node in self._root.iter() if node.get("id") == gid)
            old[:] = list(new)
            changed[gid] = theme_colours("".join(map(_to_text, new)))
        return changed

    def draw(self, label: str, described_by: str = "") -> str:
        """The whole figure as one ``<svg role="img">`` with ``label`` as its text alternative.

        ``described_by`` is the id of the element that says more.
        """
        definitions = ElementTree.Element(f"{{{SVG}}}defs")
        definitions.extend(self._definitions.values())
        view_box = self._root.get("viewBox")
        more = f' aria-describedby="{described_by}"' if described_by else ""
        inner = "".join(map(_to_text, [definitions, *self._root]))
        named = f'role="img" aria-label="{escape(label)}"{more}'
        return theme_colours(f'<svg xmlns="{SVG}" {named} viewBox="{view_box}">{inner}</svg>')


def _to_text(element: ElementTree.Element) -> str:
    return ElementTree.tostring(element, encoding="unicode").replace(f' xmlns="{SVG}"', "")
