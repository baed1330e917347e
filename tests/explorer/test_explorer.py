"""The explorer: both faces show the same figure, small enough to ship; bad settings are refused."""

import json
import re
from base64 import b64decode

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils.explorer import Choice, explore, picture
from utils.explorer.controls import number_text
from utils.explorer.numbering import figure_number
from utils.explorer.picture import Stage
from utils.explorer.still import MIME as STILL
from utils.explorer.svg import compact_number, compact_path


@picture(alt="a dot on a line", height="height h")
def dot(figure):
    axes = figure.subplots()
    axes.set(xlim=(0, 1), ylim=(0, 10))
    (point,) = axes.plot([], [], "o")
    label = axes.text(0.5, 5, "")

    def draw(rng, height):
        point.set_data([rng.random()], [height])
        label.set_text("" if height < 2 else f"h = {height:g}")
        return f"The dot is at height {height:g}."

    return draw


def frames(html):
    return json.loads(re.search(r'application/json">(.*?)</script>', html, re.S).group(1))


# The machinery, on a picture of two artists.


def test_static_face_has_one_labelled_slider_a_value_and_a_reading():
    html = explore(dot, height=[1, 2, 3]).html()
    assert '<label for="dot-height">height h</label>' in html
    assert 'type="range" id="dot-height" min="0" max="2" step="1" value="1"' in html
    assert '<figure class="explorer" id="fig-dot">' in html
    assert 'aria-valuetext="2"' in html and 'data-lm-suppress-shortcuts="true"' in html
    assert "The dot is at height 2." in html and 'aria-label="a dot on a line"' in html
    assert "<button" not in html


def test_every_setting_and_every_sample_has_its_frame():
    data = frames(explore(dot, draws=3, height=[1, 2, 3, 4]).html())
    assert data["sizes"] == [4, 3] and len(data["frames"]) == 12
    assert [data["pool"][i] for i in data["readings"]][::3] == [
        f"The dot is at height {h}." for h in (1, 2, 3, 4)
    ]


def test_draw_again_moves_only_what_is_sampled():
    data = frames(explore(dot, draws=3, height=[3, 4]).html())
    first, second = data["frames"][0], data["frames"][1]
    assert sum(a != b for a, b in zip(first, second, strict=True)) == 1


def test_the_same_explorer_gives_the_same_page_twice():
    shown = explore(dot, draws=2, height=[1, 2, 3])
    assert shown.html() == shown.html() == explore(dot, draws=2, height=[1, 2, 3]).html()


def test_a_stage_does_not_remember_where_it_came_from():
    stage = Stage(dot, {"height": 1}, seed=0)
    stage.show({"height": 3}, seed=1)
    there = stage.svg.groups()
    stage.show({"height": 1}, seed=0)
    stage.show({"height": 3}, seed=1)
    assert stage.svg.groups() == there


def test_the_static_page_needs_no_other_host_and_no_attribute_that_differs_between_runs():
    html = explore(dot, height=[1, 2]).html()
    links = re.findall(r"https?://[^\s\"'<]+", html)
    assert set(links) == {"http://www.w3.org/2000/svg"}
    assert "2026" not in html and "dc:date" not in html


def test_a_slider_move_redraws_the_live_widget_and_a_click_draws_a_fresh_sample():
    widget = explore(dot, draws=2, height=[1, 2, 3]).widget()
    assert "The dot is at height 2." in widget.markup and "Draw again" in widget.markup
    widget.places = [2]
    assert widget.frame["reading"] == "The dot is at height 3."
    samples = {json.dumps(widget.frame["groups"])}
    for _ in range(5):
        widget.draw += 1
        samples.add(json.dumps(widget.frame["groups"]))
    assert len(samples) == 6  # also beyond the number of stored samples


