"""Every slider figure of the book, moved by keyboard in a real browser."""

from __future__ import annotations

import re

import explorers as calls
import pytest
from playwright.sync_api import ElementHandle, Page
from reading import ROOT, each_chapter, each_page

from utils.explorer.numbering import figure_number

WAIT = 60_000  # milliseconds after which a test gives up; nothing is timed

DRAWING = "figure => figure.querySelector('svg[role=img]').outerHTML"


@pytest.fixture
def shown(desk: Page) -> Page:
    """The page with its figures, which each test moves from where it wants them."""
    return desk


def explorers(tab: Page) -> list[ElementHandle]:
    return tab.query_selector_all("figure.explorer")


def drawing(figure: ElementHandle) -> str:
    return figure.evaluate(DRAWING)


# The frames of a figure are a file of its own, asked for when the figure comes near.
BRING = """async figure => {
    figure.scrollIntoView();
    if (!figure.dataset.frames) return;
    while (!("parsed" in figure.dataset)) await new Promise(requestAnimationFrame);
}"""


def start(figure: ElementHandle) -> list[ElementHandle]:
    """The sliders, all controls at their first values: elsewhere one may have no effect."""
    figure.evaluate(BRING)
    figure.evaluate(
        """figure => figure.querySelectorAll(".explorer-control input").forEach(input => {
            input.value = input.defaultValue;
            input.checked = input.defaultChecked;
            input.dispatchEvent(new Event("input", { bubbles: true }));
        })"""
    )
    return figure.query_selector_all("input[type=range]")


def reading(slider: ElementHandle) -> tuple[str, str]:
    """What the slider says of its value: to the eye and to a screen reader."""
    return slider.evaluate(
        """input => {
            const outputs = [...input.closest("figure").querySelectorAll("output")];
            const inputs = [...input.closest("figure").querySelectorAll("input[type=range]")];
            return [outputs[inputs.indexOf(input)].textContent, input.ariaValueText ?? ""];
        }"""
    )


def press(tab: Page, slider: ElementHandle, key: str) -> None:
    """Press the key and wait until the slider's value has changed."""
    before = slider.input_value()
    slider.focus()
    tab.keyboard.press(key)
    tab.wait_for_function("([s, v]) => s.value !== v", arg=[slider, before], timeout=WAIT)


def wait_for_new_drawing(tab: Page, figure: ElementHandle, before: str) -> None:
    tab.wait_for_function(
        f"([f, old]) => ({DRAWING})(f) !== old", arg=[figure, before], timeout=WAIT
    )


@each_chapter
def test_chapter_has_at_least_three_explorers(shown, page):
    assert len(explorers(shown)) >= 3


@each_page
def test_each_slider_moves_its_figure_with_the_keyboard(shown, page):
    tab = shown
    for figure in explorers(tab):
        for slider in start(figure):
            start(figure)
            ends = slider.evaluate("s => [s.min, s.max]")
            if slider.input_value() == ends[1]:
                press(tab, slider, "Home")
            before, said = drawing(figure), reading(slider)
            press(tab, slider, "ArrowRight")
            wait_for_new_drawing(tab, figure, before)
            eye, ear = reading(slider)
            assert eye.strip() and ear.strip()
            assert (eye, ear) != tuple(said) and eye != said[0] and ear != said[1]
            for key, end in (("Home", ends[0]), ("End", ends[1])):
                if slider.input_value() != end:
                    press(tab, slider, key)
                assert float(slider.input_value()) == pytest.approx(float(end))


@each_page
def test_each_category_is_a_radio_button_that_the_keyboard_reaches(shown, page):
    tab = shown
    for figure in explorers(tab):
        for group in figure.query_selector_all("fieldset"):
            start(figure)
            assert group.query_selector("legend").inner_text().strip()
            buttons = group.query_selector_all("input[type=radio]")
            assert len(buttons) >= 2
            for button in buttons:
                assert button.evaluate("b => b.labels[0].textContent.trim()")
            before = drawing(figure)
            buttons[0].focus()
            tab.keyboard.press("ArrowDown")
            wait_for_new_drawing(tab, figure, before)
            assert buttons[1].is_checked() and not buttons[0].is_checked()


@each_page
def test_each_slider_has_a_label_and_each_figure_names_its_controls(shown, page):
    tab = shown
    names = []
    for figure in explorers(tab):
        for slider in figure.query_selector_all("input[type=range]"):
            assert slider.evaluate("s => [...s.labels].map(l => l.textContent).join('').trim()")
        names += [g.get_attribute("aria-label") for g in figure.query_selector_all("[role=group]")]
    assert len(names) == len(set(names))


@each_page
def test_each_figure_has_a_number_and_a_caption(shown, page):
    tab = shown
    numbers = []
    for figure in explorers(tab):
        numbers.append(figure.query_selector(".explorer-number").inner_text())
        assert len(figure.query_selector("figcaption").inner_text()) > 40
    assert numbers == sorted(set(numbers), key=lambda n: int(re.split(r"[ .]", n)[-1]))


@each_chapter
def test_figures_have_the_same_numbers_in_jupyter(shown, page):
    """Sphinx numbers the page, ``figure_number`` the notebook."""
    notebook = ROOT / page.replace(".html", ".ipynb")
    pictures = {f"fig-{s.picture.name}": s.picture for s in calls.explorers(notebook)}
    for figure in explorers(shown):
        picture = pictures[figure.get_attribute("id")]
        number = figure.query_selector(".explorer-number").inner_text()
        assert number == f"Figure {figure_number(picture.origin, notebook.parent)}"


