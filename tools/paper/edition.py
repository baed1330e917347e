"""What an edition holds: the pages, without what only a screen can do, in a reader's order.

The road leaves out what tools/road.py says, and chapters and pages of reference as listed here. In
both editions the replies to the predictions and the solutions go into appendices, a moving figure
becomes still ones, and folds either open or, on the road, are left out. A link leads to its place
in the edition if it is there, else to the page, if the address of the published book is known.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, NavigableString, Tag
from road import is_starred

from paper import front
from paper.multiples import Still, frames_of, stills
from paper.site import Page, Site

# What only a screen can do, or what a fold hides that is asked for with a click.
SCREEN = (
    ".headerlink, script, link, style, button, datalist, details.hide, div.checks, .answer,"
    " .waits-note, .predictions-progress, .progress-line, .predict-acts, .predict-reply,"
    " .ledger-filter, .gallery, .toctree-wrapper, .sd-summary-state-marker, .explorer-controls"
)
# Of programs, or made of what the edition shows in its place; the page shows them better.
ONLY_ON_THE_SITE = {"book/run", "book/library", "book/figures", "book/proof-map"}
NOT_ON_THE_ROAD = {"book/faq", "book/ledger", "book/formal"}
ABOUT_THE_PAGES = "#how-to-read"  # the paper editions say this in their own words
KEPT = {"id", "class", "href", "src", "alt", "colspan", "rowspan", "scope", "k", "data-to"}
NUMBER = re.compile(r"(\d\d)-")


@dataclass
class Part:
    """A chapter, a page of reference or an appendix: its name, its title in letters, its tree."""

    slug: str
    title: str
    tree: Tag


@dataclass(frozen=True)
class Imprint:
    """Whose the book is, its version with the date, and the address of its published pages.

    ``address`` ends in a slash, or is empty where it is not known.
    """

    author: str
    version: str
    date: str
    address: str = ""


@dataclass
class Edition:
    """All that is written down: parts in order, pictures by file name; "road" or "book"."""

    name: str
    imprint: Imprint
    parts: list[Part] = field(default_factory=list)
    pictures: dict[str, str] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    answers: list[Tag] = field(default_factory=list)
    solutions: list[Tag] = field(default_factory=list)

    @property
    def title(self) -> str:
        return f"{front.TITLE}: {front.SUBTITLE[self.name].lower()}"

    @property
    def is_road(self) -> bool:
        return self.name == "road"

    def holds(self, name: str) -> bool:
        return name not in ONLY_ON_THE_SITE | (NOT_ON_THE_ROAD if self.is_road else set())


def inner(heading: Tag) -> str:
    """What stands in a heading, as HTML."""
    return "".join(map(str, heading.contents))


def tag(html: str) -> Tag:
    return BeautifulSoup(html, "html.parser").find()


def letters(text: str) -> str:
    return " ".join(text.split())


def slug_of(page: str) -> str:
    """ "c03" for chapter 3, "notation" for the notation."""
    stem = page.rpartition("/")[2]
    number = NUMBER.match(stem)
    return f"c{number[1]}" if number else stem


def place_of(page: str, anchor: str) -> str:
    """The id in an edition of an anchor of a page: one that XML and e-readers accept."""
    cleaned = re.sub(r"[^A-Za-z0-9-]+", "-", anchor)
    return f"{slug_of(page)}-{cleaned}" if anchor else slug_of(page)


def make(site: Site, pages: list[str], name: str, imprint: Imprint) -> Edition:
    """The edition ``name``, "road" or "book", of these pages."""
    edition = Edition(name, imprint)
    for page in (site.page(page) for page in pages if edition.holds(page)):
        starred = is_starred(heading_text(page.tree))
        if edition.is_road and starred:
            edition.left_out |= {place_of(page.name, anchor) for anchor in page.ids | {""}}
            continue
        edition.parts.append(part_of(edition, page))
    edition.parts.insert(0, Part("about", "About this edition", tag(front.about(edition))))
    for slug, title, found in (
        ("answers", "Answers to the predictions", edition.answers),
        ("solutions", "Solutions", edition.solutions),
    ):
        if found:
            edition.parts.append(appendix(slug, title, found))
    resolve(edition)
    return edition


def heading_text(section: Tag) -> str:
    """The title of a section without its number, letters only."""
    heading = section.find(re.compile(r"^h[1-6]$"), recursive=False)
    number = heading.select_one(".section-number") if heading else None
    text = heading.get_text() if heading else ""
    return text.removeprefix(number.get_text()) if number else text


def part_of(edition: Edition, page: Page) -> Part:
    tree = page.tree
    if slug_of(page.name) == "index":
        tree.h1.string = front.OPENING
        remove(tree.select(ABOUT_THE_PAGES))
    if edition.is_road:
        leave_out(edition, page)
    still_figures(edition, page)
    chapter = NUMBER.match(page.name.rpartition("/")[2])
    ask_predictions(edition, page, str(int(chapter[1])) if chapter else "")
    take_solutions(edition, page)
    say_where_solutions_are(tree)
    remove(tree.select(SCREEN))
    open_folds(tree)
    forms_on_paper(tree)
    cards(tree)
    close_code(tree)
    mark_places(page.name, tree)
    for moved in (edition.answers, edition.solutions):
        for one in moved:
            if one.get("data-page") == page.name:
                del one["data-page"]
                remove(one.select(SCREEN))
                open_folds(one)
                close_code(one)
                mark_places(page.name, one)
    title = letters(page.title) if slug_of(page.name) != "index" else front.OPENING
    return Part(slug_of(page.name), title, tree)


def remove(found: list[Tag]) -> None:
    for one in found:
        if not one.decomposed:
            one.decompose()


# The road.


def leave_out(edition: Edition, page: Page) -> None:
    """Starred sections, starred exercises with their solutions, and folds."""
    starred = [s for s in page.tree.find_all("section") if is_starred(heading_text(s))]
    starred += [
        box
        for box in page.tree.select("div.exercise, div.solution")
        if is_starred(box.select_one(".admonition-title").get_text().partition("(")[2])
    ]
    exercises = {box.get("id") for box in starred}
    starred += [q for q in page.tree.select("div.question") if q["data-question"] in exercises]
    folds = page.tree.select("details:not(.hide, .check, .predict-answer)")
    for gone in [*starred, *folds]:
        if gone.decomposed:
            continue
        ids = [gone.get("id"), *(inner["id"] for inner in gone.find_all(id=True))]
        edition.left_out |= {place_of(page.name, anchor) for anchor in ids if anchor}
        gone.decompose()


# Figures.


def still_figures(edition: Edition, page: Page) -> None:
    built = edition_page(edition, page)
    for figure in page.tree.select("figure.explorer"):
        image = figure.select_one(".explorer-picture > img")
        svg = page.pictures[int(image["k"])]
        first, beside = stills(figure, svg, frames_of(figure, page.file))
        figure.replace_with(still_figure(edition, figure, label_of(svg), first, beside, built))
    remove(page.tree.select("img[k]"))  # marks of buttons and folds


def edition_page(edition: Edition, page: Page) -> str:
    return f"{edition.imprint.address}{page.name}.html" if edition.imprint.address else ""


def label_of(svg: str) -> str:
    return tag(svg[: svg.index(">") + 1])["aria-label"]


def still_figure(
    edition: Edition, figure: Tag, alt: str, first: Still, beside: list[Still], page: str
) -> Tag:
    name = figure["id"]

    def picture(number: int, still: Still, alt: str) -> Tag:
        file = f"figures/{name}{f'-{number}' if number else ''}.svg"
        edition.pictures[file] = still.svg
        image = tag("<img>")
        image["src"], image["alt"] = file, alt
        return image

    whole = tag(f'<figure class="still" id="{name}"></figure>')
    if title := figure.select_one(".explorer-title"):
        whole.append(text_tag("p", title.get_text(), "figure-title"))
    whole.append(picture(0, first, alt))
    if first.label:
        whole.append(
            text_tag("p", f"Shown here: {sentence(first.label)} {first.reading}", "reading")
        )
    if beside:
        row = tag(f'<div class="multiples of-{len(beside)}"></div>')
        for number, still in enumerate(beside, start=1):
            one = tag('<div class="multiple"></div>')
            said = f"{sentence(still.label)} {still.reading}"
            one.append(picture(number, still, f"The same picture with {said}"))
            one.append(text_tag("p", said, "reading"))
            row.append(one)
        whole.append(row)
    if caption := figure.find("figcaption"):
        number = caption.find("a")
        number.name = "strong"
        number.attrs = {}
        if page and beside:
            caption.append(" ")
            link = text_tag("a", "The figure moves on its page.", "live")
            link["href"] = f"{page}#{name}"
            caption.append(link)
        whole.append(caption)
    return whole


def sentence(label: str) -> str:
    """With one full stop, also where the position is called "✗."."""
    return f"{label.removesuffix('.')}."


def text_tag(name: str, text: str, kind: str = "") -> Tag:
    made = tag(f"<{name}></{name}>")
    made.string = text
    if kind:
        made["class"] = kind
    return made


# Predictions, exercises, solutions.


def ask_predictions(edition: Edition, page: Page, chapter: str) -> None:
    """The question with its choices stays; the replies wait in an appendix."""
    for count, asked in enumerate(page.tree.select("div.predict:not(.question)"), start=1):
        name, anchor = f"Prediction {chapter}.{count}", f"prediction-{count}"
        box = asked.find_parent(class_="admonition")
        if title := box.select_one(".admonition-title"):
            title.string = name
        box["id"] = anchor
        replies = asked.select_one("details.predict-answer")
        entry = tag(f'<div class="replies" id="{anchor}-replies"></div>')
        entry["data-page"] = page.name
        head = tag(f'<p class="replies-title"><a href="#{anchor}">{name}</a></p>')
        entry.append(head)
        for one in list(replies.children):
            if getattr(one, "name", "") != "summary":
                entry.append(one.extract())
        entry["data-chapter"] = page.title
        edition.answers.append(entry)
        where = text_tag("p", "", "elsewhere")
        link = text_tag("a", "The replies", "at-the-end")
        link["href"] = f"#{anchor}-replies"
        where.append(link)
        replies.replace_with(where)


def take_solutions(edition: Edition, page: Page) -> None:
    for told in page.tree.select("div.question > details.predict-answer"):
        solution = told.find_next("div", class_="solution")
        remove(told.find_all("summary"))
        told.name, told["class"] = "div", "replies"
        solution.append(told.extract())
    for count, solution in enumerate(page.tree.select("div.solution"), start=1):
        exercise = solution.find_previous("div", class_="exercise")
        solution["id"] = solution.get("id") or f"solution-{count}"
        title = solution.select_one(".admonition-title")
        if exercise is not None and exercise.has_attr("id"):
            words = letters(title.get_text())
            title.string = ""
            link = text_tag("a", words)
            link["href"] = f"#{exercise['id']}"
            title.append(link)
            asked = exercise.select_one(".admonition-title")
            asked.append(" ")
            back = text_tag("a", "Solution", "at-the-end")
            back["href"] = f"#{solution['id']}"
            asked.append(back)
        solution["data-page"], solution["data-chapter"] = page.name, page.title
        edition.solutions.append(solution.extract())


def say_where_solutions_are(tree: Tag) -> None:
    """What an exercise section says of folds and of boxes to type in holds for the page only."""
    for paragraph in tree.find_all("p"):
        kept, found, _ = front.ABOUT_EXERCISES.sub("\0", inner(paragraph)).partition("\0")
        if found:
            said = tag(f"<p>{kept}{front.EXERCISES}</p>")
            paragraph.replace_with(said)


def appendix(slug: str, title: str, found: list[Tag]) -> Part:
    tree = tag(f'<section id="{slug}"><h1>{title}</h1></section>')
    chapter, section = "", tree
    for one in found:
        if one["data-chapter"] != chapter:
            chapter = one["data-chapter"]
            count = len(tree.find_all("section")) + 1
            section = tag(f'<section id="{slug}-{count}"></section>')
            section.append(text_tag("h2", letters(chapter)))
            tree.append(section)
        section.append(one)
    return Part(slug, title, tree)


# What is left of a screen.


def open_folds(tree: Tag) -> None:
    for fold in tree.find_all("details"):
        fold.name = "div"
        fold["class"] = "fold"
        if summary := fold.find("summary"):
            summary.replace_with(text_tag("p", letters(summary.get_text()), "fold-title"))
    for wrapper in tree.select("div.waits, div.answer"):
        wrapper.unwrap()


def forms_on_paper(tree: Tag) -> None:
    """Choices become a list, a field to type in becomes a line to write on."""
    for choices in tree.find_all("fieldset"):
        listed = tag('<ul class="choices"></ul>')
        for label in choices.find_all("label"):
            remove(label.find_all("input"))
            label.name = "li"
            listed.append(label.extract())
        choices.replace_with(listed)
    for field_ in tree.find_all(["input", "textarea", "select", "output"]):
        blank = field_.name != "input" or field_.get("type", "text") in ("text", "number")
        field_.replace_with(text_tag("span", "\u00a0" * 14, "blank") if blank else "")
    for label in tree.find_all(["label", "form"]):
        label.unwrap()


def cards(tree: Tag) -> None:
    """A row of the ledger as a card: seven columns are too many for a page."""
    if tree.select_one("table.ledger"):
        tree.h1.insert_after(text_tag("p", front.CARDS))
    for table in tree.select("table.ledger"):
        stack = tag('<div class="ledger"></div>')
        for row in table.select("tbody > tr"):
            card = tag('<div class="card"></div>')
            if row.has_attr("id"):
                card["id"] = row["id"]
            for cell in row.find_all("td", recursive=False):
                if not letters(cell.get_text()):
                    continue
                name, said = text_tag("b", cell["data-label"] + ". "), cell.find("p")
                cell.name, cell.attrs = "div", {}
                if said is not None and said.parent is cell:
                    said.insert(0, name)
                else:
                    cell.insert(0, name)
                card.append(cell.extract())
            stack.append(card)
        table.replace_with(stack)


def close_code(tree: Tag) -> None:
    """No empty line at the end of code."""
    for code in tree.find_all("pre"):
        if code.contents and isinstance(code.contents[-1], NavigableString):
            code.contents[-1].replace_with(str(code.contents[-1]).rstrip("\n"))


# Links and their places.


def mark_places(page: str, tree: Tag) -> None:
    """Ids as the edition has them; links as the place they mean, ``data-to="page#anchor"``."""
    top = tree.get("id", "") if tree.name == "section" else None
    for link in tree.find_all("a", href=True):
        parts = urlsplit(link["href"])
        if parts.scheme:
            continue
        path, _, anchor = link["href"].partition("#")
        target = normpath(join(dirname(page), unquote(path))) if path else f"{page}.html"
        link["data-to"] = f"{target}#{unquote(anchor)}" if anchor else target
        del link["href"]
    for one in [tree, *tree.find_all(True)]:
        anchor = one.get("id")
        one.attrs = {name: value for name, value in one.attrs.items() if keeps(name)}
        if anchor:
            one["id"] = place_of(page, "" if anchor == top else anchor)
    if top:
        tree.insert(0, tag(f'<span id="{place_of(page, top)}"></span>'))


def keeps(name: str) -> bool:
    return name in KEPT or name in ("data-page", "data-chapter")


def resolve(edition: Edition) -> None:
    """Each link to its place, in the edition or on the site; then only ids that are used stay."""
    trees = [part.tree for part in edition.parts]
    placed = Counter(one["id"] for tree in trees for one in tree.find_all(id=True))
    placed.update(tree["id"] for tree in trees)
    used: set[str] = set()
    for tree in trees:
        for link in tree.select("a[data-to]"):
            target, _, anchor = link.attrs.pop("data-to").partition("#")
            place = place_of(target.removesuffix(".html"), anchor)
            if target.endswith(".html") and place in placed:
                link["href"] = f"#{place}"
                used.add(place)
                continue
            if place in edition.left_out and "tick" not in link.get("class", ()):
                link.append(" (in the whole book)")
            if edition.imprint.address:
                link["href"] = edition.imprint.address + target + (f"#{anchor}" if anchor else "")
            else:
                link.unwrap()
    for tree in trees:
        for link in tree.select("a[href^='#']"):
            used.add(link["href"][1:])
        for one in tree.find_all(id=True):
            heads_section = one.name == "section" and one.find(["h1", "h2"], recursive=False)
            if one["id"] not in used and not heads_section:
                del one["id"]
                if one.name == "span" and not one.contents:
                    one.decompose()
        for one in tree.find_all(attrs={"data-chapter": True}):
            del one["data-chapter"]
    ids = Counter(one["id"] for tree in trees for one in [tree, *tree.find_all(id=True)])
    twice = [name for name, count in ids.items() if count > 1]
    lost = used - set(ids)
    if twice or lost:
        raise ValueError(f"two places have one name: {twice}; links lead nowhere: {sorted(lost)}")
