"""The formulas of the pages: set when the book is built, seen, heard, copied and enlarged."""

from __future__ import annotations

import re
import unicodedata

import pytest
from playwright.sync_api import Page
from reading import each_chapter, each_page, lay_out, settle

TEX = re.compile(r"\\[a-zA-Z(\[{]|\$[^$]+\$")


@each_page
def test_no_tex_is_left_for_the_reader(bare, page):
    left = bare.evaluate(
        r"""() => {
            const found = [document.title];
            const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            for (let text; (text = texts.nextNode()); )
                if (!text.parentElement.closest("script, style, code, pre")) found.push(text.data);
            for (const element of document.querySelectorAll("*"))
                for (const { name, value } of element.attributes)
                    if (["alt", "title", "aria-label", "content"].includes(name)) found.push(value);
            return found;
        }"""
    )
    assert [text for text in left if TEX.search(text.replace("US$", ""))] == []


@each_page
def test_every_letter_of_every_formula_comes_from_the_font_of_the_book(desk):
    desk.evaluate(
        """() => {
            const seen = new Set();
            for (const leaf of document.querySelectorAll("math mi, math mo, math mn, math mtext")) {
                const key = leaf.textContent + leaf.getAttribute("mathvariant");
                if (!seen.has(key) && leaf.textContent.trim()) leaf.dataset.probe = seen.size;
                seen.add(key);
            }
        }"""
    )
    session = desk.context.new_cdp_session(desk)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    leaves = session.send("DOM.querySelectorAll", {"nodeId": root, "selector": "[data-probe]"})
    strange = {}
    for node in leaves["nodeIds"]:
        used = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        if any(font["familyName"] != "STIX Two Math" for font in used):
            text = session.send("DOM.getOuterHTML", {"nodeId": node})["outerHTML"]
            strange[text] = [font["familyName"] for font in used]
    assert strange == {}, "add the letters in tools/fonts.py and run `make fonts`"


@each_page
@pytest.mark.parametrize("place", ["desk", "phone"])
def test_no_formula_is_cut(request, page, place):
    """In a line of text it breaks; a displayed one fits, or scrolls and shows that it does."""
    cut = request.getfixturevalue(place).evaluate(
        """() => [...document.querySelectorAll("article math")].map((math) => {
            const box = math.getBoundingClientRect();
            const place = math.closest(".formula, td, th, dd, li, p, h1, h2, h3");
            if (!box.width || !place || math.closest("figure.explorer")) return null;
            const frame = place.getBoundingClientRect();
            const scrolls = place.matches(".formula") && place.scrollWidth > place.clientWidth;
            if (box.right <= frame.right + 1 && box.left >= frame.left - 1) return null;
            return scrolls && place.matches(".cut-right") && place.tabIndex === 0
                ? null
                : math.dataset.tex + ": " + Math.round(box.right - frame.right);
        }).filter((found) => found)"""
    )
    assert cut == []


@each_chapter
def test_few_displayed_formulas_scroll_on_a_phone(phone):
    wide = phone.evaluate(
        """() => [...document.querySelectorAll("article .formula")]
            .filter((place) => !place.closest(".cell_output"))  // as long as SymPy makes them
            .filter((place) => place.scrollWidth > place.clientWidth + 1)
            .map((place) => place.firstElementChild.dataset.tex)"""
    )
    assert len(wide) <= 2, wide


@each_page
def test_no_line_begins_with_the_mark_after_a_formula(desk):
    """A browser may break beside a formula; what touches it without a space stays with it."""
    torn = desk.evaluate(
        r"""() => [...document.querySelectorAll("article p math, article li math, article td math")]
            .filter((math) => /^[.,;:!?)\]]/.test(math.nextSibling?.data ?? ""))
            .map((math) => math.dataset.tex + math.nextSibling.data.slice(0, 8))"""
    )
    assert torn == []


SIZES = """() => {
    const size = (element) => parseFloat(getComputedStyle(element).fontSize);
    return [...document.querySelectorAll("article > section .formula math")]
        .map((math) => size(math) / size(math.closest("div.math").parentElement));
}"""


@each_chapter
def test_displayed_formulas_are_as_large_as_those_in_text(desk, phone):
    at_a_desk, on_a_phone = desk.evaluate(SIZES), phone.evaluate(SIZES)
    assert at_a_desk and on_a_phone
    assert all(ratio == pytest.approx(1) for ratio in at_a_desk)
    assert all(0.81 <= ratio <= 1.01 for ratio in on_a_phone)


