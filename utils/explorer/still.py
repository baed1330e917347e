"""The still face: the first frame as a PNG, for whoever shows a notebook without running it."""

from __future__ import annotations

import io
import textwrap

import numpy as np
from PIL import Image

from utils.explorer.picture import Picture
from utils.explorer.style import blank_figure, house_style

# What a built page does not show and a downloaded chapter does.
MIME = "application/vnd.policy-gradient-book.still+png"
DOTS_PER_INCH, COLOURS, WIDTH = 144, 32, 42


def still(shown: Picture, values: dict[str, float]) -> bytes:
    """One frame on white below its title, sharp on a dense screen, small enough to be stored."""
    raw = io.BytesIO()
    with house_style():
        figure = blank_figure(*shown.size)
        shown.setup(figure)(np.random.default_rng(0), **values)
        figure.suptitle(textwrap.fill(shown.title, WIDTH), x=0.01, ha="left", weight="bold")
        figure.savefig(raw, format="png", dpi=DOTS_PER_INCH, facecolor="white")
    small = io.BytesIO()
    picture = Image.open(raw).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    picture.save(small, "PNG", optimize=True)
    return small.getvalue()
