"""Makes the built pages light: one style sheet, one script, icons without a font, no flash.

The theme sends 1.2 MB for every page: an icon library as a script and again as fonts, all of
Bootstrap, a dozen small files. When all pages are written, this keeps what they use: the rules
whose classes occur, the icons that occur, the scripts joined into one that waits until the page is
read. Nothing is changed by hand, so a new version of the theme passes through in the same way.

One script is left inside a page, the first. All others are files, as a strict policy for scripts
asks (tools/policy.py).
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable, Iterator
from html import unescape
from pathlib import Path
from urllib.parse import quote

import tinycss2
from sphinx.application import Sphinx

# The theme shows a page in no colours until its last script has run; this runs first.
FIRST = """<script>
(() => {
  const page = document.documentElement.dataset;
  page.mode = localStorage.getItem("mode") || "auto";
  const dark = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  page.theme = page.mode === "auto" ? dark : localStorage.getItem("theme") || page.mode;
})();
</script>"""
PRELOADED = ("stix-two-text-regular.woff2", "stix-two-math.woff2")
UNUSED = (
    "locales",
    "vendor/fontawesome",
    "scripts/fontawesome.js",
    "scripts/fontawesome.js.LICENSE.txt",
    "basic.css",
    "images",
    "sphinx-thebe.js",
    "sphinx-thebe.css",
    "webpack-macros.html",
    "sbt-webpack-macros.html",
)
# Where versions of the theme keep the drawings of their icons.
LIBRARIES = ("vendor/fontawesome/*/js/all.min.js", "scripts/fontawesome.js")
# Later ones write letters of a font before the icons, from the style sheet of the theme.
NO_LETTERS = ":is(.fa-solid,.fa-regular,.fas)::before{content:none}"
# The search of Sphinx, which later themes load on every page; search_page.py has another.
SPHINX_SEARCH = ("searchtools.js", "language_data.js", "searchindex.js")
# Classes that Bootstrap's script sets on the theme's elements.
SET_BY_BOOTSTRAP = {"show", "fade", "active", "collapse", "collapsing", "tooltip", "tooltip-inner"}
SET_BY_BOOTSTRAP |= {"tooltip-arrow", "bs-tooltip-auto", "bs-tooltip-top", "bs-tooltip-bottom"}

LICENCES = """/*! Bootstrap 5, MIT; PyData Sphinx Theme, Sphinx Book Theme, BSD 3-Clause; icons of
Font Awesome Free 6, CC BY 4.0; STIX Two, SIL OFL 1.1. */
"""

LINK = re.compile(r'[ \t]*<link\b[^>]*\brel="(?:stylesheet|preload)"[^>]*>\n?')
SCRIPT = re.compile(r"[ \t]*<script\b([^>]*)>(.*?)</script>\n?", re.S)
WRITTEN = re.compile(r"<script>\s*document\.write\(`(.*?)`\);?\s*</script>", re.S)
ICON = re.compile(r"\bfa-(?!solid\b|regular\b|brands\b|lg\b|fw\b)[a-z][a-z0-9-]*")


def attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return found.group(1) if found else ""


def local(address: str) -> str:
    """The path under `_static` of an address in a page, or nothing."""
    return address.split("?")[0].partition("_static/")[2]


# The style sheet.


def used_names(pages: Iterable[str], scripts: Iterable[str]) -> set[str]:
    names = set(SET_BY_BOOTSTRAP)
    for page in pages:
        for value in re.findall(r'\b(?:class|id)="([^"]*)"', page):
            names.update(value.split())
    for script in scripts:
        names.update(re.findall(r"[A-Za-z_][\w-]*", script))
    return names


def required(selector: list) -> Iterator[str]:
    """The classes and ids without which the selector matches nothing."""
    dot = False
    for token in selector:
        if token.type == "hash":
            yield token.value
        elif token.type == "ident" and dot:
            yield token.value
        dot = token.type == "literal" and token.value == "."


def selectors(prelude: list) -> list[list]:
    found: list[list] = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            found.append([])
        else:
            found[-1].append(token)
    return found


def squeeze(css: str) -> str:
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    return re.sub(r"\s*([{};])\s*", r"\1", re.sub(r"\s+", " ", css)).replace(";}", "}").strip()


def kept(rules: list, names: set[str]) -> Iterator[str]:
    """The rules that can match something, as text."""
    for rule in rules:
        if rule.type == "qualified-rule":
            live = [s for s in selectors(rule.prelude) if names.issuperset(required(s))]
            if live:
                heads = ",".join(tinycss2.serialize(s).strip() for s in live)
                yield squeeze(f"{heads}{{{tinycss2.serialize(rule.content)}}}")
        elif rule.type == "at-rule" and rule.content is None:
            if rule.lower_at_keyword != "charset":
                yield squeeze(rule.serialize())
        elif rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports", "container"):
            inside = tinycss2.parse_rule_list(
                rule.content, skip_comments=True, skip_whitespace=True
            )
            body = "".join(kept(inside, names))
            if body:
                head = f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}"
                yield f"{squeeze(head)}{{{body}}}"
        elif rule.type == "at-rule":
            text = rule.serialize()
            if "Font Awesome" not in text and "FontAwesome" not in text:
                yield squeeze(text)


def rebased(css: str, folder: Path, static: Path) -> str:
    """Addresses in a style sheet, seen from `_static`."""

    def address(match: re.Match) -> str:
        target = match.group(1).strip("\"'")
        if re.match(r"data:|#|https?:", target):
            return match.group()
        path = (folder / target.split("?")[0].split("#")[0]).resolve()
        return f'url("{path.relative_to(static.resolve()).as_posix()}")'

    return re.sub(r"url\(([^)]*)\)", address, css)


def sheet_text(path: Path, static: Path) -> str:
    """A style sheet with those it imports in their place."""
    text = re.sub(r"/\*#.*?\*/", "", path.read_text(encoding="utf-8"))
    imported = re.compile(r'@import\s+(?:url\()?["\']?([^"\');]+)["\']?\)?\s*;')
    text = imported.sub(lambda m: sheet_text(path.parent / m.group(1), static), text)
    return rebased(text, path.parent, static)


def print_in_light(css: str) -> str:
    """Paper is white: the colours of the light theme, whatever the screen shows."""
    rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    light = [
        squeeze(tinycss2.serialize(rule.content))
        for rule in rules
        if rule.type == "qualified-rule"
        and any(
            re.fullmatch(r'html\[data-theme="?light"?\]', tinycss2.serialize(s).strip())
            for s in selectors(rule.prelude)
        )
    ]
    return f"@media print{{html[data-theme=dark]{{{';'.join(light)}}}}}"


def icons(names: set[str], library: str) -> str:
    """The icons of the pages as masks: no script, no font, and they take the colour of the text."""
    css = (
        ".fa-solid,.fa-regular,.fas{display:inline-block;width:1em;height:1em;"
        "vertical-align:-.125em;background:currentColor;forced-color-adjust:none;"
        "print-color-adjust:exact;mask:var(--icon) center/contain no-repeat}"
        ".fa-lg{font-size:1.25em;vertical-align:-.2em}"
    )
    for name in sorted(names):
        found = re.findall(
            rf'[,{{]"?{re.escape(name)}"?:\[(\d+),(\d+),\[[^\]]*\],"[0-9a-f]+","([^"]+)"\]', library
        )
        if found:
            width, height, path = found[-1]
            svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
            svg += f'<path d="{path}"/></svg>'
            css += f'.fa-{name}{{--icon:url("data:image/svg+xml,{quote(svg, safe=" =:/<>,")}")}}'
    return css.replace("<", "%3C").replace(">", "%3E")


# What is written into a page as a script becomes a file.

HANDLER = re.compile(r' onclick="([^"]*)"')
INLINE = re.compile(r"<script>(.*?)</script>", re.S)


def clicks(actions: list[str]) -> str:
    """The script that does what the handlers in the pages did."""
    functions = ",".join(f"() => {{ {action} }}" for action in actions)
    return (
        f"(() => {{ const actions = [{functions}];"
        'document.addEventListener("click", (event) => {'
        'const button = event.target.closest?.("[data-click]");'
        "if (button) actions[button.dataset.click](); }); })()"
    )


def without_inline(page: str, actions: list[str], static: Path) -> str:
    """The page with its handlers named and the scripts of its body in files."""
    page = HANDLER.sub(lambda m: f' data-click="{actions.index(unescape(m.group(1)))}"', page)
    root = attribute(page[:400], "data-content_root") or "./"
    head, body = page.split("</head>", 1)

    def as_file(match: re.Match) -> str:
        file = stamped(static, "inline.js", match.group(1))
        return f'<script defer src="{root}_static/{file}"></script>'

    return f"{head}</head>{INLINE.sub(as_file, body)}"


# The pages.


def stamped(static: Path, name: str, text: str) -> str:
    """Write the file and give it a name that changes with what is in it."""
    stem, _, ending = name.rpartition(".")
    file = f"{stem}-{hashlib.sha256(text.encode()).hexdigest()[:10]}.{ending}"
    (static / file).write_text(text, encoding="utf-8")
    return file


def head_files(page: str) -> tuple[list[str], list[str]]:
    """The style sheets and the scripts that a page loads, in order."""
    sheets = [
        local(attribute(tag, "href"))
        for tag in LINK.findall(page)
        if 'rel="stylesheet"' in tag and local(attribute(tag, "href"))
    ]
    scripts = [local(attribute(tag, "src")) for tag, _ in SCRIPT.findall(page)]
    return sheets, [script for script in scripts if script]


# The theme measures every listing as the page loads, which lays out the whole page at once, and
# makes those that fit impossible to focus. scroll.js does the same as each comes into view.
MEASURES = "pre, .nboutput > .output_area, .cell_output > .output, .jp-RenderedHTMLCommon"


def without_measuring(script: str) -> str:
    return script.replace(f'querySelectorAll("{MEASURES}")', "querySelectorAll(null)")


def is_settings(text: str) -> bool:
    """Short scripts between the others that set what they read."""
    return bool(re.match(r"\s*(let|var) toggle", text))


# Each figure carries its own style and script, so that it works in a notebook by itself.
FIGURE_STYLE = re.compile(r'(<figure class="explorer"[^>]*>)<style>(.*?)</style>', re.S)
FIGURE_SCRIPT = re.compile(r"</script><script>((?:(?!</script>).)*)</script></figure>", re.S)


def of_figures(pages: Iterable[str]) -> tuple[list[str], list[str]]:
    """The styles and scripts of the figures, each once."""
    styles: dict[str, None] = {}
    scripts: dict[str, None] = {}
    for page in pages:
        styles |= dict.fromkeys(style for _, style in FIGURE_STYLE.findall(page))
        scripts |= dict.fromkeys(FIGURE_SCRIPT.findall(page))
    return list(styles), list(scripts)


def lighten(page: str, style: str, script: str, joined: set[str]) -> str:
    root = attribute(page[:400], "data-content_root") or "./"
    head, body = page.split("</head>", 1)

    def keep_script(match: re.Match) -> str:
        attributes, text = match.groups()
        source = local(attribute(attributes, "src"))
        if source in joined or "fontawesome" in source:
            return ""
        if attribute(attributes, "src").split("?")[0].endswith(SPHINX_SEARCH):
            return ""
        if source:
            return match.group().replace("<script", "<script defer", 1)
        if is_settings(text) or "DOCUMENTATION_OPTIONS." in text:
            return ""
        if "dataset.theme" in text:
            return ""
        return match.group()

    head = LINK.sub("", SCRIPT.sub(keep_script, head))
    head = re.sub(r'<meta name="viewport"[^>]*>', "", head)
    head = re.sub(r"<!--.*?-->\s*|\n\s*(?=\n)", "", head, flags=re.S)
    fonts = "".join(
        f'<link rel="preload" as="font" type="font/woff2" crossorigin '
        f'href="{root}_static/fonts/{font}">\n'
        for font in PRELOADED
    )
    own = (
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n{FIRST}\n'
        f'<link rel="stylesheet" href="{root}_static/{style}">\n{fonts}'
        f'<script defer src="{root}_static/{script}"></script>\n'
    )
    head = re.sub(r'(<meta charset="utf-8"\s*/?>)', lambda m: f"{m.group()}\n{own}", head, count=1)
    head = head.replace('data-theme="auto"', 'data-theme="light"', 1)
    body = re.sub(
        r'[ \t]*<script[^>]*\bsrc="[^"]*_static/([^"?]+)[^"]*"[^>]*></script>\n?',
        lambda m: "" if m.group(1) in joined else m.group(),
        body,
    )
    body = FIGURE_STYLE.sub(r"\1", FIGURE_SCRIPT.sub("</script></figure>", body))
    body = WRITTEN.sub(lambda m: "" if "only-dark" in m.group(1) else m.group(1), body)
    body = body.replace('class="logo__image only-light"', 'class="logo__image"')
    body = re.sub(r'<link rel="preload" as="script"[^>]*>\n?', "", body)
    # contents.js does it, without a layout of the whole page.
    body = body.replace(' data-bs-spy="scroll" data-bs-target=".bd-toc-nav"', "", 1)
    return f"{head}</head>{body}"


def lighten_all(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html" or app.builder.name == "linkcheck":
        return
    out, static = Path(app.outdir), Path(app.outdir) / "_static"
    paths = [p for p in sorted(out.rglob("*.html")) if static not in p.parents]
    pages = {path: path.read_text(encoding="utf-8") for path in paths}
    pages = {path: page for path, page in pages.items() if "</head>" in page and "_static/" in page}

    sheets: dict[str, None] = {}
    common: list[str] | None = None
    for page in pages.values():
        own_sheets, own_scripts = head_files(page)
        sheets |= dict.fromkeys(own_sheets)
        common = own_scripts if common is None else [s for s in common if s in own_scripts]
    joined = [name for name in common or [] if "fontawesome" not in name]

    settings: dict[str, None] = {}
    for page in pages.values():
        settings |= dict.fromkeys(t for _, t in SCRIPT.findall(page) if is_settings(t))
    figure_styles, figure_scripts = of_figures(pages.values())
    actions = sorted({unescape(a) for page in pages.values() for a in HANDLER.findall(page)})
    texts = {name: (static / name).read_text(encoding="utf-8") for name in joined}
    script = "\n;".join(
        [
            *settings,
            *(
                without_measuring(re.sub(r"//# sourceMappingURL=.*", "", text))
                for text in texts.values()
            ),
            *figure_scripts,
            clicks(actions),
        ]
    )

    names = used_names(
        [WRITTEN.sub(r"\1", page) for page in pages.values()],
        [text for name, text in texts.items() if "bootstrap" not in name],
    )
    found = [path for pattern in LIBRARIES for path in static.glob(pattern)]
    library = found[0].read_text(encoding="utf-8") if found else ""
    drawn = {name.removeprefix("fa-") for page in pages.values() for name in ICON.findall(page)}
    style = []
    for sheet in sheets:
        if "fontawesome" in sheet:
            style.append(icons(drawn, library) if library else "")
            continue
        text = sheet_text(static / sheet, static)
        rules = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
        style.append("".join(kept(rules, names)))
    if library and not any("fontawesome" in sheet for sheet in sheets):
        style.append(icons(drawn, library) + NO_LETTERS)
    css = LICENCES + "\n".join([*style, *figure_styles])
    css += print_in_light(css)

    style_name, script_name = stamped(static, "style.css", css), stamped(static, "page.js", script)
    for path, page in pages.items():
        light = lighten(page, style_name, script_name, set(joined))
        path.write_text(without_inline(light, actions, static), encoding="utf-8")

    for name in [*sheets, *joined, *UNUSED]:
        place = static / name
        shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
    for leftover in static.rglob("*.map"):
        leftover.unlink()
    for folder in sorted(static.rglob("*"), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", lighten_all, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
