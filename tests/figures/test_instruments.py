"""What the instruments draw lies where their data say."""

from __future__ import annotations

import numpy as np
import pytest

from utils.common.statistics import confidence_interval, mean_and_standard_error
from utils.explorer.style import blank_figure
from utils.figures.instruments import (
    Cross,
    Intervals,
    LearningCurves,
    Pointer,
    Row,
    empty_band,
    lines_of_text,
)


@pytest.fixture
def axes():
    return blank_figure(4, 3).subplots()


def ends(axes):
    """The end points of the bars of the only line collection, [K, 2, 2]."""
    return np.array(axes.collections[-1].get_segments())


def test_an_estimate_is_a_dot_at_the_mean_on_a_bar_over_the_interval(axes):
    samples = np.random.default_rng(0).normal([1.0, 2.0, 3.0], 1.0, size=(50, 3))
    mean = Intervals(axes, [10, 20, 30]).estimate(samples)
    expected = confidence_interval(*mean_and_standard_error(samples))
    assert np.allclose(mean, samples.mean(axis=0))
    assert np.allclose(ends(axes)[:, :, 0], [[10, 10], [20, 20], [30, 30]])
    assert np.allclose(ends(axes)[:, :, 1].T, expected)
    assert np.allclose(axes.lines[0].get_xydata(), np.column_stack([[10, 20, 30], mean]))


def test_a_pointer_runs_from_the_origin_to_its_mark(axes):
    pointer = Pointer(axes, "black", ms=8, lw=3)
    for end in ([0.5, -2.0], [3.0, 1.0]):
        pointer.show(np.array(end))
        shaft, tip = axes.lines
        assert shaft.get_xydata().tolist() == [[0, 0], end]
        assert tip.get_xydata().tolist() == [end]


def test_intervals_lie_flat_if_means_are_read_off_the_other_axis(axes):
    Intervals(axes, [1, 2], upright=False).show([5, 6], [4, 5], [7, 8])
    assert np.allclose(ends(axes)[:, :, 0], [[4, 7], [5, 8]])
    assert np.allclose(axes.lines[0].get_xydata(), [[5, 1], [6, 2]])


def test_of_a_pair_the_second_is_a_square_and_what_is_not_shown_has_no_dot(axes):
    Intervals(axes, [1, 2, 3, 4], paired=True).show(
        [5, 6, 7, 8], [4] * 4, [9] * 4, shown=[True, True, False, True]
    )
    dots, squares = axes.lines
    assert np.allclose(dots.get_xydata(), [[1, 5]])
    assert np.allclose(squares.get_xydata(), [[2, 6], [4, 8]])


def test_a_row_is_cut_off_at_its_reach_and_loses_its_dot_beyond(axes):
    row = Row(axes, 2, reach=(0, 1))
    mean, half = row.estimate(np.array([0.4, 0.6, 0.5, 0.5]))
    assert (mean, half) == pytest.approx((0.5, 1.959964 * np.sqrt(0.02 / 3 / 4)))
    row.estimate(np.array([4.0, 6.0]))
    bar, dot = axes.lines
    assert bar.get_xdata().max() <= 1 and len(dot.get_xdata()) == 0


def test_a_cross_stays_inside_the_frame(axes):
    axes.set(xlim=(0, 1), ylim=(0, 2))
    Cross(axes).show(np.array([0.5, 1.0]), np.array([-3.0, 0.5]), np.array([0.75, 9.0]))
    assert np.allclose(ends(axes), [[[0, 1], [0.75, 1]], [[0.5, 0.5], [0.5, 2]]])


def test_learning_curves_show_the_chosen_runs_their_median_and_the_medians_of_the_rest(axes):
    methods = np.arange(36.0).reshape(3, 3, 4) ** 2
    LearningCurves(axes, np.arange(4), runs=3, others=2).show(methods, chosen=1)
    lines = [line.get_ydata() for line in axes.lines]
    expected = [
        methods[0, 1],
        methods[2, 1],
        *methods[1],
        methods[1, 1],
    ]
    assert np.allclose(lines, expected)


def test_lines_of_text_stand_below_each_other(axes):
    lines = lines_of_text(axes, (1, 9), 2.5, ("a", "red"), ("b", "blue"))
    assert [line.get_position() for line in lines] == [(1, 9), (1, 6.5)]


def test_a_band_spans_what_it_is_shown(axes):
    band = empty_band(axes)
    band.set_data([0, 1], [2, 3], [4, 5])
    box = band.get_paths()[0].get_extents()
    assert (box.ymin, box.ymax) == (2, 5)
