"""What is written in a figure can be read: nothing leaves it or covers another, on a phone too."""

from __future__ import annotations

from itertools import combinations, product

from explorers import each_explorer
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from utils.explorer.picture import Stage
from utils.explorer.style import house_style

PHONE = 345  # pixels: a screen of 360 less a scroll bar, which the figure fills
LEAST = 11  # pixels, of a letter that is no subscript


def ticks(axes) -> list[Text]:
    """The tick labels that lie inside the axes."""
    (left, right), (low, high) = sorted(axes.get_xlim()), sorted(axes.get_ylim())
    across = [t for t in axes.get_xticklabels() if left <= t.get_position()[0] <= right]
    return across + [t for t in axes.get_yticklabels() if low <= t.get_position()[1] <= high]


def frames(shown, stage):
    """The figure at the ends and in the middle of each control."""
    grids = [{v[0], v[len(v) // 2], v[-1]} for v in shown.values.values()]
    for values in product(*grids):
        with house_style():
            stage.show(dict(zip(shown.values, values, strict=True)), seed=0)
        yield stage.figure


@each_explorer
def test_no_text_leaves_its_figure_or_covers_another(shown):
    stage = Stage(shown.picture, shown.corner(0), seed=0)
    renderer = FigureCanvasAgg(stage.figure).get_renderer()
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
def test_every_word_can_be_read_on_a_phone(shown):
    stage = Stage(shown.picture, shown.corner(0), seed=0)
    width = stage.figure.bbox.width
    for text in stage.figure.findobj(Text):
        readable = text.get_fontsize() * PHONE / width >= LEAST
        assert readable or not text.get_text() or not text.get_visible(), text.get_text()