def test_the_live_widget_shows_what_the_static_face_stores():
    widget = explore(dot, height=[1, 2, 3]).widget()
    data = frames(explore(dot, height=[1, 2, 3]).html())
    for place in (0, 2, 1):
        widget.places = [place]
        stored = {
            g: data["pool"][i] for g, i in zip(data["groups"], data["frames"][place], strict=True)
        }
        assert {g: widget.frame["groups"][g] for g in stored} == stored
        assert widget.frame["reading"] == data["pool"][data["readings"][place]]


def test_in_jupyter_a_widget_and_a_still_picture_are_offered_and_in_the_book_a_page(monkeypatch):
    monkeypatch.delenv("BOOK_STATIC", raising=False)
    live = explore(dot, height=[1, 2])._repr_mimebundle_()
    widget = "application/vnd.jupyter.widget-view+json"
    assert live.keys() == {"image/png", widget, "text/plain"}
    assert live["image/png"].startswith(b"\x89PNG") and len(live["image/png"]) < 30_000
    monkeypatch.setenv("BOOK_STATIC", "1")
    page = explore(dot, height=[1, 2])._repr_mimebundle_()
    assert page.keys() == {"text/html", "text/plain", STILL}  # the last for the download
    assert b64decode(page[STILL]) == live["image/png"]
    assert "<style>" not in page["text/html"] and "<script>" not in page["text/html"]


# Categories


@picture(
    alt="a dot that is high or low",
    caption="A dot.",
    where=Choice("where", {0: "low", 5: "up high"}),
)
def category(figure):
    (point,) = figure.subplots().plot([0], [0], "o")

    def draw(rng, where):
        point.set_data([0], [where])
        return f"The dot is at height {where:g}."

    return draw


def test_categories_are_a_group_of_named_radio_buttons_the_first_of_which_is_chosen():
    html = explore(category, where=[0, 5]).html()
    assert "<fieldset><legend>where</legend>" in html and 'type="range"' not in html
    assert re.findall(r'type="radio"[^>]*?( checked)?>([^<]*)<', html) == [
        (" checked", "low"),
        ("", "up high"),
    ]
    assert 'data-keys="[&quot;0&quot;, &quot;5&quot;]"' in html
    assert "The dot is at height 0." in html


def test_a_category_without_a_name_is_refused():
    with pytest.raises(ValueError, match="where is 3, which has no name"):
        explore(category, where=[0, 3])


@pytest.mark.parametrize(
    "value, text", [(10_000, "10\u202f000"), (1000, "1000"), (-0.5, "−0.5"), (0.003, "0.003")]
)
def test_a_number_is_written_as_in_the_text(value, text):
    assert number_text(value) == text


# Captions and numbers


def test_a_caption_stands_below_and_its_number_links_to_the_figure():
    html = explore(category, where=[0, 5]).html()
    assert (
        '<figcaption class="explorer-caption"><a class="explorer-number" href="#fig-category">'
        "Figure</a> A dot.</figcaption>"
    ) in html
    assert "Another." in explore(category, caption="Another.", where=[0, 5]).html()
    assert "<figcaption" not in explore(dot, height=[1, 2]).html()


def chapter(folder, name, *cells):
    """A notebook of these cells: code where it calls something, else Markdown."""
    kinds = [("code" if "(" in text else "markdown", text) for text in cells]
    cells = [{"cell_type": kind, "source": [text]} for kind, text in kinds]
    (folder / name).write_text(json.dumps({"cells": cells}))


def test_figures_are_counted_in_their_chapter(tmp_path):
    chapter(
        tmp_path,
        "03-three.ipynb",
        "from utils.figures import theorem, worlds as w\n# used below ()",
        "explore(w.one,\n  p=[1, 2])",
        "text",
        "explore(theorem.a_dot)",
    )
    chapter(tmp_path, "00-zero.ipynb", "explore(zero.one)", "explore(zero.two)")
    image = ":::{figure} x.svg\n:alt: x\n:name: fig-first\n:::"
    chapter(tmp_path, "04-four.ipynb", image, "explore(first.one)")
    chapter(tmp_path, "notes.ipynb", "explore(notes.other)")
    wanted = {
        ("zero", "two"): "2",
        ("worlds", "one"): "3.1",
        ("theorem", "a_dot"): "3.2",
        ("", "first"): "4.1",
        ("first", "one"): "4.2",
        ("notes", "other"): "",
    }
    assert {origin: figure_number(origin, tmp_path) for origin in wanted} == wanted


