"""The paper editions, made from the built pages: what they hold, and that it is whole.

No PDF is printed here; `make paper` does that, and measures every page. One chapter is laid out.
"""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from posixpath import dirname, join, normpath
from zipfile import ZIP_STORED, ZipFile

import build_paper
import pytest
from paper import breaks, epub, sheet
from paper.edition import Edition, Imprint, make
from paper.multiples import Control, positions
from paper.site import Site, reading_order
from prose import BOOK, text_of
from reading import ROOT
from road import sections

XHTML = "{http://www.w3.org/1999/xhtml}"
OPF = "{http://www.idpf.org/2007/opf}"
NUMBER = re.compile(r'<span class="eqno">\((\d+\.\d+)\)')
HEADING = re.compile(r"^h[1-6]$")


@pytest.fixture(scope="module")
def made(site):
    """The site as the editions read it, and both editions, as for published pages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BOOK_URL", "https://book.example/")
        read, editions = build_paper.editions(site.html)
    return read, {edition.name: edition for edition in editions}


@pytest.fixture(params=["road", "book"])
def edition(made, request) -> Edition:
    return made[1][request.param]


@pytest.fixture(scope="module")
def archives(made):
    read, editions = made
    packed = {}
    for name, edition in editions.items():
        packed[name] = io.BytesIO()
        epub.write(edition, read, packed[name])
    return {name: ZipFile(data) for name, data in packed.items()}


def test_the_road_has_the_headings_that_the_sources_leave_on_it(made):
    parts = {part.slug: part.tree for part in made[1]["road"].parts}
    for chapter in sorted(BOOK.glob("*.ipynb")):
        kept = [title for star, title, _ in sections(text_of(chapter)) if not star]
        tree = parts.get(f"c{chapter.stem[:2]}")
        assert len(tree.find_all(HEADING) if tree else []) == len(kept), chapter.stem


def test_the_whole_book_has_every_numbered_equation_and_the_road_no_other(made, site):
    pages = [site.html / f"{name}.html" for name in reading_order(ROOT)]
    numbers = {n for page in pages for n in NUMBER.findall(page.read_text(encoding="utf-8"))}
    found = {
        name: {n for part in edition.parts for n in NUMBER.findall(str(part.tree))}
        for name, edition in made[1].items()
    }
    assert found["book"] == numbers
    assert set() < found["road"] < numbers


def test_a_reference_to_what_the_road_leaves_out_says_so_and_leads_to_the_page(made):
    road, book = made[1]["road"], made[1]["book"]
    said = [a for p in road.parts for a in p.tree.find_all("a") if "(in the whole book)" in a.text]
    assert said
    assert all(link["href"].startswith("https://book.example/book/") for link in said)
    assert not any("(in the whole book)" in part.tree.text for part in book.parts)


def test_nothing_is_left_that_only_a_screen_can_do(edition):
    for part in edition.parts:
        left = part.tree.select("input, button, select, textarea, fieldset, details, script, svg")
        assert left == [], part.slug
        text = " ".join(part.tree.get_text().split())
        assert not re.search(r"folded below its ex|into the box|replace None|open anything", text)
        assert not re.search(r"✓\s*\(in the whole book\)", text), part.slug


def test_exercises_keep_what_the_page_says_of_the_road(edition):
    said = [p.get_text() for part in edition.parts for p in part.tree.find_all("p")]
    roads = [text for text in said if text.startswith("On the road:")]
    assert len(roads) >= 9
    ends = [text.endswith("The solutions stand at the end.") for text in roads]
    assert sum(ends) == len(roads) - 1, "chapter 6 says nothing of the page"


def test_predictions_and_exercises_find_their_replies_and_solutions_at_the_end(edition):
    parts = {part.slug: part.tree for part in edition.parts}
    chapters = [tree for slug, tree in parts.items() if re.fullmatch(r"c\d\d", slug)]
    ends = {
        slug: {one["id"] for one in parts[slug].find_all(id=True)}
        for slug in ("answers", "solutions")
    }
    for tree in chapters:
        assert tree.select(".solution, dl[class=replies]") == []
        for link in tree.select(".elsewhere > a"):
            assert link["href"][1:] in ends["answers"]
        for exercise in tree.select("div.exercise"):
            assert exercise.select_one("a.at-the-end")["href"][1:] in ends["solutions"]


def test_each_figure_stands_with_its_text_and_a_moving_one_at_two_positions_or_more(edition):
    moving = 0
    for figure in (f for part in edition.parts for f in part.tree.select("figure.still")):
        images = figure.find_all("img")
        assert all(image["alt"] and image["src"] in edition.pictures for image in images)
        assert not any(".. " in line.text for line in figure.select(".reading"))
        beside = figure.select(".multiple")
        assert len(beside) in (0, 1, 2, 3, 4)
        moving += bool(beside)
        if beside:
            assert figure.select_one("a.live")["href"].endswith("#" + images[0]["src"][8:-4])
    assert moving >= 30


def test_a_figure_is_shown_at_the_ends_and_the_middle_of_its_first_control():
    slider = Control("p", ["0", "1", "2", "3", "4"], 1, False)
    choice = Control("law", ["a", "b"], 0, True)
    found = [place for label, place in positions([slider, choice], 3) if label]
    assert found == [(0, 0, 0), (2, 0, 0), (4, 0, 0), (1, 1, 0), (1, 0, 1), (1, 0, 2)]


SMALL = """<title>7. Small &#8212; A book</title><article><section id="small">
<h1><span class="section-number">7. </span>Small</h1>
<section id="one"><h2>One</h2><p id="open">Open. <a href="#sharp">Sharp</a></p>
<details class="sd-dropdown"><summary>More</summary><p id="fold">Folded.</p></details></section>
<section id="sharp"><h2>★ Sharp</h2><section id="deep"><h3>Deep</h3><p>Deep.</p></section></section>
<section id="exercises"><h2>Exercises</h2>
<div class="exercise" id="ex:a"><p class="admonition-title">Exercise 7.1 (A)</p></div>
<div class="predict question" data-question="ex:a"><fieldset><legend>Which?</legend><label>
<input type="radio"><span>This.</span></label></fieldset><details class="predict-answer">
<summary>The answer</summary><dl><dt>A</dt><dd>Told.</dd></dl></details></div>
<div class="solution"><p class="admonition-title">Solution to Exercise 7.1 (A)</p></div>
<div class="exercise" id="ex:b"><p class="admonition-title">Exercise 7.2 (★ B)</p></div>
<div class="predict question" data-question="ex:b"><textarea></textarea></div>
<div class="solution"><p class="admonition-title">Solution to Exercise 7.2 (★ B)</p></div>
<div class="tip admonition"><p class="admonition-title">Predict</p><p>Which?</p>
<div class="predict"><details class="predict-answer"><dl><dt>A</dt></dl></details></div></div>
</section></section></article>"""


@pytest.mark.parametrize("name", ["road", "book"])
def test_the_road_leaves_out_stars_and_folds_and_an_answer_goes_with_its_solution(tmp_path, name):
    (tmp_path / "book").mkdir()
    sharp = SMALL.replace("</span>Small", "</span>★ Small").replace('id="small"', 'id="sharper"')
    ledger = '<title>L</title><article><section id="l"><h1>L</h1></section></article>'
    pages = {"book/07-small": SMALL, "book/08-sharp": sharp, "book/ledger": ledger}
    for page, text in pages.items():
        (tmp_path / f"{page}.html").write_text(text, encoding="utf-8")
    made = make(Site(tmp_path), list(pages), name, Imprint("A", "1", "2026-01-01"))
    parts = {part.slug: part.tree for part in made.parts}
    road = name == "road"
    assert ("c08" in parts) != road
    text = parts["c07"].get_text()
    for words in ("Folded.", "Deep.", "Exercise 7.2"):
        assert (words in text) != road, words
    assert ("Sharp (in the whole book)" in text) == road
    assert "Told." not in text and "This." in parts["c07"].select_one("ul.choices").text
    assert "Told." in parts["solutions"].select_one(".solution").text


def test_an_epub_is_well_formed_and_every_link_in_it_leads_somewhere(archives, edition):
    archive = archives[edition.name]
    entries = archive.infolist()
    assert entries[0].filename == "mimetype" and entries[0].compress_type == ZIP_STORED
    assert archive.read("mimetype") == b"application/epub+zip"
    container = ET.fromstring(archive.read("META-INF/container.xml"))
    root = next(node.get("full-path") for node in container.iter() if node.get("full-path"))
    package = ET.fromstring(archive.read(root))
    items = {item.get("id"): item for item in package.iter(f"{OPF}item")}
    inside = {f"EPUB/{item.get('href')}" for item in items.values()}
    assert inside | {"mimetype", "META-INF/container.xml", root} == {e.filename for e in entries}
    spine = [items[ref.get("idref")].get("href") for ref in package.iter(f"{OPF}itemref")]
    assert len(set(spine)) == len(spine) and spine[:2] == ["title.xhtml", "nav.xhtml"]
    nav = [item.get("href") for item in items.values() if "nav" in (item.get("properties") or "")]
    assert nav == ["nav.xhtml"]
    (cover,) = [i for i in items.values() if "cover-image" in (i.get("properties") or "")]
    drawn = "".join(ET.fromstring(archive.read(f"EPUB/{cover.get('href')}")).itertext())
    assert "policy gradient" in drawn and edition.imprint.author in drawn

    trees = {f"EPUB/{name}": ET.fromstring(archive.read(f"EPUB/{name}")) for name in spine}
    ids = {}
    for file, tree in trees.items():
        own = [node.get("id") for node in tree.iter() if node.get("id")]
        assert len(set(own)) == len(own), file
        ids[file] = set(own)
    for file, tree in trees.items():
        declared = next(i for i in items.values() if f"EPUB/{i.get('href')}" == file)
        has_formulas = any(node.tag == f"{{{epub.MATHML}}}math" for node in tree.iter())
        assert ("mathml" in (declared.get("properties") or "")) == has_formulas, file
        for node in tree.iter(f"{XHTML}img"):
            assert normpath(join(dirname(file), node.get("src"))) in inside and node.get("alt")
        for node in tree.iter(f"{XHTML}a"):
            target, _, anchor = node.get("href", "").partition("#")
            if not re.match(r"[a-z]+:", target):
                assert not anchor or anchor in ids[f"EPUB/{target}"], (file, node.get("href"))


def test_equal_pages_give_an_equal_epub(made, archives):
    read, editions = made
    again = io.BytesIO()
    epub.write(editions["road"], read, again)
    assert again.getvalue() == archives["road"].fp.getvalue()


def test_a_chapter_fits_between_the_margins(made, chrome, tmp_path):
    read, editions = made
    road = editions["road"]
    chapter = Edition(road.name, road.imprint, pictures=road.pictures)
    chapter.parts = [part for part in road.parts if part.slug == "c03"]
    page = sheet.lay_out(chapter, read, tmp_path / "sheet")
    tab = chrome.new_page(viewport={"width": sheet.TEXT_WIDTH, "height": 900})
    tab.emulate_media(media="print")
    tab.goto(page.as_uri(), wait_until="load")
    sheet.fit(tab)
    pages = breaks.mend(tab)["c03"]
    assert pages["lone"] == [] and len(pages["blank"]) >= 8 and max(pages["blank"]) < 0.3
    tab.set_viewport_size({"width": 300, "height": 900})
    with pytest.raises(sheet.TooWide):
        sheet.fit(tab)
    tab.context.close()