@each_chapter
def test_a_link_opens_each_figure_at_the_position_it_names(open_page, shown, page):
    figure = explorers(shown)[0]
    place = figure.evaluate(
        """figure => [figure.id, ...[...figure.querySelectorAll(".explorer-control")].map(
            c => c.dataset.name + "=" + JSON.parse(c.dataset.keys).at(-1))].join(";")"""
    )
    tab = open_page(page + "#" + place)
    moved = tab.locator(f"#{figure.get_attribute('id')}")
    number = moved.locator(".explorer-number")
    tab.wait_for_function(
        "([link, place]) => link.getAttribute('href') === '#' + place",
        arg=[number.element_handle(), place],
        timeout=WAIT,
    )
    tab.wait_for_function(  # the page glides there
        "id => document.getElementById(id).getBoundingClientRect().top < innerHeight",
        arg=figure.get_attribute("id"),
        timeout=WAIT,
    )


@each_chapter
def test_figures_do_not_shift_the_page(shown, page):
    """The room of the controls and of the longest reading is kept: a move changes no height."""
    for figure in explorers(shown):
        start(figure)
        heights = figure.evaluate(
            """figure => {
                const heights = [figure.offsetHeight];
                for (const input of figure.querySelectorAll("input")) {
                    if (input.type === "radio") input.checked = true;
                    else input.value = input.max;
                    input.dispatchEvent(new Event("input", { bubbles: true }));
                    heights.push(figure.offsetHeight);
                }
                return heights;
            }"""
        )
        assert max(heights) - min(heights) <= 1, figure.get_attribute("id")


@each_chapter
def test_no_figure_reaches_out_of_its_section_which_would_cut_it_on_a_phone(phone, page):
    out = phone.evaluate(
        """() => [...document.querySelectorAll("article > section > section .explorer-picture")]
            .filter((picture) => {
                const section = picture.closest("article > section > section");
                const [inner, outer] = [picture, section].map((e) => e.getBoundingClientRect());
                return inner.left < outer.left - 0.5 || inner.right > outer.right + 0.5;
            }).map((picture) => picture.closest("figure").id)"""
    )
    assert out == []


@each_page
def test_draw_again_draws_something_new(shown, page):
    tab = shown
    for figure in explorers(tab):
        for button in figure.query_selector_all("button.explorer-draw-again"):
            for key in ("Enter", "Space"):
                before = drawing(figure)
                button.focus()
                tab.keyboard.press(key)
                wait_for_new_drawing(tab, figure, before)


# What one move of a slider may cost: more than the costliest of today, 18 groups, 31 kB, 230 nodes.
MOST_GROUPS, MOST_BYTES, MOST_NODES = 24, 40_000, 300

MOVES = """input => {
    const figure = input.closest("figure");
    const svg = figure.querySelector("svg[role=img]");
    const seen = new MutationObserver(() => {});
    seen.observe(svg, { childList: true, subtree: true, attributes: true, characterData: true });
    const [low, high] = [Number(input.min), Number(input.max)];
    const values = [];
    for (let v = low; v <= high; v += Number(input.step) || 1) values.push(v);
    const moves = [];
    for (const v of [...values, ...values.toReversed()]) {
        if (Number(input.value) === v) continue;
        input.value = v;
        input.dispatchEvent(new Event("input", { bubbles: true }));
        const groups = new Set(seen.takeRecords().map((record) => record.target));
        let bytes = 0, nodes = 0;
        for (const group of groups) {
            bytes += group.innerHTML.length;
            nodes += group.querySelectorAll("*").length;
        }
        moves.push([groups.size, bytes, nodes]);
    }
    return moves;
}"""


@each_page
def test_a_slider_move_replaces_few_groups_bytes_and_nodes(shown, page):
    """What a move costs, counted: it replaces some groups of the drawing, and only those.

    It has done so by the time its event returns: nothing is left for later.
    """
    tab = shown
    for figure in explorers(tab):
        for slider in start(figure):
            start(figure)
            moves = slider.evaluate(MOVES)
            where = f"{figure.get_attribute('id')}, {slider.get_attribute('id')}"
            assert len(moves) >= 2
            for groups, size, nodes in moves:
                assert groups >= 1, f"{where}: a move changed nothing"
                assert groups <= MOST_GROUPS and size <= MOST_BYTES and nodes <= MOST_NODES, where


@each_page
@pytest.mark.parametrize("medium", ["print", "screen"])
def test_first_frame_is_seen_without_script(bare, page, medium):
    bare.emulate_media(media=medium)
    unseen = bare.evaluate(
        """() => [...document.querySelectorAll("figure.explorer")].filter((figure) => {
            const svg = figure.querySelector("svg[role=img]");
            if (!svg) return true;
            const { width, height } = svg.getBoundingClientRect();
            const seen = svg.checkVisibility({ visibilityProperty: true });
            return !(seen && width > 100 && height > 50)
                || !svg.querySelector("path, rect, circle, line, polyline, use");
        }).map((figure) => figure.id)"""
    )
    assert unseen == []


@each_page
def test_each_explorer_tells_in_words_what_to_see(shown, page):
    for figure in explorers(shown):
        words = figure.query_selector("svg[role=img]").get_attribute("aria-label")
        assert len(words) > 20
        if figure.query_selector("input"):
            assert figure.query_selector(".explorer-reading").inner_text().strip()
