"""Every explorer of the book: its frames stand for themselves, and what is written can be read.

Each picture is drawn once for all tests of this file, which pytest runs one after the other.
"""

from __future__ import annotations

import gzip
import json
import re
from itertools import combinations, product

import pytest
from explorers import ALL, EXPLORERS, each_explorer
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.text import Text

from utils.explorer import explore
from utils.explorer.picture import Stage
from utils.explorer.style import house_style

BUDGET = 150_000  # bytes of a static face, compressed
PHONE = 345  # pixels: a screen of 360 less a scroll bar, which the figure fills
LEAST = 11  # pixels, of a letter that is no subscript


@pytest.fixture(scope="module")
def stage(shown) -> Stage:
    """The picture as it was set up, moved by each test to where it begins."""
    return Stage(shown.picture, shown.corner(0), seed=0)


def test_there_are_explorers():
    assert len(EXPLORERS) >= 3


def test_explorers_have_names_of_their_own():
    names = [shown.picture.name for shown in ALL]
    assert len(names) == len(set(names))
    origins = [shown.picture.origin for shown in ALL]
    assert len(origins) == len(set(origins)) and all(all(origin) for origin in origins)


def resolved(stage: Stage) -> dict[str, str]:
    """The moving groups with every referenced glyph or marker written out in its place."""
    definitions = {i: re.sub(r' id="[^"]*"', "", text) for i, text in stage.svg.definitions()}
    reference = re.compile(r"#([\w-]+)")
    return {
        gid: reference.sub(lambda m: definitions.get(m.group(1), m.group()), text)
        for gid, text in stage.svg.groups().items()
    }


@each_explorer
def test_an_artist_drawn_alone_lands_where_the_whole_figure_has_it(shown, stage):
    last = shown.corner(-1)
    stage.show(shown.corner(0), seed=0)
    stage.show(last, seed=1)
    assert resolved(stage) == resolved(Stage(shown.picture, last, seed=1))


@each_explorer
def test_a_frame_does_not_depend_on_the_frame_before(shown, stage):
    first, last = shown.corner(0), shown.corner(-1)
    stage.show(first, seed=0)
    start, reading = stage.svg.groups(), stage.reading
    stage.show(last, seed=1)
    stage.show(first, seed=0)
    assert stage.svg.groups() == start and stage.reading == reading


@each_explorer
def test_each_slider_changes_the_figure_and_its_reading(shown, stage):
    for name, (first, *_, last) in shown.values.items():
        stage.show(shown.corner(0) | {name: first}, seed=0)
        before, reading = stage.svg.groups(), stage.reading
        stage.show(shown.corner(0) | {name: last}, seed=0)
        assert stage.svg.groups() != before, name
        assert stage.reading != reading, name


@each_explorer
def test_the_static_face_keeps_its_budget_and_says_what_to_see(shown):
    html = explore(shown.picture, draws=shown.draws, **shown.values).html()
    assert len(gzip.compress(html.encode(), mtime=0)) <= BUDGET
    assert len(shown.picture.alt) >= 40
    assert len(shown.picture.caption) >= 40 and shown.picture.title
    if not shown.values:
        return
    data = json.loads(re.search(r'application/json">(.*?)</script>', html, re.S).group(1))
    readings = {data["pool"][i] for i in data["readings"]}
    assert len(readings) >= 3 or not shown.values
    assert not any(re.search(r"\b(nan|inf)\b", text) for text in readings)
    if shown.draws > 1:  # "draw again" shows another sample, but where nothing is random
        first, second = (data["frames"][k :: shown.draws] for k in (0, 1))
        assert sum(a != b for a, b in zip(first, second, strict=True)) > len(first) / 2


# What is written in a figure can be read: nothing leaves it or covers another, on a phone too.


def ticks(axes: Axes) -> list[Text]:
    """The tick labels that lie inside the axes."""
    (left, right), (low, high) = sorted(axes.get_xlim()), sorted(axes.get_ylim())
    across = [t for t in axes.get_xticklabels() if left <= t.get_position()[0] <= right]
    return across + [t for t in axes.get_yticklabels() if low <= t.get_position()[1] <= high]


def frames(shown, stage: Stage):
    """The figure at the ends and in the middle of each control."""
    grids = [{v[0], v[len(v) // 2], v[-1]} for v in shown.values.values()]
    for values in product(*grids):
        with house_style():
            stage.show(dict(zip(shown.values, values, strict=True)), seed=0)
        yield stage.figure


@each_explorer
def test_no_text_leaves_its_figure_or_covers_another(shown, stage):
    renderer = RendererAgg(*stage.figure.bbox.size, stage.figure.dpi)
    for figure in frames(shown, stage):
        boxes = []
        for axes in figure.axes:
            names = [*axes.texts, axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label]
            names += ticks(axes) if axes.axison else []
            boxes += [(t, t.get_window_extent(renderer)) for t in names if t.get_text()]
        for text, box in boxes:
            inside = -2 <= box.x0 and box.x1 <= figure.bbox.width + 2
            inside &= -2 <= box.y0 and box.y1 <= figure.bbox.height + 2
            assert inside, (text.get_text(), box, figure.bbox)
        for (one, a), (other, b) in combinations(boxes, 2):
            across = min(a.x1, b.x1) - max(a.x0, b.x0)
            down = min(a.y1, b.y1) - max(a.y0, b.y0)
            assert across <= 1 or down <= 4, (one.get_text(), other.get_text())


@each_explorer
def test_every_word_can_be_read_on_a_phone(shown, stage):
    stage.show(shown.corner(0), seed=0)
    width = stage.figure.bbox.width
    for text in stage.figure.findobj(Text):
        readable = text.get_fontsize() * PHONE / width >= LEAST
        assert readable or not text.get_text() or not text.get_visible(), text.get_text()