@each_chapter
def test_formulas_have_the_colour_of_their_text_in_dark_and_on_paper(dark, page):
    for medium in ("print", "screen"):
        dark.emulate_media(media=medium)
        different = dark.evaluate(
            """() => {
                const colour = (element) => getComputedStyle(element).color;
                return [...document.querySelectorAll("article math")]
                    .filter((math) => colour(math) !== colour(math.parentElement)).length;
            }"""
        )
        assert different == 0


def outline(nodes: dict, node: dict) -> str:
    """The formula as a screen reader meets it: `Sup(γ t)` for γ with t above."""
    role = node["role"]["value"]
    if role == "StaticText":
        text = unicodedata.normalize("NFKC", node["name"]["value"])
        return "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Mn"))
    parts = [outline(nodes, nodes[k]) for k in node.get("childIds", []) if k in nodes]
    inner = " ".join(part for part in parts if part)
    if node.get("ignored") or role in SILENT:
        return inner
    return f"{role.removeprefix('MathML')}({inner})"


SILENT = {"MathMLIdentifier", "MathMLOperator", "MathMLNumber", "MathMLRow", "MathMLText"}
SILENT |= {"InlineTextBox", "none", "generic", "MathMLMath"}

# Ten formulas: (page, where, what is heard).
HEARD = [
    (
        "book/01-trajectory-likelihood.html",
        "#equation-eq-traj-likelihood",
        "Table(TableRow(TableCell(SubSup(p θ T) ( τ ) = Sub(ρ 0) ( Sub(s 0) )) "
        "TableCell(UnderOver(∏ t = 0 T − 1) Sub(π θ) ( Sub(a t) ∣ Sub(s t) ))) "
        "TableRow(TableCell(×) TableCell(UnderOver(∏ t = 0 T − 2) P ( Sub(s t + 1) ∣ Sub(s t)"
        " , Sub(a t) ) .)))",
    ),
    (
        "book/01-trajectory-likelihood.html",
        "#equation-eq-model-free-score",
        "∇ log SubSup(p θ T) ( τ ) = UnderOver(∑ t = 0 T − 1) Sub(ψ t) = Sub(M T) .",
    ),
    (
        "book/02-log-derivative.html",
        "#equation-eq-score-function",
        "∇ Sub(E θ) f ( X ) = Sub(E θ) [ f ( X ) Sub(ψ θ) ( X ) ] .",
    ),
    (
        "book/03-causality.html",
        "#equation-eq-past-reward",
        "E [ Sub(ψ t) Sub(r k) ] = 0 .",
    ),
    (
        "book/04-the-theorem.html",
        "#equation-eq-bellman",
        "Table(TableRow(TableCell(Q ( s , a )) TableCell(= R ( s , a ) + γ Under(∑ Sup(s ′)) "
        "P ( Sup(s ′) ∣ s , a ) V ( Sup(s ′) ) ,)) TableRow(TableCell(V ( s )) TableCell(= "
        "Under(∑ a) Sub(π θ) ( a ∣ s ) Q ( s , a ) .)))",
    ),
    (
        "book/04-the-theorem.html",
        "#equation-eq-pgt-infinite",
        "Table(TableRow(TableCell(∇ J ( θ )) TableCell(= Under(∑ t ≥ 0) Sup(γ t) E [ Sub(ψ t)"
        " Q ( Sub(s t) , Sub(a t) ) ])) TableRow(TableCell() TableCell(= Fraction(1 1 − γ) "
        "Under(∑ s) Sub(d γ) ( s ) Under(∑ a) ∇ Sub(π θ) ( a ∣ s ) Q ( s , a ) .)))",
    ),
    (
        "book/05-baselines.html",
        "#equation-eq-td-error",
        "E [ Sub(δ t) ∣ Sub(s t) = s , Sub(a t) = a ] = A ( s , a ) .",
    ),
    (
        "book/06-continuous-actions.html",
        "#equation-eq-gauss-fisher",
        "E ( Table(TableRow(TableCell(SubSup(ψ μ 2)) TableCell(Sub(ψ μ) Sub(ψ log σ))) "
        "TableRow(TableCell(Sub(ψ μ) Sub(ψ log σ)) TableCell(SubSup(ψ log σ 2)))) ) = ( "
        "Table(TableRow(TableCell(1 / Sup(σ 2)) TableCell(0)) TableRow(TableCell(0) "
        "TableCell(2))) ) .",
    ),
    (
        "book/06-continuous-actions.html",
        "#equation-eq-deterministic-gradient",
        "E [ Sub(ψ t) Q ( s , Sub(a t) ) ∣ Sub(s t) = s ] = ∇ Sub(m θ) ( s ) Fraction(∂ Q ∂ "
        "a) ( s , Sub(m θ) ( s ) ) .",
    ),
    (
        "book/07-discount.html",
        "#equation-eq-kantorovich",
        "cos ∠ ( ω , ∇ J )   ≥   Fraction(2 SquareRoot(κ) 1 + κ) .",
    ),
]


