"""What a page costs its reader: bytes, requests, scripts and elements; never seconds."""

from __future__ import annotations

import gzip
import re
from urllib.parse import unquote, urlsplit

import pytest
from reading import Site, each_chapter, each_page, settle, show_what_waits

KB = 1000
BYTES = 400 * KB  # page, styles and fonts, and with the page the frames of its figures
SCRIPT_BYTES = 59 * KB  # without frames, which are data
REQUESTS = 25
SCRIPTS = 3
NODES = 45_000


def sent(site: Site, address: str) -> int:
    """Bytes on the way: text as gzip; fonts and pictures are compressed already."""
    path = site.html / unquote(urlsplit(address).path).lstrip("/")
    raw = path.read_bytes()
    packed = path.suffix in (".woff2", ".png", ".jpg")
    return len(raw) if packed else len(gzip.compress(raw, compresslevel=9))


@each_page
def test_page_keeps_to_its_budgets_of_bytes_and_requests(looks, site, page):
    asked = [r for r in looks(page, "desk").requests if not r.startswith("data:")]
    assert len(asked) <= REQUESTS, asked
    scripts = [r for r in set(asked) if r.endswith(".js") and "/frames/" not in r]
    others = set(asked).difference(scripts)
    assert sum(sent(site, address) for address in others) <= BYTES
    assert sum(sent(site, address) for address in scripts) <= SCRIPT_BYTES


@each_page
def test_no_script_sets_a_formula(looks, page):
    asked = looks(page, "desk").requests
    assert [address for address in asked if re.search("mathjax|katex|temml", address, re.I)] == []


@each_page
def test_page_has_few_scripts_and_none_holds_up_its_first_sight(bare, page):
    scripts = bare.evaluate(
        """() => [...document.querySelectorAll("script[src]")]
            .map((s) => [s.getAttribute("src"), s.defer || s.async || s.type === "module"])"""
    )
    assert len(scripts) <= SCRIPTS, scripts
    assert [source for source, waits in scripts if not waits] == []
    styles = 1 + (bare.locator(".answer").count() > 0)  # the boxes for answers bring their own
    assert bare.locator("link[rel=stylesheet]").count() == styles


@each_page
def test_page_has_a_bounded_number_of_elements(desk):
    assert desk.evaluate("document.querySelectorAll('*').length") <= NODES


@each_page
def test_page_preloads_only_what_it_uses(looks, site, page):
    look = looks(page, "desk")
    text = (site.html / page).read_text(encoding="utf-8")
    named = [unquote(urlsplit(r).path).rsplit("/", 1)[-1] for r in look.requests]
    for tag in re.findall(r'<link\b[^>]*rel="preload"[^>]*>', text):
        assert re.search(r'href="[^"]*/([^"/]+)"', tag).group(1) in named
    assert not [message for message in look.messages if "preload" in message]


def test_the_site_holds_no_source_map_and_no_icon_library(site):
    files = [path.relative_to(site.html).as_posix() for path in site.html.rglob("*")]
    assert [f for f in files if f.endswith(".map") or "fontawesome" in f or "mathjax" in f] == []
    assert "prf-prf.html" not in files
    for path in site.html.rglob("*.js"):
        assert "sourceMappingURL" not in path.read_text(encoding="utf-8"), path


@each_page
@pytest.mark.parametrize("way", ["phone", "desk"])
def test_nothing_moves_while_the_page_loads(looks, page, way):
    shifts = looks(page, way).shifts
    assert sum(value for value, *_ in shifts) <= 0.02, shifts


@each_chapter
def test_figures_have_their_room_before_they_are_drawn(desk):
    without = desk.evaluate(
        """() => [...document.querySelectorAll("article :is(img, svg[role=img])")]
            .filter((f) => !(f.getAttribute("width") && f.getAttribute("height"))
                           && !f.getAttribute("viewBox"))
            .map((f) => f.outerHTML.slice(0, 120))"""
    )
    assert without == []


@each_chapter
def test_frames_of_a_figure_are_read_only_when_it_comes_near(open_page, page):
    tab = open_page(page)
    settle(tab)
    show_what_waits(tab)
    far = tab.evaluate(
        """() => [...document.querySelectorAll("figure.explorer")].filter((figure) =>
            figure.getBoundingClientRect().top > 2500 && "parsed" in figure.dataset).length"""
    )
    assert far == 0
    # What is above is laid out on the way down, so a reader comes near in more than one step.
    tab.wait_for_function(
        """() => {
            const last = [...document.querySelectorAll("figure.explorer")].at(-1);
            last.scrollIntoView({ block: "center" });
            return "parsed" in last.dataset;
        }"""
    )


@each_page
def test_the_script_that_knows_dark_from_light_comes_before_what_it_decides(site, page):
    head = (site.html / page).read_text(encoding="utf-8").partition("</head>")[0]
    sheet_or_script = re.search(r'<link\b[^>]*rel="stylesheet"|<script\b[^>]*\bsrc=', head)
    assert head.index("prefers-color-scheme") < sheet_or_script.start()


@pytest.mark.parametrize("page", ["book/index.html", "book/04-the-theorem.html", "search.html"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_colours_are_there_before_any_script_file(open_page, page, scheme):
    """On the first page of a first visit, with every script file held back."""
    tab = open_page(page, ["**/*.js*"], color_scheme=scheme)
    colour = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(map(int, re.findall(r"\d+", colour)[:3])) / 3
    assert brightness > 200 if scheme == "light" else brightness < 60


@each_page
def test_a_page_without_scripts_has_its_colours(bare, page):
    assert bare.evaluate("document.documentElement.dataset.theme") == "light"


@each_page
def test_icons_are_drawn_without_a_font(desk):
    bare = desk.evaluate(
        """() => [...document.querySelectorAll("i[class*='fa-']")].filter((icon) =>
            getComputedStyle(icon).maskImage === "none").map((icon) => icon.className)"""
    )
    assert bare == []


@each_chapter
def test_a_link_into_a_page_arrives_where_it_leads(open_page, desk, page):
    """Sections far from the window are not laid out yet, and their heights only guessed."""
    last = desk.evaluate(
        "[...document.querySelectorAll('article :is(section, div.math)[id]')].at(-1).id"
    )
    tab = open_page(f"{page}#{last}", viewport={"width": 1280, "height": 800})
    settle(tab)
    tab.wait_for_function(
        """(id) => {
            const top = document.getElementById(id).getBoundingClientRect().top;
            return top > -20 && top < innerHeight;
        }""",
        arg=last,
        timeout=5_000,
    )
