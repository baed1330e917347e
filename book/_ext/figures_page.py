"""Explorers become figures of the book: numbered, referable, with one style and one script.

``{numref}`fig-truncation` `` says "Figure 1.3". ``[text](#fig-truncation;gamma=0.9)``
opens the figure with its slider at 0.9. The ``{all-figures}`` directive lists every figure, and
``{picture-of}`` shows the first frame of one on another page.
"""

from __future__ import annotations

import hashlib
import json
import re
from html import escape, unescape
from pathlib import Path

from docutils import nodes
from formulas import title_text
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from whole_book import doctree_of, reading_order

from utils.explorer.markup import style
from utils.explorer.static import script

EXPLORER = re.compile(r'<figure class="explorer[^"]*" id="(fig-[^"]+)">')
CAPTION = re.compile(
    r'<figcaption[^>]*><a class="explorer-number"[^>]*>Figure</a> (.*?)</figcaption>'
)
DEFINITION = re.compile(
    r'(?=<(?:path|clipPath|g|marker)\b[^>]* id="([^"]+-d\d+)")'
    r"(<path\b[^>]*/>|<clipPath\b.*?</clipPath>|<g\b.*?</g>|<marker\b.*?</marker>)",
    re.S,
)
FRAMES = re.compile(r'<script type="application/json">(.*?)</script>', re.S)
KEYS = re.compile(r'data-name="([^"]+)" data-keys="([^"]+)"')
LOGGER = logging.getLogger(__name__)
SCRIPT, STYLE = "explorer.js", "explorer.css"
FOLDER = "frames"


class explorer_figure(nodes.General, nodes.Element):
    """The HTML of one explorer; Sphinx numbers it together with the other figures."""


class all_figures(nodes.General, nodes.Element):
    """Stands on the page until every chapter has been read."""


class AllFigures(SphinxDirective):
    """``{all-figures}``: each figure with its number, its caption and its first frame."""

    def run(self) -> list[nodes.Node]:
        self.env.figure_pages.add(self.env.docname)
        return [all_figures(only="".join(self.arguments))]


class PictureOf(AllFigures):
    """``{picture-of} fig-name``: the first frame of one figure, which leads to it."""

    required_arguments = 1


class FindExplorers(SphinxTransform):
    """Put each explorer's HTML into a node that has an id, a caption and a number."""

    default_priority = 400  # before labels are collected

    def apply(self) -> None:
        for raw in list(self.document.findall(nodes.raw)):
            found = EXPLORER.search(raw.astext()) if raw.get("format") == "html" else None
            if not found:
                continue
            name = found[1]
            caption = CAPTION.search(raw.astext())
            node = explorer_figure(html=raw.astext(), ids=[name], names=[name])
            node["caption"] = unescape(caption[1]) if caption else ""
            raw.replace_self(node)
            self.document.note_explicit_target(node)


def caption_of(node: nodes.Node) -> str:
    """The caption by which Sphinx knows a figure; one without a caption has no number."""
    return node["caption"]


def number_of(app: Sphinx, docname: str, name: str) -> str:
    """Such as "3.2"; "" for a figure without a number."""
    numbers = app.env.toc_fignumbers.get(docname, {}).get("figure", {})
    return ".".join(map(str, numbers.get(name, ())))


def visit_explorer(translator, node: explorer_figure) -> None:
    # The id stands in the HTML.
    number = number_of(translator.builder.app, translator.builder.current_docname, node["ids"][0])
    html = node["html"]
    if number:
        html = html.replace(">Figure</a>", f">Figure {number}</a>", 1)
    translator.body.append(with_frames_apart(translator.builder, html))
    raise nodes.SkipNode


def with_frames_apart(builder: Builder, html: str) -> str:
    """The figure with its frames in a file, which is asked for when a reader comes near."""
    frames, opening = FRAMES.search(html), EXPLORER.search(html)
    if not (frames and opening):
        return html
    name = opening[1]
    text = f'(window.explorerFrames ??= {{}})["{name}"]={frames[1]};\n'
    file = f"{FOLDER}/{name}-{hashlib.sha256(text.encode()).hexdigest()[:10]}.js"
    path = Path(builder.outdir) / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    up = "../" * builder.current_docname.count("/")
    marked = opening[0].replace(">", f' data-frames="{up}{file}">')
    return FRAMES.sub("", html, count=1).replace(opening[0], marked, 1)


def skip(translator, node: nodes.Node) -> None:
    raise nodes.SkipNode


