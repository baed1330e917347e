"""Every slider figure of the book, moved by keyboard in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, ElementHandle, Page
from reading import PAGES, Site, contents, settle

FRAME_MS = 16  # one frame of a 60 Hz screen
WAIT = 5_000

CHAPTERS = [f"{name}.html" for name in contents() if name.split("/")[-1][:2].isdigit()]

each_page = pytest.mark.parametrize("page", PAGES)
each_chapter = pytest.mark.parametrize("page", CHAPTERS)

DRAWING = "figure => figure.querySelector('svg[role=img]').outerHTML"


@pytest.fixture(scope="module")
def shown(chrome: Browser, site: Site) -> Iterator[Callable[[str], Page]]:
    """`shown(page)`: the page with its formulas set, loaded once for all tests of this file."""
    tabs: dict[str, Page] = {}

    def show(page: str) -> Page:
        if page not in tabs:
            tabs[page] = chrome.new_context().new_page()
            tabs[page].goto(site.address(page), wait_until="load")
            settle(tabs[page])
        return tabs[page]

    yield show
    for tab in tabs.values():
        tab.context.close()


def explorers(tab: Page) -> list[ElementHandle]:
    return tab.query_selector_all("figure.explorer")


def drawing(figure: ElementHandle) -> str:
    return figure.evaluate(DRAWING)


def start(figure: ElementHandle) -> list[ElementHandle]:
    """The figure's sliders, all at their first values: at another's end one may have no effect."""
    figure.evaluate(
        """figure => figure.querySelectorAll("input[type=range]").forEach(input => {
            input.value = input.defaultValue;
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
    assert len(explorers(shown(page))) >= 3


@each_page
def test_each_slider_moves_its_figure_with_the_keyboard(shown, page):
    tab = shown(page)
    for figure in explorers(tab):
        sliders = start(figure)
        assert sliders, "an explorer without a slider"
        for slider in sliders:
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
def test_each_slider_has_a_label(shown, page):
    tab = shown(page)
    for figure in explorers(tab):
        for slider in figure.query_selector_all("input[type=range]"):
            assert slider.evaluate("s => [...s.labels].map(l => l.textContent).join('').trim()")


@each_page
def test_draw_again_draws_something_new(shown, page):
    tab = shown(page)
    for figure in explorers(tab):
        for button in figure.query_selector_all("button.explorer-draw-again"):
            for key in ("Enter", "Space"):
                before = drawing(figure)
                button.focus()
                tab.keyboard.press(key)
                wait_for_new_drawing(tab, figure, before)


@each_page
def test_a_slider_move_takes_less_than_a_frame(shown, page):
    """Script and layout of one move, the median over three walks through all positions.

    A move must have changed the figure by the time its event returns, or nothing was timed.
    """
    tab = shown(page)
    for figure in explorers(tab):
        for slider in start(figure):
            start(figure)
            times, still = slider.evaluate(
                """input => {
                    const figure = input.closest("figure");
                    const svg = () => figure.querySelector("svg[role=img]").outerHTML;
                    const [low, high] = [Number(input.min), Number(input.max)];
                    const step = Number(input.step) || 1, times = [];
                    const values = [];
                    for (let v = low; v <= high; v += step) values.push(v);
                    let still = 0;
                    const walk = [...values, ...values.toReversed()];
                    for (const v of [...walk, ...walk, ...walk]) {
                        if (Number(input.value) === v) continue;
                        const before = svg();
                        input.value = v;
                        const start = performance.now();
                        input.dispatchEvent(new Event("input", { bubbles: true }));
                        figure.getBoundingClientRect();
                        times.push(performance.now() - start);
                        still += svg() === before;
                    }
                    return [times, still];
                }"""
            )
            assert len(times) >= 6
            assert still == 0, (
                f"{figure.get_attribute('id')}, {slider.get_attribute('id')}: "
                f"{still} of {len(times)} moves changed nothing"
            )
            assert sorted(times)[len(times) // 2] <= FRAME_MS


@each_page
@pytest.mark.parametrize("medium", ["screen", "print"])
def test_first_frame_is_seen_without_script(open_page, page, medium):
    tab = open_page(page, java_script_enabled=False)
    tab.emulate_media(media=medium)
    for figure in tab.query_selector_all("figure.explorer"):
        svg = figure.query_selector("svg[role=img]")
        box = svg.bounding_box()
        assert svg.is_visible() and box["width"] > 100 and box["height"] > 50
        assert len(svg.query_selector_all("path, rect, circle, line, polyline, use")) >= 1


@each_page
def test_each_explorer_tells_in_words_what_to_see(shown, page):
    tab = shown(page)
    for figure in explorers(tab):
        assert figure.query_selector("svg[role=img]").get_attribute("aria-label")
        assert figure.query_selector(".explorer-reading").inner_text().strip()
