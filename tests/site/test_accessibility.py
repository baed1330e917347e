"""Every page by the rules of accessibility, in light, in dark and on a phone."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from reading import each_page, settle

COLOURS = ("color-contrast", "link-in-text-block")
ONLY_VIOLATIONS = {"resultTypes": ["violations"]}
LEVEL_AA = ONLY_VIOLATIONS | {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "rules": {rule: {"enabled": False} for rule in COLOURS}
    | {rule: {"enabled": True} for rule in ("td-has-header", "css-orientation-lock")},
}
ONLY_COLOURS = ONLY_VIOLATIONS | {"runOnly": {"type": "rule", "values": list(COLOURS)}}

# A contrast follows from colour, backgrounds, size and weight, for a link from those of the text
# around it too. A chapter has some eighty looks on thousands of elements: one of each is marked.
MARK_LOOKS = """() => {
    const own = (style) => [style.color, style.fontSize, style.fontWeight, style.opacity,
        style.textDecorationLine, style.textShadow].join("|");
    const behind = (element) => {
        const seen = [];
        for (let e = element; e; e = e.parentElement) {
            const { backgroundColor, backgroundImage, opacity, filter } = getComputedStyle(e);
            seen.push(backgroundColor, backgroundImage, opacity, filter);
        }
        return seen.filter((s) => !["rgba(0, 0, 0, 0)", "none", "1"].includes(s)).join("|");
    };
    const looks = new Set();
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text; (text = texts.nextNode()); ) {
        const element = text.parentElement;
        const link = element.closest("a");
        const around = link && own(getComputedStyle(link.parentElement));
        const look = [own(getComputedStyle(element)), behind(element), around].join("#");
        if (!text.data.trim() || !element.checkVisibility() || looks.has(look)) continue;
        looks.add(look);
        for (const marked of [element, link]) if (marked) marked.dataset.look = looks.size;
    }
    return looks.size;
}"""


# axe makes a tree of all nodes, four of five of which are strokes of figures, letters of formulas
# and words of programs. Those of them that no rule asks for, and that name nothing, are not shown
# to it; the page itself stays as it is.
HIDE_STROKES = """() => {
    const asked = "[data-look], a, button, input, [tabindex], [role], [lang], [title], "
        + "[aria-label], [aria-labelledby], [aria-hidden]";
    const named = "a, button, label, summary, caption, th, h1, h2, h3, h4, [role]";
    window.hidden = [...document.querySelectorAll("article :is(svg, math, .highlight pre)")]
        .filter((whole) => !whole.querySelector(asked) && !whole.parentElement.closest(named));
    for (const whole of hidden) {
        const value = [...whole.children].filter((child) => child.matches("title, desc"));
        Object.defineProperty(whole, "childNodes", { value, configurable: true });
    }
}"""
SHOW_STROKES = """() => { for (const whole of hidden) delete whole.childNodes; }"""


def violations(tab: Page, options: dict, context: dict | None = None) -> list[str]:
    """What axe finds against these rules, one line an element."""
    tab.evaluate(HIDE_STROKES)
    found = Axe().run(tab, context=context, options=options).response
    tab.evaluate(SHOW_STROKES)
    assert found["passes"], "axe applied no rule"
    return [
        f"{violation['id']}: {node['html'][:200]}: {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def colours_that_are_too_close(tab: Page) -> list[str]:
    assert tab.evaluate(MARK_LOOKS) > 3
    return violations(tab, ONLY_COLOURS, {"include": [["[data-look]"]]})


@each_page
def test_page_has_no_accessibility_violation(desk, page):
    assert desk.evaluate("document.documentElement.dataset.theme") == "light"
    assert colours_that_are_too_close(desk) == []
    assert violations(desk, LEVEL_AA) == []


@each_page
def test_page_fits_a_phone_and_is_accessible_there(phone, page):
    width = phone.evaluate("document.documentElement.scrollWidth")
    wide = phone.evaluate(
        """() => [...document.querySelectorAll("article *")]
              .filter(e => e.getBoundingClientRect().right > 361)
              .map(e => e.tagName + "." + e.className + " " + e.textContent.slice(0, 60))
              .slice(0, 10)"""
    )
    assert width <= 360, wide
    assert violations(phone, LEVEL_AA) == []


@each_page
def test_colours_stand_apart_in_dark(dark, page):
    assert dark.evaluate("document.documentElement.dataset.theme") == "dark"
    assert colours_that_are_too_close(dark) == []


def test_a_colour_that_is_too_close_is_seen(open_page):
    tab = open_page("book/glossary.html")
    settle(tab)
    tab.add_style_tag(content="article dd p { color: #bbb }")
    assert any("color-contrast" in line for line in colours_that_are_too_close(tab))
