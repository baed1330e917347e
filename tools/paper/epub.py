"""An edition as an EPUB 3: a file a part, formulas as MathML, pictures as SVG.

The text is set in the reader's own fonts; the one font inside is that of the formulas. Files stand
in one order and carry one date, that of the version, so that equal sources give equal bytes.
"""

from __future__ import annotations

import re
import uuid
import xml.etree.ElementTree as ET
from functools import cache
from html import escape
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from paper import front
from paper.edition import Edition, Part, inner
from paper.site import Site

HERE = Path(__file__).resolve().parent
FONT = HERE.parents[1] / "book/_static/fonts/stix-two-math.woff2"
MATHML = "http://www.w3.org/1998/Math/MathML"
CONTAINER = """<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/>
</rootfiles></container>
"""
ACCESSIBLE = (
    ("accessMode", "textual"),
    ("accessMode", "visual"),
    ("accessModeSufficient", "textual"),
    ("accessibilityFeature", "MathML"),
    ("accessibilityFeature", "alternativeText"),
    ("accessibilityFeature", "structuralNavigation"),
    ("accessibilityFeature", "tableOfContents"),
    ("accessibilityHazard", "none"),
    (
        "accessibilitySummary",
        "Formulas are MathML, and every figure has a text that says what it shows.",
    ),
)
DATA = re.compile(r' data-(?!tex)[\w-]+="[^"]*"')
COVER = "cover.svg"
DECLARED = "<?xml version='1.0'?>\n"
STYLES = ("displaystyle", "scriptlevel")
LINK = re.compile(r'href="#([^"]+)"')


@cache
def formula(markup: str) -> str:
    """A formula as MathML 3 with its name space; its TeX is the text for readers without MathML.

    Of the two attributes of styles, MathML 3 wants an element of their own where a browser, which
    follows MathML Core, reads them anywhere.
    """
    root = ET.fromstring(DATA.sub("", markup))
    if source := root.attrib.pop("data-tex", ""):
        root.set("alttext", source)
    for parent in list(root.iter()):
        for place, child in enumerate(parent):
            names = [n for n in STYLES if n in child.attrib and child.tag != "mstyle"]
            if names:
                style = ET.Element("mstyle", {n: child.attrib.pop(n) for n in names})
                style.append(child)
                parent[place] = style
    root.set("xmlns", MATHML)
    return ET.tostring(root, encoding="unicode", short_empty_elements=False)


def xhtml(heading: str, body: str, kind: str = "") -> str:
    """A whole file; ``kind`` goes to its body."""
    mark = f' epub:type="{kind}"' if kind else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" '
        f'lang="en" xml:lang="en"><head><title>{escape(heading)}</title>'
        f'<link rel="stylesheet" type="text/css" href="epub.css"/></head>'
        f"<body{mark}>{body}</body></html>\n"
    )


def navigation(edition: Edition, site: Site) -> str:
    def row(file: str, part: Part) -> str:
        sections = [
            section
            for section in part.tree.find_all("section")
            if section.find("h2", recursive=False) and section.get("id")
        ]
        inside = "".join(
            f'<li><a href="{file}#{section["id"]}">{inner(section.h2)}</a></li>'
            for section in sections
        )
        below = f"<ol>{inside}</ol>" if inside else ""
        return f'<li><a href="{file}">{inner(part.tree.h1)}</a>{below}</li>'

    rows = "".join(row(f"{part.slug}.xhtml", part) for part in edition.parts)
    body = f'<nav epub:type="toc" id="toc"><h1>Contents</h1><ol>{rows}</ol></nav>'
    return xhtml("Contents", site.filled(body, formula))


def places(edition: Edition) -> dict[str, str]:
    """{id: file in which it stands}."""
    return {
        one["id"]: f"{part.slug}.xhtml"
        for part in edition.parts
        for one in [part.tree, *part.tree.find_all(id=True)]
        if one.get("id")
    }


def files(edition: Edition, site: Site) -> dict[str, str | bytes]:
    """{path in the archive: content}, all but the mimetype."""
    where = places(edition)

    def linked(html: str) -> str:
        return LINK.sub(lambda match: f'href="{where[match[1]]}#{match[1]}"', html)

    texts = {
        "title.xhtml": xhtml(
            front.TITLE,
            front.title_page(edition),
            "titlepage",
        ),
        "nav.xhtml": navigation(edition, site),
    } | {
        f"{part.slug}.xhtml": xhtml(part.title, linked(site.filled(str(part.tree), formula)))
        for part in edition.parts
    }
    return {
        "META-INF/container.xml": CONTAINER,
        "EPUB/package.opf": package(edition, texts),
        **{f"EPUB/{name}": text for name, text in texts.items()},
        "EPUB/epub.css": (HERE / "epub.css").read_text(encoding="utf-8"),
        "EPUB/fonts/stix-two-math.woff2": FONT.read_bytes(),
        **{f"EPUB/{name}": DECLARED + svg for name, svg in images(edition).items()},
    }


def images(edition: Edition) -> dict[str, str]:
    return {COVER: front.cover(edition), **edition.pictures}


def package(edition: Edition, texts: dict[str, str]) -> str:
    imprint, date = edition.imprint, edition.imprint.date
    own = f"{front.TITLE}, {edition.name}, {imprint.version}"
    identifier = uuid.uuid5(uuid.NAMESPACE_URL, own)

    def item(file: str, text: str) -> str:
        marks = ["nav"] * (file == "nav.xhtml") + ["mathml"] * ("<math" in text)
        properties = f' properties="{" ".join(marks)}"' if marks else ""
        kind = "application/xhtml+xml"
        return f'<item id="{name(file)}" href="{file}" media-type="{kind}"{properties}/>'

    def name(file: str) -> str:
        return re.sub(r"[^\w-]", "-", file)

    items = "".join(item(file, text) for file, text in texts.items())
    items += '<item id="css" href="epub.css" media-type="text/css"/>'
    items += '<item id="font" href="fonts/stix-two-math.woff2" media-type="font/woff2"/>'
    items += "".join(
        f'<item id="{name(file)}" href="{file}" media-type="image/svg+xml"/>'
        for file in edition.pictures
    )
    items += (
        f'<item id="cover" href="{COVER}" media-type="image/svg+xml" properties="cover-image"/>'
    )
    spine = "".join(f'<itemref idref="{name(file)}"/>' for file in texts)
    access = "".join(f'<meta property="schema:{key}">{text}</meta>' for key, text in ACCESSIBLE)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" '
        'xml:lang="en"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<dc:identifier id="id">urn:uuid:{identifier}</dc:identifier>'
        f"<dc:title>{escape(edition.title)}</dc:title><dc:language>en</dc:language>"
        f"<dc:creator>{escape(imprint.author)}</dc:creator><dc:date>{date}</dc:date>"
        f"<dc:description>{escape(front.DESCRIPTION)}</dc:description>"
        "<dc:rights>MIT licence</dc:rights>"
        '<meta name="cover" content="cover"/>'
        f'<meta property="dcterms:modified">{date}T00:00:00Z</meta>{access}</metadata>'
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>\n"
    )


def write(edition: Edition, site: Site, path: Path | BytesIO) -> None:
    day = tuple(map(int, edition.imprint.date.split("-")))
    with ZipFile(path, "w") as archive:

        def put(file: str, content: str | bytes, how: int) -> None:
            entry = ZipInfo(file, (*day, 0, 0, 0))
            entry.compress_type = how
            archive.writestr(entry, content)

        put("mimetype", "application/epub+zip", ZIP_STORED)
        for file, content in files(edition, site).items():
            put(file, content, ZIP_DEFLATED)
