"""The HTML that both faces of an explorer share: the picture, its caption, its controls."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from importlib import resources

from utils.explorer.controls import Control
from utils.explorer.picture import Picture
from utils.explorer.style import ROLES


def figure_html(
    shown: Picture,
    controls: Sequence[Control],
    svg: str,
    reading: str,
    longest: str,
    again: str = "",
    number: str = "",
    more: str = "",
) -> str:
    """The figure, complete but for its style and its script.

    ``longest`` is the longest reading: its room is kept, so that the page never jumps. ``again`` is
    what stands beside the button "Draw again", which is there if it is given. ``number`` is such as
    "3.2". ``more`` goes to the end of the element.
    """
    parts = [_control(shown.name, control) for control in controls]
    if again:
        parts.append(
            '<div class="explorer-again"><button type="button" class="explorer-draw-again">'
            f'Draw again</button><span class="explorer-sample">{again}</span></div>'
        )
    name = f"Controls of the figure: {shown.name.replace('-', ' ')}"
    panel = (
        f'<div class="explorer-controls" role="group" aria-label="{name}">{"".join(parts)}</div>'
    )
    label = f"fig-{shown.name}"
    title = f'<p class="explorer-title">{escape(shown.title)}</p>' if shown.title else ""
    return (
        f'<figure class="explorer" id="{label}">{title}'
        f'<div class="explorer-picture">{svg}</div>'
        f"{panel if parts else ''}"
        f"{_reading(label, reading, longest) if parts else ''}"
        f"{caption_html(label, shown.caption, number)}{more}</figure>"
    )


def _reading(label: str, reading: str, longest: str) -> str:
    longest += " mmmm"  # letters differ in width: one with fewer letters may need a line more
    return (
        f'<p class="explorer-reading" data-longest="{escape(longest)}">'
        f'<span id="{label}-reading" aria-live="polite">{escape(reading)}</span></p>'
    )


def caption_html(label: str, caption: str, number: str = "") -> str:
    """The caption; the number before it is a link to the figure as it stands."""
    if not caption:
        return ""
    link = f'<a class="explorer-number" href="#{label}">{numbered(number)}</a>'
    return f'<figcaption class="explorer-caption">{link} {escape(caption)}</figcaption>'


def numbered(number: str) -> str:
    """What a figure is called: "Figure 3.2", or "Figure" where no number is known."""
    return f"Figure {number}" if number else "Figure"


def _control(figure: str, control: Control) -> str:
    body = _choice(figure, control) if control.is_choice else _slider(figure, control)
    keys, texts = (json.dumps(x, ensure_ascii=False) for x in (control.keys, control.texts))
    return (
        f'<div class="explorer-control" data-name="{control.name}" '
        f'data-keys="{escape(keys)}" data-texts="{escape(texts)}">{body}</div>'
    )


def _slider(figure: str, control: Control) -> str:
    name, last = f"{figure}-{control.name}", len(control.values) - 1
    text = control.texts[control.start]
    ticks = "".join(f'<option value="{i}"></option>' for i in range(last + 1))
    return (
        f'<label for="{name}">{escape(control.label)}</label>'
        # JupyterLab and Notebook otherwise take the arrow keys for themselves.
        f'<input type="range" id="{name}" min="0" max="{last}" step="1" '
        f'value="{control.start}" aria-valuetext="{text}" autocomplete="off" '
        f'list="{name}-ticks" data-lm-suppress-shortcuts="true">'
        f'<datalist id="{name}-ticks">{ticks}</datalist>'
        f'<output for="{name}" aria-live="off">{text}</output>'
    )


def _choice(figure: str, control: Control) -> str:
    buttons = "".join(
        f'<label><input type="radio" name="{figure}-{control.name}" value="{i}" '
        f'autocomplete="off" data-lm-suppress-shortcuts="true"'
        f"{' checked' if i == control.start else ''}>{escape(text)}</label>"
        for i, text in enumerate(control.texts)
    )
    return f"<fieldset><legend>{escape(control.label)}</legend>{buttons}</fieldset>"


def theme_css() -> str:
    """The colours of the roles as CSS variables, for light, dark and printed pages."""
    light = "".join(f"--figure-{role.name}:{role.light};" for role in ROLES)
    dark = "".join(f"--figure-{role.name}:{role.dark};" for role in ROLES)
    return (
        f".explorer{{{light}}}"
        f"html[data-theme=dark] .explorer,body[data-jp-theme-light=false] .explorer{{{dark}}}"
        f"@media print{{html .explorer.explorer{{{light}}}}}"
    )


def style() -> str:
    """The style of every explorer, for one style element or one file of a page."""
    return theme_css() + asset("explorer.css")


def asset(name: str) -> str:
    """A file beside this one, without indentation and line breaks: one statement stands a line."""
    text = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    return "".join(line.strip() for line in text.splitlines())
