"""Formulas as MathML: nothing of the TeX is lost, nothing is added, what is wrong is refused."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import pytest
from math_core import LatexError

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import formulas  # noqa: E402


def written() -> set[tuple[str, bool]]:
    """Every formula of the book as it stands in its sources: (TeX, displayed)."""
    found = set()
    for path in [*ROOT.glob("book/*.ipynb"), *ROOT.glob("book/*.md")]:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ipynb":
            cells = json.loads(text)["cells"]
            text = "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
        text = re.sub(r"```\{code.*?```|`[^`\n]+`", "", text, flags=re.S)
        shown = re.compile(r"\$\$(.+?)\$\$|```\{math\}\n(?::[^\n]*\n)*(.+?)```", re.S)
        found |= {(a or b, True) for a, b in shown.findall(text)}
        inline = re.compile(r"(?<![\\$])\$([^$\n]+(?:\n[^$\n]+)*?)\$")
        found |= {(tex, False) for tex in inline.findall(shown.sub("", text))}
    return found


# What a command prints, for those whose letters can be counted by name.
NAMED = {
    **{name.lower(): f"GREEK SMALL LETTER {name}" for name in (
        "ALPHA BETA GAMMA DELTA ZETA ETA THETA KAPPA MU NU XI PI RHO SIGMA TAU PSI OMEGA".split()
    )},
    "varrho": "GREEK SMALL LETTER RHO",
    "lambda": "GREEK SMALL LETTER LAMDA",
    "nabla": "NABLA",
    "partial": "PARTIAL DIFFERENTIAL",
    "sum": "N-ARY SUMMATION",
    "prod": "N-ARY PRODUCT",
    "int": "INTEGRAL",
    "infty": "INFINITY",
    "le": "LESS-THAN OR EQUAL TO",
    "ge": "GREATER-THAN OR EQUAL TO",
    "mid": "DIVIDES",
    "cdot": "DOT OPERATOR",
    "to": "RIGHTWARDS ARROW",
    "in": "ELEMENT OF",
}  # fmt: skip
FUNCTIONS = ("arcsin", "log", "max", "min", "sup", "lim", "sin", "cos", "tanh", "det")


def expected(tex: str) -> Counter[str]:
    tex = re.sub(r"\\(begin|end)\{\w+\}", " ", tex)
    tex = re.sub(r"\\\\\s*(\[[^\]]*\])?", " ", tex)
    count: Counter[str] = Counter()
    for name in re.findall(r"\\([a-zA-Z]+)", tex):
        if name in NAMED:
            count[unicodedata.lookup(NAMED[name])] += 1
        if name in FUNCTIONS:
            count.update(name)
    count.update(c for c in re.sub(r"\\[a-zA-Z]+", " ", tex) if c.isascii() and c.isalnum())
    return count


def printed(markup: str) -> Counter[str]:
    text = "".join(ET.fromstring(markup).itertext()).replace("ℓ", " ")  # `\\ell` is no letter l
    text = unicodedata.normalize("NFKC", text)
    kept = {unicodedata.lookup(name) for name in NAMED.values()}
    return Counter(c for c in text if c in kept or c.isascii() and c.isalnum())


FORMULAS = sorted(written())


def test_the_sources_of_the_book_hold_thousands_of_formulas():
    assert len(FORMULAS) > 2000


def test_no_letter_of_a_formula_is_lost_and_none_is_added():
    """`latex2mathml` loses alignments and alphabets without a word; no count of errors shows it."""
    differing = {
        tex: (expected(tex) - printed(markup), printed(markup) - expected(tex))
        for tex, display in FORMULAS
        for markup in [formulas.mathml(tex, display)]
        if expected(tex) != printed(markup)
    }
    assert differing == {}


@pytest.mark.parametrize("display", [True, False])
def test_alignments_keep_their_rows_and_sides(display):
    markup = formulas.mathml(r"\begin{aligned}a&=b\\&-c\end{aligned}", display)
    rows = ET.fromstring(markup).findall(".//mtr")
    assert [[cell.get("class") for cell in row] for row in rows] == [["mr", "ml"], ["mr", "ml"]]
    sign = rows[1][1][0]
    assert (sign.text, sign.get("form")) == ("−", "infix")


@pytest.mark.parametrize("tex", [r"\gama", r"\frac{1}", r"\begin{aligned}a", r"\mathbb{E"])
def test_an_unknown_command_or_a_missing_brace_is_refused(tex):
    with pytest.raises(LatexError):
        formulas.mathml(tex)


def text_of(element: ET.Element) -> str:
    return "".join("".join(element.itertext()).split())


def test_a_long_formula_may_break_after_its_relations_and_sums():
    root = ET.fromstring(formulas.mathml(r"J_1(\theta)+J_2(\theta) = \sum_k\gamma^k(r_k+1)"))
    assert root.get("class") == "broken"
    assert [text_of(piece)[-1] for piece in root][:-1] == ["+", "="]
    assert all(piece[-1].get("form") == "infix" for piece in root[:-1])


@pytest.mark.parametrize("tex", ["t = 0", r"\gamma^t\,\psi_t", r"p_\theta(\tau)"])
def test_a_short_formula_stays_in_one_piece(tex):
    assert ET.fromstring(formulas.mathml(tex)).get("class") is None


def test_a_line_does_not_break_inside_brackets_that_fit():
    for piece in ET.fromstring(formulas.mathml(r"\mathbb E[a+b+c] = \mathbb E[d+e+f+g]")):
        text = text_of(piece)
        assert text.count("[") == text.count("]")


def test_breaking_adds_and_drops_nothing():
    for tex, display in FORMULAS:
        whole = formulas.tree(tex, display)
        assert text_of(ET.fromstring(formulas.mathml(tex, display))) == text_of(whole)


def test_a_large_bracket_with_a_power_keeps_its_size():
    root = ET.fromstring(formulas.mathml(r"\Big(\frac12\Big)^2"))
    brackets = [child for child in root if child.tag == "mo"]
    assert [bracket.text for bracket in brackets] == ["(", ")"]
    assert len({bracket.get("minsize") for bracket in brackets}) == 1


def test_marks_beside_a_formula_stay_on_its_line():
    root = ET.fromstring(formulas.mathml("x", before="(", after="),"))
    assert [child.tag for child in root] == ["mtext", "mi", "mtext"]
    assert text_of(root) == "(x),"


@pytest.mark.parametrize(
    ("tex", "letters"),
    [
        (r"\gamma^t", "γᵗ"),
        (r"x_0", "x₀"),
        (r"\pi_\theta(a\mid s)", "π_(θ)(a∣s)"),
        (r"\theta'", "θ′"),
        (r"\frac{a}{b}", "(a)/(b)"),
    ],
)
def test_a_title_without_markup_has_the_formula_in_letters(tex, letters):
    assert formulas.plain_text(tex) == letters


def test_formulas_in_html_of_a_cell_are_set_in_text_and_spelt_in_attributes():
    html = formulas.with_formulas(r'<p title="\(\gamma^t\)">Of \(\gamma^t\).</p><code>\(x\)</code>')
    assert 'title="γᵗ"' in html
    assert "<msup>" in html and r"Of \(" not in html
    assert r"<code>\(x\)</code>" in html
