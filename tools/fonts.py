"""Cut the font of the formulas down to what a book on probability uses: `make fonts`.

The whole of STIX Two Math is 760 KB; a page needs 45. What is kept is meant to be enough for any
formula that a chapter may come to use; a test finds the first letter that is not there. The text
faces beside it are the files of the npm package `@fontsource/stix-two-text` 5.3.0, unchanged.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

TARGET = Path(__file__).resolve().parent.parent / "book/_static/fonts/stix-two-math.woff2"


def span(first: str, last: str) -> set[int]:
    return set(range(ord(first), ord(last) + 1))


LETTERS = span(" ", "~") | span("Α", "Ω") | span("α", "ω") | set(map(ord, "ϑϕϖϱϵ"))
ITALIC = span("𝐴", "𝑧") | {ord("ℎ")} | span("𝛢", "𝜛")
BOLD = span("𝐀", "𝐳") | span("𝟎", "𝟗")
DOUBLE = span("𝔸", "𝕐") | set(map(ord, "ℂℍℕℙℚℝℤ𝟙"))
SCRIPT = span("𝒜", "𝒵") | set(map(ord, "ℬℰℱℋℐℒℳℛ"))
SIGNS = set(
    map(
        ord,
        "\u00a0“”‘’–—°±·×÷¬†‡…′″‴→←↑↓↔⇒⇐⇔↦⟶⟵⟼∀∂∃∅∇∈∉∋∏∑−∓∗∘√∞∝∠∣∥∧∨∩∪∫∬∮∼≃≈≅≠≡≤≥≪≫⊂⊃⊆⊇⊕⊗⊙⊤⊥⋅⋆⋯⋮⋱"
        "⌈⌉⌊⌋⟨⟩‖ℓℏℜℑ≔∴□■✓ˆˇ˜¯˙¨´`⏞⏟\u0302\u0303\u0304\u0307\u20d7\u2061\u2062\u2063\ufe00\ufe01",
    )
)


def raise_primes(font: TTFont) -> None:
    """A prime is set as a superscript, for which the font has a larger form under `ssty`.

    Browsers do not ask for that form, so it takes the place of the plain one.
    """
    letters = font.getBestCmap()
    features = font["GSUB"].table.FeatureList.FeatureRecord
    (script,) = {f.Feature.LookupListIndex[0] for f in features if f.FeatureTag == "ssty"}
    forms: dict[str, list[str]] = {}
    for table in font["GSUB"].table.LookupList.Lookup[script].SubTable:
        forms |= getattr(table, "ExtSubTable", table).alternates
    for prime in map(ord, "′″‴"):
        larger = forms[letters[prime]][0]
        for table in font["cmap"].tables:
            if prime in getattr(table, "cmap", {}):
                table.cmap[prime] = larger


def narrow_radicals(font: TTFont) -> None:
    """Every size of the root sign as wide as the smallest.

    A browser keeps room for the widest before it knows which it needs: a gap after each root.
    """
    sign = font.getBestCmap()[ord("√")]
    variants = font["MATH"].table.MathVariants
    place = variants.VertGlyphCoverage.glyphs.index(sign)
    construction = variants.VertGlyphConstruction[place]
    sizes = {record.VariantGlyph for record in construction.MathGlyphVariantRecord}
    sizes |= {part.glyph for part in construction.GlyphAssembly.PartRecords}
    width = font["hmtx"][sign][0]
    for name in sizes - {sign}:
        advance, bearing = font["hmtx"][name]
        glyph = font["glyf"][name]
        glyph.coordinates.scale((width / advance, 1))
        glyph.coordinates.toInt()
        glyph.recalcBounds(font["glyf"])
        font["hmtx"][name] = (width, round(bearing * width / advance))


# Thousandths of an em. TeX raises and lowers scripts by the letter's line, not by its tail or its
# ascender, and sets a small fraction close; the font's own values serve programs that do otherwise.
CONSTANTS = {
    "SubscriptBaselineDropMin": -50,
    "SuperscriptBaselineDropMax": 350,
    "FractionNumeratorShiftUp": 400,
    "FractionDenominatorShiftDown": 365,
    "FractionNumeratorGapMin": 50,
    "FractionDenominatorGapMin": 50,
    "FractionRuleThickness": 55,
}


def set_constants(font: TTFont) -> None:
    for name, value in CONSTANTS.items():
        getattr(font["MATH"].table.MathConstants, name).Value = value


def main() -> None:
    source = resources.files("ziamath").joinpath("fonts/STIXTwoMath-Regular.ttf")
    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features = []
    options.hinting = False
    options.name_IDs = [0, 1, 2, 5, 13, 14]  # the licence stays with the font
    options.drop_tables += ["DSIG"]
    with source.open("rb") as file:
        font = TTFont(file, recalcTimestamp=False)
        raise_primes(font)
        narrow_radicals(font)
        set_constants(font)
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=LETTERS | ITALIC | BOLD | DOUBLE | SCRIPT | SIGNS)
        cutter.subset(font)
        subset.save_font(font, TARGET, options)
    print(f"{TARGET.name}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
