"""What `make ahead` tells apart: two builds of a page that say, number or link something else."""

from __future__ import annotations

import pytest
import same_book

PAGE = """<nav class="bd-links"><a href="02.html">2. Next</a></nav>
<button class="search-button__button"><span>Search</span></button>
<article class="bd-article">
<section id="scores"><h1><span class="section-number">1. </span>Scores
<a class="headerlink" href="#scores">#</a></h1>
<div class="math" id="equation-eq-score"><span class="eqno">(1.1)</span></div>
<div class="proof" id="thm:score"><p><span class="caption-number">Theorem 1.1 </span> (Score)</p>
</div>
<p>By <a href="02.html#thm:mean">Theorem 2.1</a> and
<a href="bibliography.html#id3">Sutton et al., 2000</a>.</p>
<div class="verdict verdict-holds">✓ <code>eq:score</code> holds<br>exactly.</div>
<div class="citation" id="id3">Sutton et al. (2000)</div>
</section></article>"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("(1.1)", "(1.2)", "numbers: + equation-eq-score: (1.2)"),
        ("Theorem 1.1", "Theorem 1.3", "numbers: + thm:score: Theorem 1.3"),
        ('"section-number">1.', '"section-number">4.', "numbers: + scores: 4."),
        (' id="thm:score"', "", "anchors: - thm:score"),
        ("#thm:mean", "#thm:other", "links: + Theorem 2.1 -> 02.html#thm:other"),
        ("Theorem 2.1", "Theorem 2.2", "links: + Theorem 2.2 -> 02.html#thm:mean"),
        ("Sutton et al., 2000", "Sutton, 2000", "links: + Sutton, 2000 -> bibliography.html#id3"),
        ("exactly", "nearly", "verdicts: + ✓ eq:score holds nearly."),
        ("(2000)", "(2001)", "citations: + Sutton et al. (2001)"),
        ("By <a", "From <a", "words: + From Theorem 2.1 and"),
        ("2. Next", "3. Next", "contents: + 3. Next -> 02.html"),
        ("<button", '<button class="search-button__button"></button><button', "searches: + "),
    ],
)
def test_a_planted_difference_is_named(old, new, said):
    assert PAGE.count(old) == 1
    assert said in same_book.differences(PAGE, PAGE.replace(old, new))


def test_what_nobody_sees_is_no_difference():
    other = PAGE.replace("<p>By", '<div class="wrapper" data-theme="new"><p class="x">By')
    other = other.replace("2000</a>.</p>", "2000</a>.</p></div>").replace(">#<", ">¶<")
    other = other.replace("<code>eq:score</code>", "<code><span>eq</span>:score</code>")
    assert other != PAGE and same_book.differences(PAGE, other) == []


def test_a_page_that_only_one_book_has_is_named(tmp_path):
    then, now = tmp_path / "then", tmp_path / "now"
    for folder, names in ((then, ("a", "b", "lite/c")), (now, ("a", "d"))):
        for name in names:
            path = folder / f"{name}.html"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(PAGE, encoding="utf-8")
    expected = {"b.html": ["the page is missing"], "d.html": ["the page is new"]}
    assert same_book.compare(then, now) == expected


def test_many_differences_of_one_kind_are_counted():
    lines = "".join(f"<p>{n}</p>\n" for n in range(20))
    longer = PAGE.replace("</section>", f"{lines}</section>")
    found = same_book.differences(PAGE, longer)
    assert len(found) == same_book.SHOWN + 1 and found[-1] == "words: and 12 more"
