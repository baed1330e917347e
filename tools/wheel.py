"""Lay the book's package into the built book, for those who run a downloaded chapter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def lay_into(html: Path) -> None:
    """Build the wheel beside the first page, if a page links to it. Equal sources, equal bytes."""
    if any(".whl" in page.read_text(encoding="utf-8") for page in html.rglob("*.html")):
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(html)]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    lay_into(Path(sys.argv[1]))
