"""Which decimals and fractions the text of a page states, outside code, references and labels."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

BOOK = Path(__file__).resolve().parents[1] / "book"

# What is not prose: code, roles and labels, link targets, image and directive options.
NOT_PROSE = re.compile(
    r"```(?!\{).*?```|\{[a-z:]+\}`[^`]*`|`[^`]*`|\]\([^)]*\)|^\s*:[a-z-]+:[^\n]*$|\(eq:[\w-]+\)"
    r"|https?://\S+|^:{3,}[^\n]*$|\\(?:label|tag)\{[^}]*\}",
    re.S | re.M,
)
FRACTION = (
    r"\\[td]?frac\s*(?:\{(-?\d+)\}\s*\{(\d+)\}|(\d)\s*(\d)|\{(-?\d+)\}\s*(\d)|(\d)\s*\{(\d+)\})"
)
DECIMAL = r"(?<![\w.\\])(\d{1,3}(?:[,\u202f]\d{3})*|\d+)\.(\d+)(?![\w.]*\w)"
SLASHED = r"(?<![\w./])(\d+)/(\d+)(?![\w/])"
NUMBER = re.compile(f"(?P<frac>{FRACTION})|(?P<decimal>{DECIMAL})|(?P<slashed>{SLASHED})")


def text_of(page: Path) -> str:
    """The prose of a chapter (its Markdown cells) or of a Markdown page."""
    if page.suffix == ".md":
        return page.read_text(encoding="utf-8")
    cells = json.loads(page.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


def stated_numbers(page: Path) -> Counter[str]:
    """How often each decimal and fraction occurs: "0.889", "75/61" (also for \\tfrac{75}{61})."""
    return numbers_in(text_of(page))


def numbers_in(text: str) -> Counter[str]:
    """The same for a text."""
    found: Counter[str] = Counter()
    for match in NUMBER.finditer(NOT_PROSE.sub(" ", text)):
        if match["frac"]:
            top, bottom = [part for part in match.groups()[1:9] if part is not None][:2]
            found[f"{top}/{bottom}"] += 1
        else:
            found[re.sub("[,\u202f]", "", match[0])] += 1
    return found


@dataclass(frozen=True)
class Stated:
    """One number of the prose: how it is printed, how often, and what it should be.

    printed  "0.889" or "75/61"
    times    how often the page prints it, for whatever reason
    value    the computed value; None for a number that is chosen and not computed
    reason   for a chosen number: what it is
    """

    printed: str
    times: int
    value: Any = None
    reason: str = ""

    def agrees(self) -> bool:
        """Whether the print is the value, to the digits printed; a fraction exactly."""
        if self.value is None:
            return bool(self.reason)
        if "/" in self.printed:
            exact = Fraction(self.printed)
            if isinstance(self.value, float):
                return abs(self.value - float(exact)) <= 1e-12 * max(1.0, abs(exact))
            return Fraction(str(self.value)) == exact
        places = len(self.printed.partition(".")[2])
        return abs(abs(float(self.value)) - float(self.printed)) <= 0.5000001 * 10.0**-places