# The tree of a whole chapter takes seconds. What stands around the formula stays: it could hide it.
LEAVE_ONLY = """(formula) => {
    const kept = document.querySelector(`${formula} math`);
    for (let e = kept; e !== document.body; e = e.parentElement)
        for (const other of [...e.parentElement.children]) if (other !== e) other.remove();
}"""


def heard(tab: Page, formula: str) -> str:
    session = tab.context.new_cdp_session(tab)
    session.send("DOM.enable")
    session.send("Accessibility.enable")
    root = session.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    found = session.send("DOM.querySelector", {"nodeId": root, "selector": f"{formula} math"})
    described = session.send("DOM.describeNode", {"nodeId": found["nodeId"]})["node"]
    tree = session.send("Accessibility.getFullAXTree")["nodes"]
    nodes = {node["nodeId"]: node for node in tree}
    (math,) = (n for n in tree if n.get("backendDOMNodeId") == described["backendNodeId"])
    assert math["role"]["value"] == "MathMLMath"
    return outline(nodes, math)


@pytest.mark.parametrize(("page", "formula", "said"), HEARD, ids=[one[1] for one in HEARD])
def test_a_screen_reader_meets_the_structure_of_the_formula(open_page, page, formula, said):
    tab = open_page(page)
    tab.evaluate(LEAVE_ONLY, formula)
    lay_out(tab)
    assert heard(tab, formula) == said


def test_a_copied_selection_carries_tex(open_page):
    tab = open_page("book/04-the-theorem.html")
    copied = tab.evaluate(
        """() => {
            const math = document.querySelector("article p math");
            document.getSelection().selectAllChildren(math.closest("p"));
            const event = new ClipboardEvent("copy", {
                clipboardData: new DataTransfer(), bubbles: true, cancelable: true,
            });
            math.dispatchEvent(event);
            return [math.dataset.tex, event.clipboardData.getData("text/plain")];
        }"""
    )
    assert f"${copied[0]}$" in copied[1]


def test_a_formula_is_enlarged_with_its_tex_and_symbols_by_pointer_and_by_key(open_page):
    tab = open_page("book/04-the-theorem.html")
    settle(tab)
    formula = tab.locator("div.math:has(.eqno)").first
    tex = formula.locator("math").get_attribute("data-tex")
    formula.hover()
    formula.locator(".formula-tools").click()
    dialog = tab.locator(".formula-dialog")
    assert dialog.locator("pre").inner_text() == tex
    size = "math => parseFloat(getComputedStyle(math).fontSize)"
    assert dialog.locator(".formula math").evaluate(size) > 1.2 * formula.locator("math").evaluate(
        size
    )
    tab.keyboard.press("Escape")
    dialog.wait_for(state="hidden")

    # By key: from a formula that is too wide, which is a stop of the Tab key.
    tab.mouse.move(0, 0)
    tab.set_viewport_size({"width": 240, "height": 800})
    wide = tab.locator("div.math .formula[tabindex]:visible").last
    wide.focus()
    for _ in range(3):  # its number may have links, too
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.matches('.formula-tools')"):
            break
    tab.keyboard.press("Enter")
    assert dialog.is_visible()
    meanings = dialog.locator(".formula-symbols li")
    meanings.first.wait_for()
    assert any("discount" in each for each in meanings.all_inner_texts())
    assert dialog.locator("pre").inner_text() == wide.locator("math").get_attribute("data-tex")