class LinkFrames(SphinxPostTransform):
    """Resolve ``#fig-name;p=0.3`` to the figure, on whatever page it is."""

    default_priority = 5  # before MyST looks for a target of that name

    def run(self, **_: object) -> None:
        labels = self.env.get_domain("std").anonlabels
        for node in list(self.document.findall(addnodes.pending_xref)):
            name, separator, place = node.get("reftarget", "").partition(";")
            if not separator or name not in labels:
                continue
            docname, label = labels[name]
            self.require_position(docname, name, place, node)
            page = self.app.builder.get_relative_uri(self.env.docname, docname)
            link = nodes.reference("", "", internal=True, refuri=f"{page}#{label};{place}")
            link.extend(node.children)
            node.replace_self(link)

    def require_position(self, docname: str, name: str, place: str, node: nodes.Node) -> None:
        """Warn, which fails the build, if the figure has no such position."""
        figures = doctree_of(self.env, docname).findall(explorer_figure)
        html = next((figure["html"] for figure in figures if name in figure["ids"]), "")
        keys = {control: json.loads(unescape(text)) for control, text in KEYS.findall(html)}
        for setting in place.split(";"):
            control, _, key = setting.partition("=")
            if key not in keys.get(control, ()):
                LOGGER.warning(f"{name} has no position {setting}; {keys}", location=node)


def share_definitions(svgs: list[str]) -> tuple[str, list[str]]:
    """(one SVG with every glyph, mark and frame, the pictures without their own).

    Nearly all of them draw the same glyphs, each under a name of its own.
    """
    shared: dict[str, str] = {}
    bare = []
    for svg in svgs:
        names = {}
        for name, body in DEFINITION.findall(svg):
            names[name] = shared.setdefault(body.replace(name, "?"), f"shared-{len(shared)}")
        svg = re.sub(r"<defs>.*?</defs>", "", svg, count=1, flags=re.S)
        svg = re.sub(r' id="[^"]*"', "", svg)
        for old, new in names.items():
            svg = re.sub(rf'#{re.escape(old)}(?=[")])', f"#{new}", svg)
        bare.append(re.sub(r' aria-describedby="[^"]*"', "", svg))
    pool = "".join(body.replace("?", new) for body, new in shared.items())
    return f'<svg width="0" height="0" aria-hidden="true"><defs>{pool}</defs></svg>', bare


def entry(app: Sphinx, page: str, docname: str, node: explorer_figure, svg: str) -> nodes.raw:
    """One figure in the list: its first frame as a link, its number and title, its caption."""
    name = node["ids"][0]
    address = f"{app.builder.get_relative_uri(page, docname)}#{name}"
    title = re.search(r'explorer-title">(.*?)</p>', node["html"])
    call = f"Figure {number_of(app, docname, name)}"
    heading = f"{call}. {title[1]}" if title else call
    html = (
        f'<li class="explorer gallery-item"><a href="{address}"><span class="gallery-frame">{svg}'
        f"</span>{heading}</a><p>{escape(node['caption'])}</p></li>"
    )
    return nodes.raw("", html, format="html")


def fill(app: Sphinx, doctree: nodes.document, page: str) -> None:
    for place in list(doctree.findall(all_figures)):
        figures = [
            (docname, node)
            for docname in reading_order(app.env)
            for node in doctree_of(app.env, docname).findall(explorer_figure)
            if place["only"] in ("", *node["ids"])
        ]
        if not figures:
            LOGGER.warning(f"there is no figure {place['only']}", location=place)
        pictures = [re.search(r"<svg.*?</svg>", node["html"], re.S)[0] for _, node in figures]
        shared, pictures = share_definitions(pictures)
        found: list[nodes.Node] = [nodes.raw("", shared, format="html")]
        shown = list(zip(figures, pictures, strict=True))
        for docname in dict.fromkeys(docname for docname, _ in figures):
            if not place["only"]:
                found.append(nodes.rubric("", title_text(app.env.titles[docname])))
            kind = "gallery cover" if place["only"] else "gallery"
            found.append(nodes.raw("", f'<ul class="{kind}">', format="html"))
            for (chapter, node), svg in shown:
                if chapter == docname:
                    found.append(entry(app, page, docname, node, svg))
            found.append(nodes.raw("", "</ul>", format="html"))
        place.replace_self(found)


def on_init(app: Sphinx) -> None:
    if not hasattr(app.env, "figure_pages"):
        app.env.figure_pages = set()


def on_purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    env.figure_pages.discard(docname)


def on_updated(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Any change anywhere rewrites the list."""
    return sorted(env.figure_pages)


def write_assets(app: Sphinx, failure: Exception | None) -> None:
    """Style and script of the explorers, one file each for all pages."""
    if failure is None and app.builder.format == "html":
        folder = Path(app.outdir) / "_static"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / STYLE).write_text(style(), encoding="utf-8")
        (folder / SCRIPT).write_text(script(), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_enumerable_node(
        explorer_figure,
        "figure",
        caption_of,
        html=(visit_explorer, None),
        latex=(skip, None),
        text=(skip, None),
    )
    app.add_node(all_figures)
    app.add_directive("all-figures", AllFigures)
    app.add_directive("picture-of", PictureOf)
    app.add_transform(FindExplorers)
    app.add_post_transform(LinkFrames)
    app.add_css_file(STYLE)
    app.add_js_file(SCRIPT, loading_method="defer")
    app.connect("builder-inited", on_init)
    app.connect("env-purge-doc", on_purge)
    app.connect("env-updated", on_updated)
    app.connect("doctree-resolved", fill)
    app.connect("build-finished", write_assets)
    return {"parallel_read_safe": False, "parallel_write_safe": False}