def test_the_room_of_the_longest_reading_and_a_wide_word_is_kept():
    html = explore(dot, height=[1, 20]).html()
    assert 'data-longest="The dot is at height 20. mmmm"' in html


@given(st.floats(-1e4, 1e4))
def test_a_compact_number_is_right_to_a_twentieth_of_a_pixel(value):
    assert abs(float(compact_number(value)) - value) <= 0.05 + 1e-9


points = st.tuples(st.floats(-999, 999), st.floats(-999, 999))


@given(st.lists(points, min_size=2, max_size=40))
def test_a_compact_path_ends_where_the_path_ends_without_drift(path):
    text = "M {:f} {:f} ".format(*path[0]) + " ".join("L {:f} {:f}".format(*p) for p in path[1:])
    numbers = [float(x) for x in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", compact_path(text))]
    corners = np.cumsum(np.reshape(numbers, (-1, 2)), axis=0)
    assert np.abs(corners - np.array(path)).max() <= 0.05 + 1e-6


def test_a_compact_path_keeps_its_curves_and_closings():
    assert compact_path("M 1 1 L 2 3 L 4 3 z M 5 5 Q 6 6 7 5 C 1 1 2 2 3 3") == (
        "M1 1l1 2 2 0zm4 4q1 1 2 0c-6-4-5-3-4-2"
    )


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: explore(dot, width=[1, 2]), "width is not a slider of this picture; it has: he"),
        (lambda: explore(dot), "slider height has no values"),
        (lambda: explore(dot, height=[1]), r"slider height has 1 value\(s\)"),
        (lambda: explore(dot, height=[1, float("nan")]), r"height\[1\] is nan"),
        (lambda: explore(dot, height=[1, 3, 2]), r"height\[2\] = 2 is not above height\[1\] = 3"),
        (lambda: explore(dot, height=["a", "b"]), r"height\[0\] is 'a', not a number"),
        (lambda: explore(dot, draws=0, height=[1, 2]), "draws is 0"),
        (lambda: explore(dot, draws=1.5, height=[1, 2]), "draws is 1.5"),
        (lambda: explore(dot, draws=300, height=[1, 2]), "600 frames"),
        (lambda: explore(print, height=[1, 2]), "is not a picture"),
    ],
)
def test_an_unusable_setting_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_picture_whose_update_has_other_arguments_is_refused():
    @picture(alt="nothing", height="height h")
    def empty(figure):
        return lambda rng, width: "nothing"

    with pytest.raises(ValueError, match=r"draw takes \(rng, width\), it should take \(rng, h"):
        explore(empty, height=[1, 2]).html()


def test_an_update_that_adds_artists_is_refused():
    @picture(alt="more and more lines", height="height h")
    def growing(figure):
        axes = figure.subplots()

        def draw(rng, height):
            axes.plot([0, 1], [0, height])
            return "one more line"

        return draw

    with pytest.raises(ValueError, match="not add or remove"):
        explore(growing, height=[1, 2]).html()


def test_more_than_two_sliders_are_refused():
    three = picture(alt="three", a="a", b="b", c="c")(lambda figure: None)
    with pytest.raises(ValueError, match="3 sliders; an explorer has at most 2"):
        explore(three, a=[1, 2], b=[1, 2], c=[1, 2])


def test_a_name_with_g_after_a_hyphen_is_a_name_like_any_other():
    @picture(alt="a line", height="height h")
    def a_great_gap(figure):
        (line,) = figure.subplots().plot([0, 1], [0, 1])

        def draw(rng, height):
            line.set_ydata([0, height])
            return f"The line ends at {height:g}."

        return draw

    assert len(frames(explore(a_great_gap, height=[1, 2, 3]).html())["frames"]) == 3
